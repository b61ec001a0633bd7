/* A doorkeeper behind a real server on loopback, whose answers say who came in. */
#ifndef TESTS_INGRESS_DOOR_H
#define TESTS_INGRESS_DOOR_H

#include <CUnit/CUnit.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../workers/ingress/doorkeeper.h"
#include "auth/token.h"

struct door_fixture {
    struct config config;
    struct loop *loop;
    struct http_server *server;
    struct loop_wake *stop;
    struct doorkeeper *doorkeeper;
    struct call_pool calls;
    pthread_t thread;
    int port;
    /* Frees on the loop what a test added to it; may be NULL. */
    void (*stopping)(void *data);
    void *data;
};

/* Says who came in, for whom, and by whose token. */
static inline void door_handle(struct http_exchange *exchange, void *data)
{
    struct door_fixture *f = data;
    struct call *call = call_new(&f->calls, exchange);
    char text[256], tenant[UUID_TEXT + 1] = "none";

    if (!doorkeeper_admit(f->doorkeeper, call) || !doorkeeper_reads_tenant(&f->calls, call))
        return;
    if (call->has_tenant)
        uuid_format(call->tenant.uuid, tenant);
    snprintf(text, sizeof text, "%s %s %s", call->actor, tenant, call->issuer);
    call_answer(&f->calls, call,
                &(struct http_response){
                    .status = 200, .content_type = "text/plain", .body = span_text(text)});
}

/* Each exchange has a route, by which a request that waited is handled again. */
static inline void door_match(struct http_exchange *exchange, void *data)
{
    const struct http_match match = {.path = "/", .handle = door_handle, .data = data};

    http_exchange_set_match(exchange, &match);
    door_handle(exchange, data);
}

static inline void door_on_stop(void *data)
{
    struct door_fixture *f = data;

    if (f->stopping)
        f->stopping(f->data);
    http_server_free(f->server);
    loop_wake_free(f->stop);
    loop_stop(f->loop);
}

static inline void *door_run(void *data)
{
    loop_run(((struct door_fixture *)data)->loop);
    return NULL;
}

/* With a loop and the config's issuers already there. */
static inline void door_open(struct door_fixture *f)
{
    const struct http_handler handler = {.handle = door_match, .data = f};
    cleanup(buf_deinit) struct buf error = {0};

    if (!f->config.jwks_refresh_s)
        f->config.jwks_refresh_s = 300;
    CU_ASSERT_EQUAL_FATAL(doorkeeper_new(f->loop, &f->config, &f->calls, &f->doorkeeper, &error),
                          0);
    CU_ASSERT_EQUAL_FATAL(
        http_server_start(f->loop, "127.0.0.1:0", &handler, &http_limits_default, &f->server), 0);
    f->port = http_server_port(f->server);
    f->stop = loop_wake_new(f->loop, door_on_stop, f);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&f->thread, NULL, door_run, f), 0);
}

static inline void door_close(struct door_fixture *f)
{
    loop_wake_send(f->stop);
    pthread_join(f->thread, NULL);
    doorkeeper_free(f->doorkeeper);
    call_pool_deinit(&f->calls);
    loop_free(f->loop);
}

/* Sends one request with these header lines on a connection of its own, which it gives. */
static inline int door_send(const struct door_fixture *f, const char *lines)
{
    static char request[TOKEN_MAX_BYTES * 2];
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)f->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int size = snprintf(request, sizeof request,
                        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s\r\n", lines);

    CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    CU_ASSERT_EQUAL(send(fd, request, (size_t)size, MSG_NOSIGNAL), size);
    return fd;
}

/* The whole answer, until the next one is read. */
static inline const char *door_read(int fd)
{
    static char answer[65536];
    size_t got = 0;
    ssize_t more;

    while ((more = recv(fd, answer + got, sizeof answer - 1 - got, 0)) > 0)
        got += (size_t)more;
    answer[got] = '\0';
    close(fd);
    return answer;
}

static inline const char *door_ask(const struct door_fixture *f, const char *lines)
{
    return door_read(door_send(f, lines));
}

static inline bool says(const char *answer, const char *text)
{
    return strstr(answer, text) != NULL;
}

#endif
