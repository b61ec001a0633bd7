/* The operator's port: /healthz (the process turns its loops), /readyz (it can do its work; if not,
 * what is away) and /metrics. */
#ifndef RUNTIME_ADMIN_H
#define RUNTIME_ADMIN_H

#include "base/buf.h"
#include "http/http_server.h"
#include "loop/loop.h"

struct admin;

/* What the answers are made of: whether the process can do its work, and whether all of its threads
 * go on. Each appends what is away or stuck, as words with commas between them. */
struct admin_asks {
    bool (*ready)(void *data, struct buf *away);
    bool (*alive)(void *data, struct buf *stuck);
    void *data;
};

/* 0, or negative with a sentence in `error`. The asks are copied. */
must_check int admin_start(struct loop *loop, const char *listen, const struct admin_asks *asks,
                           struct admin **ret_admin, struct buf *error);
void admin_free(struct admin *admin); /* NULL is allowed */

/* The answers of /healthz and /readyz, for a listener that offers them too. */
void admin_answer_health(struct http_exchange *exchange);
void admin_answer_readiness(struct http_exchange *exchange, bool ready, const struct buf *away);

#endif
