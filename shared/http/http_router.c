/* A short list of routes, compared one after the other: there are dozens, not thousands. */
#include "http/http_router.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http/http_server.h"

struct route {
    const char *method, *path;
    void (*handle)(struct http_exchange *exchange, void *data);
    void *data;
    size_t body_max;
};

struct http_router {
    struct route *routes;
    size_t count;
};

struct http_router *http_router_new(void)
{
    return calloc(1, sizeof(struct http_router));
}

void http_router_free(struct http_router *router)
{
    if (!router)
        return;
    free(router->routes);
    free(router);
}

/* The segment behind the slash at *at, which moves to its end. */
static struct span take_segment(const char **at, const char *end)
{
    const char *begin = *at + 1, *slash = memchr(begin, '/', (size_t)(end - begin));

    *at = slash ? slash : end;
    return span_of(begin, (size_t)(*at - begin));
}

static bool is_param(struct span segment)
{
    return segment.size > 2 && segment.data[0] == '{' && segment.data[segment.size - 1] == '}';
}

/* Does the path fit the template? Then its parameters are in the match. */
static bool fits(const char *template, struct span path, struct http_match *match)
{
    const char *t = template, *t_end = t + strlen(t), *p = path.data, *p_end = p + path.size;

    match->param_count = 0;
    while (t < t_end && p < p_end) {
        struct span wanted = take_segment(&t, t_end), given = take_segment(&p, p_end);

        if (!is_param(wanted)) {
            if (!span_equal(wanted, given))
                return false;
        } else if (given.size == 0) {
            return false;
        } else {
            match->params[match->param_count++] = given;
        }
    }
    return t == t_end && p == p_end;
}

static bool is_template(const char *path)
{
    const char *at = path, *end = path + strlen(path);
    size_t params = 0;

    if (path[0] != '/')
        return false;
    while (at < end) {
        struct span segment = take_segment(&at, end);
        bool braces = segment.size && (memchr(segment.data, '{', segment.size) ||
                                       memchr(segment.data, '}', segment.size));

        if (braces && (!is_param(segment) || ++params > HTTP_PARAMS_MAX))
            return false;
    }
    return true;
}

/* Two templates that the same paths fit: equal but for the names of their parameters. */
static bool same_shape(const char *a, const char *b)
{
    const char *a_end = a + strlen(a), *b_end = b + strlen(b);

    while (a < a_end && b < b_end) {
        struct span x = take_segment(&a, a_end), y = take_segment(&b, b_end);

        if (is_param(x) != is_param(y) || (!is_param(x) && !span_equal(x, y)))
            return false;
    }
    return a == a_end && b == b_end;
}

int http_router_add(struct http_router *router, const char *method, const char *path,
                    void (*handle)(struct http_exchange *exchange, void *data), void *data)
{
    struct route *routes;

    if (!is_template(path))
        return -EINVAL;
    for (size_t i = 0; i < router->count; i++)
        if (strcmp(router->routes[i].method, method) == 0 &&
            same_shape(router->routes[i].path, path))
            return -EEXIST;
    routes = reallocarray(router->routes, router->count + 1, sizeof *routes);
    if (!routes)
        return -ENOMEM;
    router->routes = routes;
    routes[router->count++] = (struct route){
        .method = method, .path = path, .handle = handle, .data = data, .body_max = HTTP_BODY_MAX};
    return 0;
}

int http_router_allow_body(struct http_router *router, const char *method, const char *path,
                           size_t bytes)
{
    for (size_t i = 0; i < router->count; i++) {
        struct route *route = &router->routes[i];

        if (strcmp(route->method, method) == 0 && strcmp(route->path, path) == 0) {
            route->body_max = bytes;
            return 0;
        }
    }
    return -ENOENT;
}

size_t http_router_body_max(const struct http_router *router, const struct http_request *head)
{
    struct http_match match;

    for (size_t i = 0; i < router->count; i++)
        if (span_is(head->method, router->routes[i].method) &&
            fits(router->routes[i].path, head->path, &match))
            return router->routes[i].body_max;
    return HTTP_BODY_MAX;
}

static void allow_method(struct buf *allow, const char *method)
{
    if (allow->size)
        buf_add_text(allow, ", ");
    buf_add_text(allow, method);
    if (strcmp(method, "GET") == 0)
        buf_add_text(allow, ", HEAD");
}

int http_router_find(const struct http_router *router, struct span method, struct span path,
                     struct http_match *ret_match, struct buf *allow)
{
    const char *wanted = span_is(method, "HEAD") ? "GET" : NULL;
    struct http_match match;

    for (size_t i = 0; i < router->count; i++) {
        const struct route *route = &router->routes[i];

        if (!fits(route->path, path, &match))
            continue;
        if (wanted ? strcmp(route->method, wanted) == 0 : span_is(method, route->method)) {
            match.path = route->path;
            match.handle = route->handle;
            match.data = route->data;
            *ret_match = match;
            return 0;
        }
        allow_method(allow, route->method);
    }
    return allow->size ? HTTP_NO_SUCH_METHOD : HTTP_NO_SUCH_PATH;
}

/* What may be asked of a path, or of the server as a whole. Anybody may know: it is asked without
 * a token, by browsers too. */
static void answer_options(struct http_exchange *exchange, const struct buf *allow)
{
    const struct http_header header = {span_text("Allow"), buf_span(allow)};

    http_answer(exchange,
                &(struct http_response){.status = 204, .headers = &header, .header_count = 1});
}

static void refuse_method(struct http_exchange *exchange, const struct buf *allow)
{
    struct http_header header = {span_text("Allow"), buf_span(allow)};

    http_answer_problem(exchange,
                        &(struct http_problem){.code = "method_not_allowed",
                                               .detail = "The Allow field names the methods.",
                                               .headers = &header,
                                               .header_count = 1});
}

void http_router_handle(const struct http_router *router, struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    cleanup(buf_deinit) struct buf allow = {0};
    struct http_match match;
    bool options = span_is(request->method, "OPTIONS");
    int r = http_router_find(router, request->method, request->path, &match, &allow);

    if (r == HTTP_NO_SUCH_METHOD)
        buf_add_text(&allow, ", OPTIONS");
    if (options && span_is(request->path, "*"))
        buf_add_text(&allow, "GET, HEAD, POST, OPTIONS");
    if (options && allow.size) {
        answer_options(exchange, &allow);
    } else if (r == HTTP_NO_SUCH_METHOD) {
        refuse_method(exchange, &allow);
    } else if (r) {
        http_answer_problem(exchange,
                            &(struct http_problem){.code = "not_found",
                                                   .detail = "Nothing is served at this path."});
    } else {
        http_exchange_set_match(exchange, &match);
        match.handle(exchange, match.data);
    }
}
