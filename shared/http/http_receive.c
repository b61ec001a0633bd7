/* From bytes to a request: head, body, and the handler's turn. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "http/http_private.h"
#include "log/log.h"

static const char *parse_head(struct http_connection *connection)
{
    struct span head = span_of(connection->in.data, connection->head_size);
    const char *breach = http_request_read(head, &connection->request);

    connection->parsed_at = connection->in.data;
    connection->has_request = !breach;
    return breach;
}

static void take_trace(struct http_request *request)
{
    struct span parent = http_request_header(request, "traceparent");

    if (parent.size == 0 || trace_parse(parent, &request->trace) < 0)
        request->trace = trace_new();
}

static void send_continue(struct http_connection *connection)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

    if (http_transport_write(&connection->transport, span_of(text, sizeof text - 1)) < 0)
        log_debug(NULL, "HTTP client left before its body");
}

static void refuse_large(struct http_connection *connection)
{
    char detail[64];

    snprintf(detail, sizeof detail, "A body has at most %zu bytes here.", connection->body_max);
    http_connection_refuse(connection, "body_too_large", detail);
}

static void refuse_coding(struct http_connection *connection)
{
    const struct http_header accept = {span_text("Accept-Encoding"), span_text("identity")};

    http_connection_refuse_with(
        connection,
        &(struct http_problem){.code = "unsupported_encoding",
                               .detail = "Bodies are taken as they are, without Content-Encoding.",
                               .headers = &accept,
                               .header_count = 1});
}

static size_t body_max_of(const struct http_connection *connection)
{
    const struct http_handler *handler = &connection->server->handler;

    return handler->body_max ? handler->body_max(&connection->request, handler->data)
                             : HTTP_BODY_MAX;
}

static bool may_be_large(const struct http_connection *connection)
{
    const struct http_framing *framing = &connection->request.framing;

    return connection->body_max > HTTP_BODY_MAX &&
           (framing->chunked || framing->length > HTTP_BODY_MAX);
}

/* Who sends it is known only when all of it has come: until then strangers hold the memory. */
static bool has_room_for_body(const struct http_connection *connection)
{
    const struct http_server *server = connection->server;
    size_t all = 0, of_address = 0;

    if (!may_be_large(connection))
        return true;
    for (const struct http_connection *at = server->connections; at; at = at->next) {
        if (at->state != HTTP_STATE_BODY || !may_be_large(at))
            continue;
        all++;
        of_address += memcmp(at->address, connection->address, sizeof at->address) == 0;
    }
    return all < server->limits.large_bodies && of_address < server->limits.large_bodies_each;
}

void http_connection_unreserve(struct http_connection *connection)
{
    connection->server->body_bytes -= connection->reserved;
    connection->reserved = 0;
}

static bool reserve(struct http_connection *connection)
{
    const struct http_framing *framing = &connection->request.framing;
    struct http_server *server = connection->server;
    size_t size = framing->chunked ? connection->body_max : (size_t)framing->length;

    if (size > server->limits.body_bytes - server->body_bytes)
        return false;
    connection->reserved = size;
    server->body_bytes += size;
    return true;
}

static bool check_size_and_coding(struct http_connection *connection)
{
    const struct http_request *request = &connection->request;
    struct span coding = http_request_header(request, "Content-Encoding");

    if (request->framing.length > connection->body_max) {
        refuse_large(connection);
        return false;
    }
    if (coding.size && !(coding.size == 8 && strncasecmp(coding.data, "identity", 8) == 0)) {
        refuse_coding(connection);
        return false;
    }
    return true;
}

static bool check_expectation(struct http_connection *connection)
{
    struct span expect = http_request_header(&connection->request, "Expect");

    if (!expect.size || (expect.size == 12 && strncasecmp(expect.data, "100-continue", 12) == 0))
        return true;
    http_connection_refuse(connection, "expectation_failed", "The only Expect is 100-continue.");
    return false;
}

/* Nothing of the request is looked at but its path: whoever has too much to do must say so cheaply.
 */
static bool is_shed(const struct http_connection *connection)
{
    const struct http_server *server = connection->server;
    const struct http_handler *handler = &server->handler;

    return server->in_flight >= server->limits.in_flight &&
           !(handler->always && handler->always(&connection->request, handler->data));
}

static bool is_body_wanted(struct http_connection *connection)
{
    const struct http_handler *handler = &connection->server->handler;

    return !handler->wants_body || handler->wants_body(&connection->exchange, handler->data);
}

static void answer_without_body(struct http_connection *connection)
{
    const struct http_handler *handler = &connection->server->handler;

    http_connection_begin_answer(connection);
    connection->exchange.refused = true;
    handler->handle(&connection->exchange, handler->data);
}

