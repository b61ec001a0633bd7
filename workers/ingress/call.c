#include "call.h"

#include <stdlib.h>

#include "base/random.h"
#include "http/http_codes.h"

enum { CALL_BYTES = 16 << 20, POOL_MAX = 256, RETRY_AFTER_MAX_S = 3 };

struct call *call_new(struct call_pool *pool, struct http_exchange *exchange)
{
    struct call *call = pool->free;
    struct arena *arena;

    if (call) {
        pool->free = call->next_free;
        pool->count--;
        arena = call->arena;
    } else {
        call = malloc(sizeof *call);
        arena = arena_new(CALL_BYTES);
        if (!call || !arena) {
            free(call);
            arena_free(arena);
            return NULL;
        }
    }
    *call = (struct call){.exchange = exchange,
                          .arena = arena,
                          .params = http_exchange_match(exchange)->params,
                          .param_count = http_exchange_match(exchange)->param_count};
    return call;
}

void call_drop(struct call_pool *pool, struct call *call)
{
    if (pool->count == POOL_MAX) {
        arena_free(call->arena);
        free(call);
        return;
    }
    arena_reset(call->arena);
    call->next_free = pool->free;
    pool->free = call;
    pool->count++;
}

void call_pool_deinit(struct call_pool *pool)
{
    while (pool->free) {
        struct call *call = pool->free;

        pool->free = call->next_free;
        arena_free(call->arena);
        free(call);
    }
}

/* The answer may set the next request of the connection going, which then takes a call of its own:
 * so this one is still taken while it is answered. */
void call_answer(struct call_pool *pool, struct call *call, const struct http_response *response)
{
    http_answer(call->exchange, response);
    call_drop(pool, call);
}

void call_answer_problem(struct call_pool *pool, struct call *call,
                         const struct http_problem *problem)
{
    http_answer_problem(call->exchange, problem);
    call_drop(pool, call);
}

/* Not all at the same moment. */
static int retry_after_s(void)
{
    uint8_t byte;

    random_fill(&byte, sizeof byte);
    return 1 + byte % RETRY_AFTER_MAX_S;
}

void call_answer_unavailable(struct call_pool *pool, struct call *call, const char *detail)
{
    call_answer_problem(pool, call,
                        &(struct http_problem){.code = "unavailable",
                                               .detail = detail,
                                               .retry_after_s = retry_after_s()});
}

void call_answer_fault(struct call_pool *pool, struct call *call)
{
    call_answer_problem(pool, call, &call_fault);
}

const struct http_problem call_fault = {.code = "internal_error"};

const struct http_problem *call_keep_problem(struct call *call, const struct http_problem *problem)
{
    struct http_problem *kept = arena_alloc(call->arena, sizeof *kept);

    if (!kept)
        return &call_fault;
    *kept = *problem;
    if (http_code_answer(problem->code)->status == 503)
        kept->retry_after_s = retry_after_s();
    return kept;
}

const struct http_request *call_request(const struct call *call)
{
    return http_exchange_request(call->exchange);
}
