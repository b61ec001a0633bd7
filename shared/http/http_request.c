/* Reads a head with http_parser, the only file that knows it, under the guard's checks. */
#include "http/http_request.h"

#include <http_parser.h>
#include <strings.h>

static struct http_request *request_of(http_parser *parser)
{
    return parser->data;
}

/* An address without a path is about the root, or with OPTIONS about the server as a whole
 * (RFC 9112, 3.2.4). */
static struct span root_of(const struct http_request *request)
{
    return span_is(request->method, "OPTIONS") && !request->query.data ? span_text("*")
                                                                       : span_text("/");
}

static int on_url(http_parser *parser, const char *at, size_t size)
{
    struct http_request *request = request_of(parser);
    struct span authority = http_guard_authority(span_of(at, size));
    const char *path = authority.data ? authority.data + authority.size : at, *end = at + size;
    const char *question = memchr(path, '?', (size_t)(end - path));

    if (question)
        request->query = span_of(question + 1, (size_t)(end - question) - 1);
    request->path = span_of(path, (size_t)((question ? question : end) - path));
    if (request->path.size == 0)
        request->path = root_of(request);
    return 0;
}

static int on_header_field(http_parser *parser, const char *at, size_t size)
{
    struct http_request *request = request_of(parser);

    if (request->header_count == HTTP_HEADERS_MAX)
        return -1;
    request->headers[request->header_count++] = (struct http_header){.name = span_of(at, size)};
    return 0;
}

static int on_header_value(http_parser *parser, const char *at, size_t size)
{
    struct http_request *request = request_of(parser);

    while (size && (at[size - 1] == ' ' || at[size - 1] == '\t'))
        size--;
    request->headers[request->header_count - 1].value = span_of(at, size);
    return 0;
}

static bool agree(const http_parser *parser, const struct http_framing *framing)
{
    bool chunked = parser->flags & F_CHUNKED, has_length = parser->flags & F_CONTENTLENGTH;

    return chunked == framing->chunked && has_length == framing->has_length &&
           (!has_length || parser->content_length == framing->length);
}

static int on_headers_complete(http_parser *parser)
{
    struct http_request *request = request_of(parser);

    if (!agree(parser, &request->framing))
        return -1;
    request->keep_alive = http_should_keep_alive(parser) != 0;
    request->http10 = parser->http_minor == 0;
    return 1; /* the body is not the parser's */
}

const char *http_request_read(struct span head, struct http_request *ret_request)
{
    static const http_parser_settings settings = {
        .on_url = on_url,
        .on_header_field = on_header_field,
        .on_header_value = on_header_value,
        .on_headers_complete = on_headers_complete,
    };
    const char *breach, *space;
    http_parser parser;

    ret_request->header_count = 0;
    ret_request->query = ret_request->body = span_of(NULL, 0);
    breach = http_guard_head(head, &ret_request->framing);
    if (breach)
        return breach;
    space = memchr(head.data, ' ', head.size);
    ret_request->method = span_of(head.data, (size_t)(space - head.data));
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = ret_request;
    if (http_parser_execute(&parser, &settings, head.data, head.size) != head.size ||
        HTTP_PARSER_ERRNO(&parser) != HPE_OK)
        return "The head is not a request of HTTP/1.1.";
    return NULL;
}

struct span http_request_header(const struct http_request *request, const char *name)
{
    size_t size = strlen(name);

    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];

        if (header->name.size == size && strncasecmp(header->name.data, name, size) == 0)
            return header->value;
    }
    return span_of(NULL, 0);
}

struct span http_request_param(const struct http_request *request, const char *name)
{
    struct span rest = request->query;
    size_t size = strlen(name);

    while (rest.size) {
        const char *end = memchr(rest.data, '&', rest.size);
        size_t pair = end ? (size_t)(end - rest.data) : rest.size;

        if (pair > size && rest.data[size] == '=' && memcmp(rest.data, name, size) == 0)
            return span_of(rest.data + size + 1, pair - size - 1);
        rest = end ? span_of(end + 1, rest.size - pair - 1) : span_of(NULL, 0);
    }
    return span_of(NULL, 0);
}
