/* One connection: its life, its events and its deadlines. What arrives while an answer is awaited
 * is kept apart, so that the request that the handler looks at stays where it is. */
#include <errno.h>
#include <stdlib.h>

#include "http/http_private.h"
#include "log/log.h"

enum { AHEAD_MAX = 65536 }; /* bytes of pipelined requests that wait; then reading pauses */

static const char *const state_names[] = {"head", "body", "answer", "stream", "sending", "linger"};
static const unsigned char may_follow[] = {
    [HTTP_STATE_HEAD] = 1 << HTTP_STATE_BODY | 1 << HTTP_STATE_ANSWER,
    [HTTP_STATE_BODY] = 1 << HTTP_STATE_ANSWER,
    [HTTP_STATE_ANSWER] = 1 << HTTP_STATE_HEAD | 1 << HTTP_STATE_STREAM | 1 << HTTP_STATE_SENDING |
                          1 << HTTP_STATE_LINGER,
    [HTTP_STATE_STREAM] = 1 << HTTP_STATE_HEAD | 1 << HTTP_STATE_SENDING | 1 << HTTP_STATE_LINGER,
    [HTTP_STATE_SENDING] = 1 << HTTP_STATE_HEAD | 1 << HTTP_STATE_LINGER,
    [HTTP_STATE_LINGER] = 0,
};

void http_connection_set_state(struct http_connection *connection, enum http_state state)
{
    if (!(may_follow[connection->state] & 1 << state))
        abort();
    log_debug(NULL, "HTTP connection goes from %s to %s", state_names[connection->state],
              state_names[state]);
    connection->state = state;
}

void http_connection_set_deadline(struct http_connection *connection, int64_t after_ms)
{
    connection->deadline_ms = loop_now_ms(connection->server->loop) + after_ms;
}

bool http_connection_is_late(const struct http_connection *connection)
{
    return loop_now_ms(connection->server->loop) >= connection->deadline_ms;
}

static void unlink_connection(struct http_connection *connection)
{
    if (connection->server->visited_next == connection)
        connection->server->visited_next = connection->next;
    *connection->at = connection->next;
    if (connection->next)
        connection->next->at = connection->at;
    connection->server->connection_count--;
}

void http_connection_free(struct http_connection *connection)
{
    const struct http_stream stream = connection->answer_stream;

    if (connection->held) {
        connection->dead = true;
        return;
    }
    connection->answer_stream.events = NULL;
    if (connection->state == HTTP_STATE_STREAM && stream.events)
        stream.events->gone(&connection->answer_stream, stream.data);
    if (connection->state == HTTP_STATE_ANSWER)
        connection->server->in_flight--;
    http_connection_unreserve(connection);
    unlink_connection(connection);
    if (connection->state == HTTP_STATE_HEAD && connection->transport.tls)
        http_transport_shutdown(&connection->transport); /* nothing was cut off */
    http_transport_deinit(&connection->transport);
    buf_deinit(&connection->in);
    buf_deinit(&connection->ahead);
    buf_deinit(&connection->chunks);
    buf_deinit(&connection->fields);
    free(connection);
}

static void on_ended(void *data, int error);

/* False: that was the end of the connection. Where bytes are lost, those behind them mean nothing.
 */
static bool keep_ahead(struct http_connection *connection, struct span bytes)
{
    buf_add(&connection->ahead, bytes.data, bytes.size);
    if (buf_failed(&connection->ahead)) {
        on_ended(connection, -ENOMEM);
        return false;
    }
    if (connection->ahead.size >= AHEAD_MAX) {
        connection->paused = true;
        loop_stream_pause(connection->transport.stream);
    }
    return true;
}

/* False: that was the end of the connection. */
static bool take(struct http_connection *connection, struct span bytes)
{
    if (connection->state == HTTP_STATE_LINGER)
        return true;
    if (connection->state > HTTP_STATE_BODY)
        return keep_ahead(connection, bytes);
    if (connection->state == HTTP_STATE_HEAD && connection->in.size == 0)
        http_connection_set_deadline(connection, connection->server->limits.header_ms);
    buf_add(&connection->in, bytes.data, bytes.size);
    if (buf_failed(&connection->in)) {
        http_connection_free(connection);
        return false;
    }
    http_connection_follow_memory(connection);
    return http_connection_advance(connection);
}

static void on_drained(void *data)
{
    struct http_connection *connection = data;

    if (connection->state == HTTP_STATE_SENDING)
        http_connection_answer_has_left(connection);
    else if (connection->state == HTTP_STATE_STREAM && connection->answer_stream.events->drained)
        connection->answer_stream.events->drained(&connection->answer_stream,
                                                  connection->answer_stream.data);
}

static void tell_gone(struct http_connection *connection)
{
    void (*gone)(struct http_exchange * exchange, void *data) = connection->exchange.gone;

    connection->exchange.gone = NULL;
    if (gone)
        gone(&connection->exchange, connection->exchange.gone_data);
}

static void on_ended(void *data, int error)
{
    struct http_connection *connection = data;

    connection->peer_ended = true;
    if (error < 0) {
        http_transport_deinit(&connection->transport);
    }
    if (connection->state == HTTP_STATE_ANSWER)
        tell_gone(connection);
    else if (connection->state != HTTP_STATE_SENDING || error < 0)
        http_connection_free(connection);
}

