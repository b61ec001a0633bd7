/* A request as a handler sees it. Its spans point into the connection's memory and live until the
 * request is answered. */
#ifndef HTTP_HTTP_REQUEST_H
#define HTTP_HTTP_REQUEST_H

#include <stdbool.h>

#include "base/span.h"
#include "http/http_guard.h"
#include "trace/trace.h"

struct http_header {
    struct span name, value;
};

struct http_request {
    struct span method; /* "GET" */
    struct span path;   /* "/v1/outcomes/abc", as it was sent: nothing is decoded; without the
                           authority of an absolute form */
    struct span query;  /* what stands behind "?", or empty */
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
    struct http_framing framing;
    bool http10;
    bool keep_alive;
    struct span body;
    struct trace trace; /* of the client's traceparent, or a new one */
};

/* Checks and parses a complete head: the guard and the parser must agree. NULL, or a sentence that
 * says what is wrong with it. Sets everything but `body` and `trace`. */
const char *http_request_read(struct span head, struct http_request *ret_request);

/* A field's value by its name in any case; {NULL, 0} where there is none. The first, if there are
 * several. */
struct span http_request_header(const struct http_request *request, const char *name);

/* The value of a query parameter, as it was sent; {NULL, 0} where there is none. */
struct span http_request_param(const struct http_request *request, const char *name);

#endif
