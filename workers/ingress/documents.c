#include "documents.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/digest.h"
#include "codec/message.h"
#include "describe/describe.h"
#include "http/http_etag.h"
#include "http/http_server.h"

enum { ETAG_HEX = 32, ETAG_TEXT = 4 + ETAG_HEX }; /* W/"..." */

struct document {
    struct buf json;
    char etag[ETAG_TEXT + 1];
};

struct documents {
    struct document openapi, asyncapi;
    struct document *schemas; /* as messages[] */
};

static bool finish(struct document *document)
{
    struct digest digest = digest_of(buf_span(&document->json));
    char text[DIGEST_TEXT + 1];

    digest_format(&digest, text);
    snprintf(document->etag, sizeof document->etag, "W/\"%.*s\"", ETAG_HEX, text);
    return !buf_failed(&document->json);
}

static bool make_schemas(struct documents *documents)
{
    documents->schemas = calloc(message_count + 1, sizeof *documents->schemas);
    for (size_t i = 0; documents->schemas && i < message_count; i++) {
        struct document *schema = &documents->schemas[i];

        if (!describe_schema(span_text(messages[i]->type), &schema->json) || !finish(schema))
            return false;
    }
    return documents->schemas != NULL;
}

struct documents *documents_new(void)
{
    struct documents *documents = calloc(1, sizeof *documents);

    if (!documents)
        return NULL;
    describe_openapi(&documents->openapi.json);
    describe_asyncapi(&documents->asyncapi.json);
    if (finish(&documents->openapi) && finish(&documents->asyncapi) && make_schemas(documents))
        return documents;
    documents_free(documents);
    return NULL;
}

void documents_free(struct documents *documents)
{
    if (!documents)
        return;
    buf_deinit(&documents->openapi.json);
    buf_deinit(&documents->asyncapi.json);
    for (size_t i = 0; documents->schemas && i < message_count; i++)
        buf_deinit(&documents->schemas[i].json);
    free(documents->schemas);
    free(documents);
}

static void answer(struct http_exchange *exchange, const struct document *document)
{
    const struct http_request *request = http_exchange_request(exchange);
    bool same =
        http_etag_matches(http_request_header(request, "If-None-Match"), span_text(document->etag));
    const struct http_header headers[] = {
        {span_text("Cache-Control"), span_text("no-cache")},
        {span_text("ETag"), span_text(document->etag)},
    };

    http_answer(exchange,
                &(struct http_response){.status = same ? 304 : 200,
                                        .content_type = same ? NULL : "application/json",
                                        .body = same ? span_of(NULL, 0) : buf_span(&document->json),
                                        .headers = headers,
                                        .header_count = COUNT_OF(headers)});
}

static void on_openapi(struct http_exchange *exchange, void *data)
{
    answer(exchange, &((const struct documents *)data)->openapi);
}

static void on_asyncapi(struct http_exchange *exchange, void *data)
{
    answer(exchange, &((const struct documents *)data)->asyncapi);
}

static void on_schema(struct http_exchange *exchange, void *data)
{
    const struct documents *documents = data;
    struct span type = http_exchange_match(exchange)->params[0];

    for (size_t i = 0; i < message_count; i++)
        if (span_is(type, messages[i]->type)) {
            answer(exchange, &documents->schemas[i]);
            return;
        }
    http_answer_problem(exchange,
                        &(struct http_problem){.code = "not_found",
                                               .detail = "No message has this type; its version "
                                                         "belongs to it."});
}

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

int documents_add_routes(struct documents *documents, struct http_router *router)
{
    const struct {
        const char *path;
        void (*handle)(struct http_exchange *exchange, void *data);
    } routes[] = {
        {"/openapi.json", on_openapi},
        {"/asyncapi.json", on_asyncapi},
        {"/schemas/{type}", on_schema},
        {"/problems/{code}", on_problem},
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < COUNT_OF(routes); i++)
        r = http_router_add(router, "GET", routes[i].path, routes[i].handle, documents);
    return r;
}
