/* The edge: HTTP in, commands out to Kafka, outcomes and queries back from PostgreSQL. One loop;
 * nothing here blocks it. */
#ifndef INGRESS_INGRESS_H
#define INGRESS_INGRESS_H

#include "base/buf.h"
#include "config/config.h"
#include "loop/loop.h"

struct ingress;

/* Starts to serve on config->http_listen, on this loop; the config is borrowed until ingress_free.
 * Kafka, PostgreSQL and Redis may be away and come later. 0, or negative with a sentence in `error`
 * (an address that is taken, a JWKS file that cannot be read). */
must_check int ingress_start(struct loop *loop, const struct config *config,
                             struct ingress **ret_ingress, struct buf *error);

/* Can it take a command now? Otherwise appends what is away, as words with commas between them. */
bool ingress_ready(const struct ingress *ingress, struct buf *away);

/* Takes nothing new, answers what has begun, flushes what was produced, then calls `stopped` once;
 * after `timeout_ms` in any case. */
void ingress_stop(struct ingress *ingress, int64_t timeout_ms, void (*stopped)(void *data),
                  void *data);

/* After `stopped`, or at once. NULL is allowed. */
void ingress_free(struct ingress *ingress);

#endif
