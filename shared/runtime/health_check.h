/* Asks a program that runs on this machine for its health, as a container's health check does. */
#ifndef RUNTIME_HEALTH_CHECK_H
#define RUNTIME_HEALTH_CHECK_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"

/* GET `path` at an admin listener's address:port; one that listens everywhere is asked on loopback.
 * True: it answers 200. Otherwise `why` tells the answer's body, or what kept it from coming.
 * Blocks for 2 s at the most. */
must_check bool health_check(const char *listen, const char *path, struct buf *why);

#endif
