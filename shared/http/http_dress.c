/* What every answer gets, whoever made it: it is for one client and for now unless it says
 * otherwise, pages of allowed origins may read it, and a large one is compressed. */
#include <errno.h>
#include <strings.h>

#include "http/http_private.h"
#include "log/log.h"

static bool has_field(const struct http_response *response, const char *name)
{
    size_t size = strlen(name);

    for (size_t i = 0; i < response->header_count; i++) {
        struct span field = response->headers[i].name;

        if (field.size == size && strncasecmp(field.data, name, size) == 0)
            return true;
    }
    return false;
}

static int pack(struct http_server *server, struct http_response *response)
{
    int r;

    if (!server->gzip)
        server->gzip = http_gzip_new();
    r = server->gzip ? http_gzip_pack(server->gzip, response->body, &server->packed) : -ENOMEM;
    if (r < 0) {
        log_debug(NULL, "an answer goes out as it is, for there is no memory to compress it");
        return r;
    }
    response->body = buf_span(&server->packed);
    return 0;
}

static void negotiate_coding(struct http_connection *connection, struct http_response *response,
                             struct buf *fields)
{
    bool fits = http_gzip_fits(response) && !has_field(response, "Content-Encoding");

    if (fits || response->status == 304)
        buf_add_text(fields, "Vary: Accept-Encoding\r\n");
    if (fits && http_gzip_is_accepted(&connection->request) &&
        pack(connection->server, response) == 0)
        buf_add_text(fields, "Content-Encoding: gzip\r\n");
}

struct span http_connection_dress(struct http_connection *connection,
                                  struct http_response *response)
{
    struct http_server *server = connection->server;
    struct buf *fields = &server->fields;

    buf_clear(fields);
    if (!buf_failed(&connection->fields))
        buf_add(fields, connection->fields.data, connection->fields.size);
    if (response->status != 304 && !has_field(response, "Cache-Control"))
        buf_add_text(fields, "Cache-Control: no-store\r\n");
    if (connection->has_request && server->cors)
        http_cors_write(server->cors, &connection->request, fields);
    if (connection->has_request)
        negotiate_coding(connection, response, fields);
    return buf_span(fields);
}
