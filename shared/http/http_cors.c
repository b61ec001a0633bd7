#include "http/http_cors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PREFLIGHT_S = 7200, PORT_MAX = 65535 };

struct http_cors {
    bool any;
    char *text;
    struct span *origins; /* in `text` */
    size_t count;
};

static bool all_of(struct span text, const char *wanted)
{
    for (size_t i = 0; i < text.size; i++)
        if (!text.data[i] || !strchr(wanted, text.data[i]))
            return false;
    return text.size > 0;
}

static struct span before(struct span text, const char *at)
{
    return span_of(text.data, (size_t)(at - text.data));
}

static struct span from(struct span text, const char *at)
{
    return span_of(at, text.size - (size_t)(at - text.data));
}

/* A browser leaves the scheme's own port out, so that an origin with it would never match. */
static const char *check_port(struct span scheme, struct span port)
{
    bool digits = all_of(port, "0123456789");
    long number = 0;

    for (size_t i = 0; digits && i < port.size && number <= PORT_MAX; i++)
        number = number * 10 + (port.data[i] - '0');
    if (!digits || port.data[0] == '0' || number > PORT_MAX)
        return "its port is no number from 1 to 65535";
    if ((span_is(scheme, "https") && number == 443) || (span_is(scheme, "http") && number == 80))
        return "its port is the scheme's own, which browsers leave out";
    return NULL;
}

static const char *check_origin(struct span origin)
{
    static const char lower[] = "abcdefghijklmnopqrstuvwxyz0123456789+.-";
    static const char name[] = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
    const char *mark = memmem(origin.data, origin.size, "://", 3), *end;
    struct span scheme, host;

    if (origin.size == 0)
        return "it is empty";
    if (!mark)
        return "it has no scheme as in https://app.example.org";
    scheme = before(origin, mark);
    if (!all_of(scheme, lower))
        return "its scheme is not in lower case";
    host = from(origin, mark + 3);
    if (host.size && memchr(host.data, '/', host.size))
        return "an origin has no path, and no slash at its end";
    if (host.size && host.data[0] == '[') {
        end = memchr(host.data, ']', host.size);
        if (!end ||
            !all_of(span_of(host.data + 1, (size_t)(end - host.data) - 1), "0123456789abcdef:."))
            return "its address is not as in [::1]";
        end++;
    } else {
        end = memchr(host.data, ':', host.size);
        end = end ? end : host.data + host.size;
        if (!all_of(before(host, end), name))
            return "its host is no name in lower case";
    }
    if (end == host.data + host.size)
        return NULL;
    return *end == ':' ? check_port(scheme, from(host, end + 1)) : "something follows its host";
}

static struct span trimmed(char *text)
{
    struct span span = span_of(text + strspn(text, " "), 0);

    span.size = strlen(span.data);
    while (span.size && span.data[span.size - 1] == ' ')
        span.size--;
    return span;
}

static int add_origin(struct http_cors *cors, struct span origin, struct buf *error)
{
    struct span *origins = reallocarray(cors->origins, cors->count + 1, sizeof *origins);
    const char *breach = check_origin(origin);

    if (!origins)
        return -ENOMEM;
    cors->origins = origins;
    if (breach) {
        buf_printf(error, "\"%.*s\" is not an origin: %s", (int)origin.size, origin.data, breach);
        return -EINVAL;
    }
    origins[cors->count++] = origin;
    return 0;
}

int http_cors_new(const char *origins, struct http_cors **ret_cors, struct buf *error)
{
    struct http_cors *cors = calloc(1, sizeof *cors);
    char *rest = NULL, *item;
    int r = 0;

    if (cors)
        rest = cors->text = strdup(origins);
    if (!rest)
        r = -ENOMEM;
    else if (strcmp(origins, "*") == 0)
        cors->any = true;
    else
        while (r == 0 && (item = strsep(&rest, ",")))
            r = add_origin(cors, trimmed(item), error);
    if (r < 0) {
        http_cors_free(cors);
        return r;
    }
    *ret_cors = cors;
    return 0;
}

void http_cors_free(struct http_cors *cors)
{
    if (!cors)
        return;
    free(cors->origins);
    free(cors->text);
    free(cors);
}

static bool is_allowed(const struct http_cors *cors, struct span origin)
{
    for (size_t i = 0; i < cors->count; i++)
        if (span_equal(cors->origins[i], origin))
            return true;
    return cors->any;
}

void http_cors_write(const struct http_cors *cors, const struct http_request *request,
                     struct buf *out)
{
    struct span origin = http_request_header(request, "Origin");
    bool preflight = span_is(request->method, "OPTIONS") &&
                     http_request_header(request, "Access-Control-Request-Method").data;

    if (!cors->any)
        buf_add_text(out, "Vary: Origin\r\n");
    if (!origin.data || !is_allowed(cors, origin))
        return;
    buf_add_text(out, "Access-Control-Allow-Origin: ");
    if (cors->any)
        buf_add_char(out, '*');
    else
        buf_add(out, origin.data, origin.size);
    if (preflight)
        buf_printf(out,
                   "\r\nAccess-Control-Allow-Methods: GET, HEAD, POST\r\n"
                   "Access-Control-Allow-Headers: Authorization, Content-Type, Idempotency-Key, "
                   "X-Organization-ID, Prefer, traceparent, If-None-Match, Last-Event-ID\r\n"
                   "Access-Control-Max-Age: %d\r\n",
                   PREFLIGHT_S);
    else
        buf_add_text(out, "\r\nAccess-Control-Expose-Headers: Location, ETag, Link, Retry-After, "
                          "RateLimit, RateLimit-Policy\r\n");
}
