/* Settings of the servers that run beside a checkout: files of `export NAME='value'` lines. */
#ifndef FLEETCTL_LOCAL_ENV_H
#define FLEETCTL_LOCAL_ENV_H

#include "base/attr.h"

/* Puts what .run/`name` says into the environment, where that does not say it already. The file is
 * looked for from the current directory upward; having none is no mistake. EXIT_DONE, or another
 * exit code. */
must_check int local_env_load(const char *name);

#endif
