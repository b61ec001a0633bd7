/* The life of an answer that goes on, from its head to its end. */
#include "http/http_stream.h"

#include <errno.h>

#include "http/http_private.h"

static struct http_connection *connection_of(const struct http_stream *stream)
{
    char *at = (char *)(uintptr_t)stream - offsetof(struct http_connection, answer_stream);

    return (struct http_connection *)(void *)at;
}

static int send_bytes(struct http_connection *connection, const struct buf *bytes)
{
    return buf_failed(bytes) ? -ENOMEM
                             : http_transport_write(&connection->transport, buf_span(bytes));
}

static int send_head(struct http_connection *connection, const struct http_response *response,
                     bool head)
{
    struct http_server *server = connection->server;
    bool chunked = connection->answer_stream.chunked;
    struct http_response dressed = {.status = response->status, /* the body follows */
                                    .content_type = response->content_type,
                                    .headers = response->headers,
                                    .header_count = response->header_count};
    struct span fields = http_connection_dress(connection, &dressed);

    buf_clear(&server->out);
    http_response_write(
        &server->out, response,
        &(struct http_response_frame){.date = server->date,
                                      .close = !connection->keep_alive,
                                      .secure = connection->transport.tls,
                                      .head = head,
                                      .fields = fields,
                                      .end = chunked ? HTTP_BODY_CHUNKED : HTTP_BODY_BY_CLOSE});
    return send_bytes(connection, &server->out);
}

struct http_stream *http_answer_stream(struct http_exchange *exchange,
                                       const struct http_response *response,
                                       const struct http_stream_events *events, void *data)
{
    struct http_connection *connection = (struct http_connection *)exchange;
    bool head = span_is(connection->request.method, "HEAD");
    struct http_stream *stream = &connection->answer_stream;
    int r;

    http_connection_leave_answer(connection, response->status);
    *stream = (struct http_stream){.data = data, .chunked = !connection->request.http10};
    connection->keep_alive &= stream->chunked;
    http_connection_set_state(connection, HTTP_STATE_STREAM);
    http_connection_set_deadline(connection, connection->server->limits.send_ms);
    r = send_head(connection, response, head);
    if (r == 0 && !head)
        r = http_stream_write(stream, response->body);
    if (r < 0) {
        http_connection_free(connection);
        return NULL;
    }
    if (head) {
        http_connection_finish_answer(connection);
        return NULL;
    }
    stream->events = events;
    return stream;
}

int http_stream_write(struct http_stream *stream, struct span piece)
{
    struct http_connection *connection = connection_of(stream);
    struct buf *out = &connection->server->out;

    if (piece.size == 0) /* as a chunk it would be the last one */
        return 0;
    buf_clear(out);
    if (stream->chunked)
        buf_printf(out, "%zx\r\n", piece.size);
    buf_add(out, piece.data, piece.size);
    if (stream->chunked)
        buf_add(out, "\r\n", 2);
    return send_bytes(connection, out);
}

size_t http_stream_unsent(const struct http_stream *stream)
{
    return http_transport_unsent(&connection_of(stream)->transport);
}

void http_stream_end(struct http_stream *stream)
{
    static const char last_chunk[] = "0\r\n\r\n";
    struct http_connection *connection = connection_of(stream);
    int r = 0;

    stream->events = NULL;
    if (stream->chunked)
        r = http_transport_write(&connection->transport,
                                 span_of(last_chunk, sizeof last_chunk - 1));
    if (r < 0)
        http_connection_free(connection);
    else
        http_connection_finish_answer(connection);
}

void http_stream_drop(struct http_stream *stream)
{
    if (!stream)
        return;
    stream->events = NULL;
    http_connection_free(connection_of(stream));
}

/* The owner's last words and the end. What a client does not take then, it does not get. */
void http_connection_close_stream(struct http_connection *connection)
{
    struct http_stream *stream = &connection->answer_stream;
    bool held = connection->held;

    connection->held = true;
    connection->keep_alive = false;
    if (stream->events->closing)
        stream->events->closing(stream, stream->data);
    if (connection->state == HTTP_STATE_STREAM && !connection->dead)
        http_stream_end(stream);
    if (connection->state == HTTP_STATE_SENDING)
        http_connection_set_deadline(connection, connection->server->limits.linger_ms);
    connection->held = held;
    if (connection->dead)
        http_connection_free(connection);
}

void http_connection_check_stream(struct http_connection *connection)
{
    struct http_stream *stream = &connection->answer_stream;
    uint64_t taken = http_transport_taken(&connection->transport);

    if (connection->server->draining) { /* it began after that */
        http_connection_close_stream(connection);
    } else if (http_stream_unsent(stream) == 0 || taken != stream->taken) {
        stream->taken = taken;
        http_connection_set_deadline(connection, connection->server->limits.send_ms);
    } else if (http_connection_is_late(connection)) {
        http_connection_free(connection);
    }
}