/* The head is in: what must be said before the body is waited for? True: go on. */
static bool admit_body(struct http_connection *connection)
{
    const struct http_request *request = &connection->request;
    bool more = request->framing.chunked ||
                connection->in.size - connection->head_size < request->framing.length;

    connection->body_max = body_max_of(connection);
    if (is_shed(connection)) {
        http_connection_refuse(connection, "overloaded", "Too many requests are being answered.");
        return false;
    }
    if (!check_size_and_coding(connection) || !check_expectation(connection))
        return false;
    if (more && !is_body_wanted(connection)) {
        answer_without_body(connection);
        return false;
    }
    if (!has_room_for_body(connection) || !reserve(connection)) {
        http_connection_refuse(connection, "overloaded", "Too many large bodies are on their way.");
        return false;
    }
    if (more && http_request_header(request, "Expect").size && !request->http10)
        send_continue(connection);
    return true;
}

static bool read_head(struct http_connection *connection)
{
    const char *breach =
        http_guard_scan(buf_span(&connection->in), &connection->scanned, &connection->head_size);

    if (!breach && connection->head_size == 0)
        return false;
    if (!breach)
        breach = parse_head(connection);
    if (breach) {
        http_connection_refuse(connection, "malformed_request", breach);
        return false;
    }
    take_trace(&connection->request);
    if (!admit_body(connection))
        return false;
    http_connection_set_state(connection, HTTP_STATE_BODY);
    connection->body_size = 0;
    connection->decoder = (struct http_chunks){0};
    buf_clear(&connection->chunks);
    connection->body_since_ms = loop_now_ms(connection->server->loop);
    http_connection_set_deadline(connection, connection->server->limits.body_ms);
    return true;
}

/* Moves what has come of a chunked body out of `in`, decoded. True: the body is complete. */
static bool read_chunks(struct http_connection *connection)
{
    struct buf *in = &connection->in, *chunks = &connection->chunks;
    struct span raw = span_of(in->data + connection->head_size, in->size - connection->head_size);
    size_t used = 0, size = 0, before = chunks->size;
    bool done = false;
    char *out = buf_extend(chunks, raw.size);
    const char *breach;

    if (!out) {
        http_connection_refuse(connection, "overloaded", "There is no memory for the body.");
        return false;
    }
    breach = http_chunks_decode(&connection->decoder, raw, out, &used, &size, &done);
    if (breach) {
        http_connection_refuse(connection, "malformed_request", breach);
        return false;
    }
    buf_truncate(chunks, before + size);
    memmove(in->data + connection->head_size, raw.data + used, raw.size - used);
    buf_truncate(in, in->size - used);
    if (chunks->size > connection->body_max) {
        refuse_large(connection);
        return false;
    }
    return done;
}

static bool body_is_complete(struct http_connection *connection)
{
    struct http_request *request = &connection->request;

    if (request->framing.chunked) {
        if (!read_chunks(connection))
            return false;
        request->body = buf_span(&connection->chunks);
        return true;
    }
    if (connection->in.size - connection->head_size < request->framing.length)
        return false;
    connection->body_size = (size_t)request->framing.length;
    request->body = span_of(connection->in.data + connection->head_size, connection->body_size);
    return true;
}

void http_connection_follow_memory(struct http_connection *connection)
{
    const struct trace trace = connection->request.trace;

    if (!connection->has_request || connection->parsed_at == connection->in.data)
        return;
    if (parse_head(connection))
        abort(); /* the same bytes were parsed before */
    connection->request.trace = trace;
}

static bool handle(struct http_connection *connection)
{
    const struct http_handler *handler = &connection->server->handler;

    http_connection_begin_answer(connection);
    handler->handle(&connection->exchange, handler->data);
    return connection->state == HTTP_STATE_HEAD;
}

static bool read_body(struct http_connection *connection)
{
    if (!body_is_complete(connection))
        return false;
    connection->keep_alive = connection->request.keep_alive;
    if (is_shed(connection)) {
        http_connection_refuse(connection, "overloaded", "Too many requests are being answered.");
        return false;
    }
    return handle(connection);
}

bool http_connection_advance(struct http_connection *connection)
{
    bool more = true;

    if (connection->held)
        return true;
    connection->held = true;
    while (more && !connection->dead) {
        if (connection->state == HTTP_STATE_HEAD)
            more = read_head(connection);
        else if (connection->state == HTTP_STATE_BODY)
            more = read_body(connection);
        else
            more = false;
    }
    connection->held = false;
    if (!connection->dead && !(connection->peer_ended && connection->state <= HTTP_STATE_BODY))
        return true;
    http_connection_free(connection);
    return false;
}
