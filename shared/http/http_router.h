/* Routes by method and path template. Filled once at start, then only read. Segments are compared
 * as they were sent: nothing that is served here needs percent-encoding. */
#ifndef HTTP_HTTP_ROUTER_H
#define HTTP_HTTP_ROUTER_H

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"

enum { HTTP_PARAMS_MAX = 8 };

struct http_exchange; /* http/http_server.h */
struct http_request;
struct http_router;

/* What a request was matched to. */
struct http_match {
    const char *path; /* the template: what metrics are labelled with */
    void (*handle)(struct http_exchange *exchange, void *data);
    void *data;
    struct span params[HTTP_PARAMS_MAX]; /* in the template's order */
    size_t param_count;
};

struct http_router *http_router_new(void); /* NULL without memory */
void http_router_free(struct http_router *router);

/* A route as "/v1/outcomes/{token}"; a parameter is a whole segment and never empty. GET answers
 * HEAD too. The strings are borrowed. 0, -EEXIST (the method has such a route), -EINVAL (no such
 * template), -ENOMEM. */
must_check int http_router_add(struct http_router *router, const char *method, const char *path,
                               void (*handle)(struct http_exchange *exchange, void *data),
                               void *data);

/* Lets requests to a route have larger bodies than HTTP_BODY_MAX. 0, -ENOENT (no such route). */
must_check int http_router_allow_body(struct http_router *router, const char *method,
                                      const char *path, size_t bytes);

/* What `body_max` of a handler answers: the limit of the request's route. */
size_t http_router_body_max(const struct http_router *router, const struct http_request *head);

/* Positive results of http_router_find. */
enum { HTTP_NO_SUCH_PATH = 1, HTTP_NO_SUCH_METHOD };

/* 0, or one of the above; with HTTP_NO_SUCH_METHOD `allow` is filled as the Allow field wants it.
 */
must_check int http_router_find(const struct http_router *router, struct span method,
                                struct span path, struct http_match *ret_match, struct buf *allow);

/* Sets what the request was matched to on the exchange and calls its handler, or answers 404 or 405
 * with a problem, and OPTIONS with the methods of the path. */
void http_router_handle(const struct http_router *router, struct http_exchange *exchange);

#endif
