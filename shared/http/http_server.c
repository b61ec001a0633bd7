/* The server round its connections: accepting within the caps, the clock, draining. */
#include "http/http_server.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "http/http_private.h"

const struct http_limits http_limits_default = {
    .header_ms = 5000,
    .body_ms = 10000,
    .idle_ms = 30000,
    .send_ms = 10000,
    .linger_ms = 1000,
    .rate_after_ms = 2000,
    .rate_bytes = 500,
    .connections = 4096,
    .connections_each = 1024,
    .in_flight = 2048,
    .large_bodies = 256,
    .large_bodies_each = 64,
    .body_bytes = (size_t)128 << 20,
};

static void refresh_date(struct http_server *server)
{
    time_t now = time(NULL);
    struct tm tm;

    if (now == server->date_s)
        return;
    server->date_s = now;
    gmtime_r(&now, &tm);
    strftime(server->date, sizeof server->date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

static void finish_drain(struct http_server *server)
{
    void (*drained)(void *data) = server->drained;

    server->drained = NULL;
    drained(server->drained_data);
}

/* A visit may free any connection. */
static void each_connection(struct http_server *server,
                            void (*visit)(struct http_connection *connection))
{
    for (struct http_connection *at = server->connections; at; at = server->visited_next) {
        server->visited_next = at->next;
        visit(at);
    }
}

/* A deadline is looked at every HTTP_TICK_MS: a timer for each connection would have to be moved
 * with each request. Without a connection nothing is looked at. */
static void on_tick(void *data)
{
    struct http_server *server = data;

    refresh_date(server);
    each_connection(server, http_connection_check);
    if (!server->connections && !server->drained)
        loop_timer_stop(server->tick);
    if (server->drained &&
        (!server->connections || loop_now_ms(server->loop) >= server->drain_until_ms))
        finish_drain(server);
}

static void on_accepted(void *data, struct loop_stream *stream)
{
    struct http_server *server = data;

    if (!loop_timer_is_running(server->tick)) {
        refresh_date(server);
        loop_timer_start(server->tick, HTTP_TICK_MS, HTTP_TICK_MS);
    }
    http_connection_start(server, stream);
}

int http_server_start(struct loop *loop, const char *address, const struct http_handler *handler,
                      const struct http_limits *limits, struct http_server **ret_server)
{
    struct http_server *server = calloc(1, sizeof *server);
    int r = -ENOMEM;

    if (!server)
        return -ENOMEM;
    server->loop = loop;
    server->handler = *handler;
    server->limits = *limits;
    server->tick = loop_timer_new(loop, on_tick, server);
    if (server->tick)
        r = loop_listen(loop, address, on_accepted, server, &server->listener);
    if (r < 0) {
        http_server_free(server);
        return r;
    }
    *ret_server = server;
    return 0;
}

void http_server_use_tls(struct http_server *server, struct tls_context *context)
{
    tls_context_free(server->tls);
    server->tls = context;
}

void http_server_use_cors(struct http_server *server, struct http_cors *cors)
{
    http_cors_free(server->cors);
    server->cors = cors;
}

int http_server_port(const struct http_server *server)
{
    return loop_listener_port(server->listener);
}

size_t http_server_connections(const struct http_server *server)
{
    return server->connection_count;
}

void http_server_drain(struct http_server *server, int64_t timeout_ms, void (*drained)(void *data),
                       void *data)
{
    server->draining = true;
    server->drain_until_ms = loop_now_ms(server->loop) + timeout_ms;
    server->drained = drained;
    server->drained_data = data;
    loop_listener_free(server->listener);
    server->listener = NULL;
    each_connection(server, http_connection_drain);
    loop_timer_start(server->tick, 0, HTTP_TICK_MS);
}

void http_server_free(struct http_server *server)
{
    if (!server)
        return;
    loop_listener_free(server->listener);
    loop_timer_free(server->tick);
    while (server->connections)
        http_connection_free(server->connections);
    buf_deinit(&server->out);
    buf_deinit(&server->scratch.plain);
    buf_deinit(&server->scratch.wire);
    buf_deinit(&server->fields);
    buf_deinit(&server->packed);
    http_gzip_free(server->gzip);
    http_cors_free(server->cors);
    tls_context_free(server->tls);
    free(server);
}
