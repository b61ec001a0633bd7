/* What this is a version of. */
#ifndef RUNTIME_VERSION_H
#define RUNTIME_VERSION_H

#define IDPMC_VERSION "0.1.0"

/* The commit that it was built from, or "unknown". */
extern const char version_commit[];

#endif
