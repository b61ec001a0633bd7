/* The operator's port: /healthz (the process turns its loop), /readyz (it can do its work; if not,
 * what is away) and /metrics. */
#ifndef RUNTIME_ADMIN_H
#define RUNTIME_ADMIN_H

#include "base/buf.h"
#include "http/http_server.h"
#include "loop/loop.h"

struct admin;

/* `ready` appends what is away, as words with commas between them, and answers whether the process
 * can do its work. 0, or negative with a sentence in `error`. */
must_check int admin_start(struct loop *loop, const char *listen,
                           bool (*ready)(void *data, struct buf *away), void *data,
                           struct admin **ret_admin, struct buf *error);
void admin_free(struct admin *admin); /* NULL is allowed */

/* The answers of /healthz and /readyz, for a listener that offers them too. */
void admin_answer_health(struct http_exchange *exchange);
void admin_answer_readiness(struct http_exchange *exchange, bool ready, const struct buf *away);

#endif
