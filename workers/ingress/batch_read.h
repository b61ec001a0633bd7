/* The body of POST /v1/batches. */
#ifndef INGRESS_BATCH_READ_H
#define INGRESS_BATCH_READ_H

#include "posting.h"

enum { BATCH_MAX_COMMANDS = 500 };

/* Reads {"commands": [{"type", "key"?, "body"}, ...]} into a submission each. A body that is no
 * such document refuses all; an unknown type, a key that is none or stands twice, and a body that
 * breaks its contract refuse one. */
void batch_read(struct posting *posting);

#endif
