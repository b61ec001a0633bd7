/* From an answer to the next request, or to the end of the connection. */
#include <errno.h>
#include <stdio.h>

#include "base/date.h"
#include "http/http_codes.h"
#include "http/http_private.h"

enum { KEPT_MAX = 2 * HTTP_BODY_MAX }; /* bytes */

void http_connection_begin_answer(struct http_connection *connection)
{
    http_connection_set_state(connection, HTTP_STATE_ANSWER);
    connection->server->in_flight++;
    connection->exchange = (struct http_exchange){.began_us = monotonic_us()};
    buf_clear(&connection->fields);
}

void http_connection_refuse_with(struct http_connection *connection,
                                 const struct http_problem *problem)
{
    if (connection->state != HTTP_STATE_ANSWER)
        http_connection_begin_answer(connection);
    if (!connection->has_request)
        connection->request.trace = trace_new();
    connection->exchange.refused = true;
    http_answer_problem(&connection->exchange, problem);
}

void http_connection_refuse(struct http_connection *connection, const char *code,
                            const char *detail)
{
    bool for_now = http_code_answer(code)->status == 503;

    http_connection_refuse_with(
        connection,
        &(struct http_problem){.code = code, .detail = detail, .retry_after_s = for_now});
}

/* A connection that waits does not keep the memory of the large body that it once had. */
static void give_memory_back(struct http_connection *connection)
{
    if (connection->in.size == 0 && connection->in.capacity > KEPT_MAX)
        buf_deinit(&connection->in);
    if (connection->chunks.capacity > KEPT_MAX)
        buf_deinit(&connection->chunks);
}

/* Makes ready for the next request, which may already be here. */
static void next_request(struct http_connection *connection)
{
    http_connection_set_state(connection, HTTP_STATE_HEAD);
    buf_consume(&connection->in, connection->head_size + connection->body_size);
    buf_add(&connection->in, connection->ahead.data, connection->ahead.size);
    buf_clear(&connection->ahead);
    give_memory_back(connection);
    connection->has_request = false;
    connection->scanned = connection->head_size = connection->body_size = 0;
    http_connection_set_deadline(connection, connection->in.size
                                                 ? connection->server->limits.header_ms
                                                 : connection->server->limits.idle_ms);
    if (connection->paused) {
        connection->paused = false;
        loop_stream_resume(connection->transport.stream);
    }
}

/* Ends our side and reads the other's rest for a moment: closing with unread bytes would reset the
 * connection, and the client would lose the answer. */
static void linger(struct http_connection *connection)
{
    http_connection_set_state(connection, HTTP_STATE_LINGER);
    http_transport_shutdown(&connection->transport);
    if (connection->paused)
        loop_stream_resume(connection->transport.stream);
    connection->paused = false;
    http_connection_set_deadline(connection, connection->server->limits.linger_ms);
    if (connection->peer_ended)
        http_connection_free(connection);
}

void http_connection_answer_has_left(struct http_connection *connection)
{
    if (!connection->keep_alive) {
        linger(connection);
        return;
    }
    next_request(connection);
    if (buf_failed(&connection->in))
        http_connection_free(connection);
    else
        http_connection_advance(connection);
}

void http_connection_leave_answer(struct http_connection *connection, int status)
{
    const struct http_handler *handler = &connection->server->handler;
    const struct http_exchange *exchange = &connection->exchange;
    struct http_report told = {
        .request = connection->has_request ? &connection->request : NULL,
        .route = exchange->match.path,
        .status = status,
        .duration_us = monotonic_us() - exchange->began_us,
    };

    if (handler->answered)
        handler->answered(&told, handler->data);
    connection->server->in_flight--;
    http_connection_unreserve(connection);
    connection->keep_alive &= !exchange->refused && !connection->server->draining;
}

void http_connection_finish_answer(struct http_connection *connection)
{
    if (http_transport_unsent(&connection->transport) == 0) {
        http_connection_answer_has_left(connection);
        return;
    }
    http_connection_set_state(connection, HTTP_STATE_SENDING);
    http_connection_set_deadline(connection, connection->server->limits.send_ms);
}

/* The connection has failed: what is left of it goes. */
static void give_up(struct http_connection *connection)
{
    http_connection_set_state(connection, HTTP_STATE_SENDING);
    http_connection_free(connection);
}

void http_answer(struct http_exchange *exchange, const struct http_response *response)
{
    struct http_connection *connection = (struct http_connection *)exchange;
    struct http_server *server = connection->server;
    bool head = connection->has_request && span_is(connection->request.method, "HEAD");
    struct http_response dressed = *response;
    struct span fields = http_connection_dress(connection, &dressed);
    int r = -ENOMEM;

    http_connection_leave_answer(connection, response->status);
    buf_clear(&server->out);
    http_response_write(&server->out, &dressed,
                        &(struct http_response_frame){.date = server->date,
                                                      .close = !connection->keep_alive,
                                                      .secure = connection->transport.tls,
                                                      .head = head,
                                                      .fields = fields});
    if (!buf_failed(&server->out) && !buf_failed(&server->fields))
        r = http_transport_write(&connection->transport, buf_span(&server->out));
    if (r < 0)
        give_up(connection);
    else
        http_connection_finish_answer(connection);
}

void http_answer_problem(struct http_exchange *exchange, const struct http_problem *problem)
{
    enum { HEADERS_MAX = 8 };
    struct http_connection *connection = (struct http_connection *)exchange;
    struct http_header headers[HEADERS_MAX];
    size_t count =
        problem->header_count < HEADERS_MAX - 1 ? problem->header_count : HEADERS_MAX - 1;
    cleanup(buf_deinit) struct buf body = {0};
    char seconds[12];

    if (count)
        memcpy(headers, problem->headers, count * sizeof headers[0]);
    if (problem->retry_after_s > 0) {
        snprintf(seconds, sizeof seconds, "%d", problem->retry_after_s);
        headers[count++] = (struct http_header){span_text("Retry-After"), span_text(seconds)};
    }
    http_problem_write(&body, problem,
                       connection->has_request ? connection->request.path : span_of(NULL, 0),
                       &connection->request.trace);
    if (buf_failed(&body))
        buf_truncate(&body, 0); /* the status says enough */
    http_answer(exchange, &(struct http_response){.status = http_code_answer(problem->code)->status,
                                                  .content_type = "application/problem+json",
                                                  .body = buf_span(&body),
                                                  .headers = headers,
                                                  .header_count = count});
}

const struct http_request *http_exchange_request(const struct http_exchange *exchange)
{
    return &((const struct http_connection *)exchange)->request;
}

const uint8_t *http_exchange_peer(const struct http_exchange *exchange)
{
    return ((const struct http_connection *)exchange)->address;
}

void http_exchange_set_match(struct http_exchange *exchange, const struct http_match *match)
{
    exchange->match = *match;
}

const struct http_match *http_exchange_match(const struct http_exchange *exchange)
{
    return &exchange->match;
}

struct buf *http_exchange_fields(struct http_exchange *exchange)
{
    return &((struct http_connection *)exchange)->fields;
}

void http_exchange_on_gone(struct http_exchange *exchange,
                           void (*gone)(struct http_exchange *exchange, void *data), void *data)
{
    exchange->gone = gone;
    exchange->gone_data = data;
}
