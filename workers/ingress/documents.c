#include "documents.h"

#include "describe/describe.h"
#include "http/http_server.h"

static void on_problem(struct http_exchange *exchange, void *data)
{
    cleanup(buf_deinit) struct buf json = {0};

    (void)data;
    if (!describe_problem(http_exchange_match(exchange)->params[0], &json))
        http_answer_problem(
            exchange,
            &(struct http_problem){.code = "not_found", .detail = "No problem has this code."});
    else if (buf_failed(&json))
        http_answer_problem(exchange, &(struct http_problem){.code = "internal_error"});
    else
        http_answer(exchange, &(struct http_response){.status = 200,
                                                      .content_type = "application/json",
                                                      .body = buf_span(&json)});
}

int documents_add_routes(struct http_router *router)
{
    return http_router_add(router, "GET", "/problems/{code}", on_problem, NULL);
}
