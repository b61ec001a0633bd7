/* Values of request headers, each as its reader has it: a byte for which, then the value. */
#include "../workers/ingress/fields.h"
#include "fuzz.h"
#include "http/http_cors.h"
#include "http/http_etag.h"
#include "http/http_gzip.h"
#include "http/http_router.h"
#include "trace/trace.h"

static struct http_request with(const char *name, struct span value)
{
    struct http_request request = {.header_count = 1, .method = span_text("OPTIONS")};

    request.headers[0] = (struct http_header){span_text(name), value};
    return request;
}

static void read_prefer(struct span value)
{
    struct http_request request = with("Prefer", value);
    int64_t ms = fields_wait_ms(&request, 30);

    HOLDS(ms >= 0 && ms <= 30000);
}

static void read_key(struct span value)
{
    struct http_request request = with("Idempotency-Key", value);
    struct span key = fields_idempotency_key(&request);

    if (key.size && idempotency_key_is_good(key))
        HOLDS(key.size <= 128);
}

static void read_type(struct span value)
{
    struct http_request request = with("Content-Type", value);

    (void)fields_say_json(&request);
}

static void read_encoding(struct span value)
{
    struct http_request request = with("Accept-Encoding", value);

    (void)http_gzip_is_accepted(&request);
}

static void read_tag(struct span value)
{
    (void)http_etag_matches(value, span_text("W/\"abc\""));
    HOLDS(http_etag_matches(span_text("*"), span_text("\"abc\"")));
}

static void read_trace(struct span value)
{
    char text[TRACE_TEXT + 1];
    struct trace trace, again;

    if (trace_parse(value, &trace) < 0)
        return;
    HOLDS(trace_parse(span_text(trace_format(&trace, text)), &again) == 0);
    HOLDS(memcmp(trace.trace_id, again.trace_id, sizeof trace.trace_id) == 0);
}

static void read_origin(struct span value)
{
    struct http_request request = with("Origin", value);
    cleanup(buf_deinit) struct buf error = {0}, out = {0};
    struct http_cors *cors;

    HOLDS(http_cors_new("https://a.example,http://b", &cors, &error) == 0);
    http_cors_write(cors, &request, &out);
    http_cors_free(cors);
}

static void read_origins(struct span value)
{
    char *origins = copy_text(value);
    cleanup(buf_deinit) struct buf error = {0};
    struct http_cors *cors;

    if (http_cors_new(origins, &cors, &error) == 0)
        http_cors_free(cors);
    free(origins);
}

static void handle(struct http_exchange *exchange, void *data)
{
    (void)exchange, (void)data;
}

/* The target's path, against routes that look alike. */
static void read_path(struct span value)
{
    static const char *const paths[] = {"/v1/a/{x}", "/v1/a/b", "/v1/{y}/b/{z}", "/"};
    struct http_router *router = http_router_new();
    cleanup(buf_deinit) struct buf allow = {0};
    struct http_match match = {.param_count = 0};

    HOLDS(router);
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        HOLDS(http_router_add(router, "GET", paths[i], handle, NULL) == 0);
    if (http_router_find(router, span_text("GET"), value, &match, &allow) == 0)
        for (size_t i = 0; i < match.param_count; i++)
            HOLDS(match.params[i].size);
    http_router_free(router);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(struct span value) = {read_prefer,   read_key,     read_type,
                                                         read_encoding, read_tag,     read_trace,
                                                         read_origin,   read_origins, read_path};
    struct span input = span_of(data, size);
    size_t which = take_byte(&input) % COUNT_OF(readers);
    char *copy = copy_exactly(input);

    readers[which](span_of(copy, input.size));
    free(copy);
    return 0;
}
