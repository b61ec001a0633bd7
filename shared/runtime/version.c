#include "runtime/version.h"

/* The build says it to this file alone, so that a commit compiles nothing else anew. */
#ifndef IDPMC_COMMIT
#define IDPMC_COMMIT "unknown"
#endif

const char version_commit[] = IDPMC_COMMIT;
