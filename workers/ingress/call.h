/* One request on its way through the ingress: who asks, and the memory that lives until the
 * answer. Every call is answered exactly once, and is gone with its answer. */
#ifndef INGRESS_CALL_H
#define INGRESS_CALL_H

#include "base/arena.h"
#include "base/date.h"
#include "base/id.h"
#include "http/http_server.h"

enum { ACTOR_TEXT = 5 + UUID_TEXT }; /* "user:<uuid>" without a NUL */

struct call {
    struct http_exchange *exchange;
    struct arena *arena;
    const struct span *params; /* of the path */
    size_t param_count;
    struct user_id user;
    const char *issuer;       /* the `iss` of the user's token */
    struct timestamp expires; /* the token's end */
    char actor[ACTOR_TEXT + 1];
    struct tenant_id tenant;
    bool has_tenant;
    struct call *next_free;
};

/* Calls and their arenas are used again. */
struct call_pool {
    struct call *free;
    size_t count;
};
void call_pool_deinit(struct call_pool *pool);

/* NULL without memory. */
struct call *call_new(struct call_pool *pool, struct http_exchange *exchange);

/* Gives the call back to the pool after its answer; its spans into the request are gone too. */
void call_answer(struct call_pool *pool, struct call *call, const struct http_response *response);
void call_answer_problem(struct call_pool *pool, struct call *call,
                         const struct http_problem *problem);

/* Gives the call back, and leaves its exchange to somebody else. */
void call_drop(struct call_pool *pool, struct call *call);

/* 503: something that the answer needs is away, or too much is under way. */
void call_answer_unavailable(struct call_pool *pool, struct call *call, const char *detail);

/* 500, for what must not happen; the log says more. */
void call_answer_fault(struct call_pool *pool, struct call *call);

/* The same problem without a place in memory of its own. */
extern const struct http_problem call_fault;

/* A copy of the problem (not of its texts) in the call's memory, with Retry-After where its status
 * is 503; without memory call_fault. */
const struct http_problem *call_keep_problem(struct call *call, const struct http_problem *problem);

const struct http_request *call_request(const struct call *call);

#endif