/* HTTP came where TLS should: the refusal is plain, too. */
static void refuse_plain(struct http_connection *connection)
{
    tls_session_free(connection->transport.tls);
    connection->transport.tls = NULL;
    http_connection_refuse(connection, "malformed_request",
                           "This port speaks TLS: addresses here begin with https.");
}

static void on_received(void *data, struct span bytes)
{
    struct http_connection *connection = data;
    struct span plain;
    int r = http_transport_receive(&connection->transport, bytes, &plain);

    if (r < 0) {
        on_ended(connection, r);
    } else if (r == TLS_IS_PLAIN) {
        refuse_plain(connection);
    } else if ((plain.size == 0 || take(connection, plain)) && r == TLS_ENDED) {
        on_ended(connection, 0);
    }
}

static bool is_too_slow(const struct http_connection *connection)
{
    const struct http_limits *limits = &connection->server->limits;
    int64_t elapsed_ms = loop_now_ms(connection->server->loop) - connection->body_since_ms;
    size_t came = connection->in.size - connection->head_size + connection->chunks.size;

    return elapsed_ms > limits->rate_after_ms &&
           came < limits->rate_bytes * (size_t)elapsed_ms / 1000;
}

void http_connection_check(struct http_connection *connection)
{
    bool late = http_connection_is_late(connection);

    switch (connection->state) {
    case HTTP_STATE_HEAD:
        if (late && connection->in.size)
            http_connection_refuse(connection, "request_timeout", "The head did not come in time.");
        else if (late)
            http_connection_free(connection);
        break;
    case HTTP_STATE_BODY:
        if (late || is_too_slow(connection))
            http_connection_refuse(connection, "request_timeout", "The body did not come in time.");
        break;
    case HTTP_STATE_ANSWER:
        break;
    case HTTP_STATE_STREAM:
        http_connection_check_stream(connection);
        break;
    case HTTP_STATE_SENDING:
    case HTTP_STATE_LINGER:
        if (late)
            http_connection_free(connection);
    }
}

void http_connection_drain(struct http_connection *connection)
{
    if (connection->state == HTTP_STATE_HEAD && connection->in.size == 0)
        http_connection_free(connection);
    else if (connection->state == HTTP_STATE_STREAM)
        http_connection_close_stream(connection);
}

static size_t count_of_address(const struct http_server *server, const uint8_t address[16])
{
    size_t count = 0;

    for (const struct http_connection *at = server->connections; at; at = at->next)
        count += memcmp(at->address, address, sizeof at->address) == 0;
    return count;
}

static void link_connection(struct http_connection *connection)
{
    struct http_server *server = connection->server;

    connection->next = server->connections;
    connection->at = &server->connections;
    if (connection->next)
        connection->next->at = &connection->next;
    server->connections = connection;
    server->connection_count++;
}

/* Above the caps: an answer if it goes out at once, which TLS cannot, and nothing is kept. */
static void turn_away(struct http_server *server, struct loop_stream *stream)
{
    cleanup(buf_deinit) struct buf body = {0};
    struct trace trace = trace_new();
    struct http_header retry = {span_text("Retry-After"), span_text("1")};

    http_problem_write(&body,
                       &(struct http_problem){.code = "too_many_connections",
                                              .detail = "There are too many connections."},
                       span_of(NULL, 0), &trace);
    buf_clear(&server->out);
    http_response_write(&server->out,
                        &(struct http_response){.status = 503,
                                                .content_type = "application/problem+json",
                                                .body = buf_span(&body),
                                                .headers = &retry,
                                                .header_count = 1},
                        &(struct http_response_frame){.date = server->date, .close = true});
    if (!server->tls && loop_stream_write(stream, buf_span(&server->out)) < 0)
        log_debug(NULL, "HTTP client above the caps left by itself");
    loop_stream_free(stream);
}

void http_connection_start(struct http_server *server, struct loop_stream *stream)
{
    static const struct loop_stream_events events = {
        .received = on_received, .drained = on_drained, .ended = on_ended};
    const struct http_limits *limits = &server->limits;
    struct http_connection *connection;
    struct tls_session *tls;
    uint8_t address[16];

    if (loop_stream_peer(stream, address) < 0) {
        loop_stream_free(stream);
        return;
    }
    if (server->connection_count >= limits->connections ||
        count_of_address(server, address) >= limits->connections_each) {
        turn_away(server, stream);
        return;
    }
    connection = calloc(1, sizeof *connection);
    tls = server->tls ? tls_session_new(server->tls) : NULL;
    if (!connection || (server->tls && !tls)) {
        tls_session_free(tls);
        free(connection);
        loop_stream_free(stream);
        return;
    }
    connection->server = server;
    connection->transport =
        (struct http_transport){.scratch = &server->scratch, .stream = stream, .tls = tls};
    memcpy(connection->address, address, sizeof address);
    link_connection(connection);
    http_connection_set_deadline(connection, limits->header_ms);
    loop_stream_start(stream, &events, connection);
}
