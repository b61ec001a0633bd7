/* Answers that go on, over real sockets: the owner's side runs on the server's thread as jobs. */
#include <CUnit/CUnit.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/date.h"
#include "support/http_client.h"
#include "support/http_host.h"

enum { STREAMS_MAX = 4, LARGE = 8 << 20 };

static const char get[] = "GET /s HTTP/1.1\r\nHost: a\r\n\r\n";

struct fixture {
    struct http_host host;
    struct http_stream *streams[STREAMS_MAX];
    size_t count;
    bool drop_others; /* when one is gone or has to close */
    atomic_int begun, refused, gone, drained, closing, server_drained;
    const char *text; /* what a job writes */
};

static void forget(struct fixture *f, const struct http_stream *stream)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->streams[i] == stream)
            f->streams[i] = NULL;
}

static void drop_all(void *data)
{
    struct fixture *f = data;

    for (size_t i = 0; i < f->count; i++)
        http_stream_drop(f->streams[i]);
    f->count = 0;
}

static void on_drained(struct http_stream *stream, void *data)
{
    CU_ASSERT_EQUAL(http_stream_unsent(stream), 0);
    atomic_fetch_add(&((struct fixture *)data)->drained, 1);
}

static void on_closing(struct http_stream *stream, void *data)
{
    struct fixture *f = data;

    CU_ASSERT_EQUAL(http_stream_write(stream, span_text("bye\n")), 0);
    forget(f, stream);
    if (f->drop_others)
        drop_all(f);
    atomic_fetch_add(&f->closing, 1);
}

static void on_gone(struct http_stream *stream, void *data)
{
    struct fixture *f = data;

    forget(f, stream);
    if (f->drop_others)
        drop_all(f);
    atomic_fetch_add(&f->gone, 1);
}

static void handle(struct http_exchange *exchange, void *data)
{
    static const struct http_stream_events events = {
        .drained = on_drained, .closing = on_closing, .gone = on_gone};
    const struct http_response response = {
        .status = 200, .content_type = "text/event-stream", .body = span_text("first\n")};
    struct fixture *f = data;
    bool plain = span_is(http_exchange_request(exchange)->path, "/plain");
    bool brief = span_is(http_exchange_request(exchange)->path, "/brief");
    struct http_stream *stream;

    if (plain) {
        http_answer(exchange, &(struct http_response){.status = 204});
        return;
    }
    stream = http_answer_stream(exchange, &response, &events, f);
    if (brief)
        http_stream_end(stream);
    else if (stream)
        f->streams[f->count++] = stream;
    atomic_fetch_add(stream ? &f->begun : &f->refused, 1);
}

static void start_with(struct fixture *f, const struct http_limits *limits)
{
    memset(f, 0, sizeof *f);
    http_host_start(&f->host, &(struct http_handler){.handle = handle, .data = f}, limits);
}

static void start(struct fixture *f)
{
    start_with(f, &http_limits_default);
}

static void await(atomic_int *value, int wanted)
{
    for (int64_t end = monotonic_ms() + HTTP_CLIENT_MS;
         atomic_load(value) < wanted && monotonic_ms() < end;)
        usleep(1000);
    CU_ASSERT_EQUAL(atomic_load(value), wanted);
}

static int client_of_stream(struct fixture *f)
{
    int fd = http_client(f->host.port), before = atomic_load(&f->begun);

    http_send_text(fd, get);
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_until(fd, "first\n", 1, HTTP_CLIENT_MS), "200 OK"));
    await(&f->begun, before + 1);
    return fd;
}

static void write_text(void *data)
{
    struct fixture *f = data;

    CU_ASSERT_EQUAL(http_stream_write(f->streams[0], span_text(f->text)), 0);
}

static void write_piece(struct fixture *f, const char *text)
{
    f->text = text;
    http_host_do(&f->host, write_text, f);
}

static void write_much(void *data)
{
    struct fixture *f = data;
    char *bytes = calloc(1, LARGE);

    CU_ASSERT_EQUAL(http_stream_write(f->streams[0], span_of(bytes, LARGE)), 0);
    CU_ASSERT(http_stream_unsent(f->streams[0]) > 0);
    free(bytes);
}

static void end_first(void *data)
{
    struct fixture *f = data;

    http_stream_end(f->streams[0]);
    f->streams[0] = NULL;
}

static void on_server_drained(void *data)
{
    atomic_store(&((struct fixture *)data)->server_drained, 1);
}

static void drain(void *data)
{
    struct fixture *f = data;

    http_server_drain(f->host.server, 60000, on_server_drained, f);
}

static bool read_to_end(int fd, size_t *ret_size)
{
    static char bytes[65536];
    ssize_t got;

    *ret_size = 0;
    while (http_readable(fd, HTTP_CLIENT_MS) && (got = recv(fd, bytes, sizeof bytes, 0)) >= 0) {
        if (got == 0)
            return true;
        *ret_size += (size_t)got;
    }
    return false;
}

void test_a_stream_is_chunked_and_the_connection_goes_on(void)
{
    struct fixture f;
    const char *text;
    int fd;

    start(&f);
    fd = http_client(f.host.port);
    http_send_text(fd, get);
    text = http_read_until(fd, "first\n", 1, HTTP_CLIENT_MS);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "Transfer-Encoding: chunked\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "Content-Type: text/event-stream\r\n"));
    CU_ASSERT_PTR_NULL(strstr(text, "Content-Length"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\r\n\r\n6\r\nfirst\n\r\n"));
    write_piece(&f, "");
    write_piece(&f, "and a second one");
    CU_ASSERT_STRING_EQUAL(http_read_until(fd, "one\r\n", 1, HTTP_CLIENT_MS),
                           "10\r\nand a second one\r\n");
    http_send_text(fd, "GET /plain HTTP/1.1\r\nHost: a\r\n\r\n");
    http_host_do(&f.host, end_first, &f);
    text = http_read_until(fd, "HTTP/1.1 204", 1, HTTP_CLIENT_MS);
    CU_ASSERT_EQUAL(strncmp(text, "0\r\n\r\nHTTP/1.1 204", 17), 0);
    CU_ASSERT_EQUAL(atomic_load(&f.gone), 0);
    close(fd);
    http_host_stop(&f.host);
}

void test_a_stream_that_its_handler_ends_is_a_whole_answer(void)
{
    struct fixture f;
    const char *text;
    int fd;

    start(&f);
    fd = http_client(f.host.port);
    http_send_text(fd, "GET /brief HTTP/1.1\r\nHost: a\r\n\r\n"
                       "GET /plain HTTP/1.1\r\nHost: a\r\n\r\n");
    text = http_read_until(fd, "HTTP/1.1 204", 1, HTTP_CLIENT_MS);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "6\r\nfirst\n\r\n0\r\n\r\nHTTP/1.1 204"));
    close(fd);
    http_host_stop(&f.host);
}

void test_a_stream_over_http10_ends_with_the_connection(void)
{
    struct fixture f;
    const char *text;
    int fd;

    start(&f);
    fd = http_client(f.host.port);
    http_send_text(fd, "GET /s HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
    await(&f.begun, 1);
    write_piece(&f, "second\n");
    http_host_do(&f.host, end_first, &f);
    text = http_read_all(fd);
    CU_ASSERT_PTR_NULL(strstr(text, "chunked"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "Connection: close\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\r\n\r\nfirst\nsecond\n"));
    close(fd);
    http_host_stop(&f.host);
}

void test_a_stream_asked_for_by_head_has_no_body(void)
{
    struct fixture f;
    const char *text;
    int fd;

    start(&f);
    fd = http_client(f.host.port);
    http_send_text(fd, "HEAD /s HTTP/1.1\r\nHost: a\r\n\r\n"
                       "GET /plain HTTP/1.1\r\nHost: a\r\n\r\n");
    text = http_read_until(fd, "HTTP/1.1 204", 1, HTTP_CLIENT_MS);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "Transfer-Encoding: chunked\r\n\r\nHTTP/1.1 204"));
    await(&f.refused, 1);
    close(fd);
    http_host_stop(&f.host);
}

void test_a_client_that_leaves_a_stream_is_noticed(void)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    struct fixture f;
    int fd;

    start(&f);
    close(client_of_stream(&f));
    await(&f.gone, 1);
    fd = client_of_stream(&f);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd); /* a reset */
    await(&f.gone, 2);
    http_host_stop(&f.host);
}

void test_a_silent_stream_stays_and_one_that_nobody_reads_is_dropped(void)
{
    struct http_limits limits = http_limits_default;
    struct fixture f;
    size_t size;
    int fd;

    limits.send_ms = 200;
    start_with(&f, &limits);
    fd = client_of_stream(&f);
    usleep(600000);
    write_piece(&f, "still there\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_until(fd, "there\n", 1, HTTP_CLIENT_MS), "still"));
    CU_ASSERT_EQUAL(atomic_load(&f.gone), 0);
    http_host_do(&f.host, write_much, &f);
    await(&f.gone, 1);
    CU_ASSERT_EQUAL(atomic_load(&f.drained), 0);
    read_to_end(fd, &size);
    CU_ASSERT(size < LARGE);
    close(fd);
    http_host_stop(&f.host);
}

void test_the_owner_is_told_when_all_has_left(void)
{
    struct fixture f;
    size_t size;
    int fd;

    start(&f);
    fd = client_of_stream(&f);
    http_host_do(&f.host, write_much, &f);
    http_host_do(&f.host, end_first, &f);
    shutdown(fd, SHUT_WR);
    CU_ASSERT_TRUE(read_to_end(fd, &size));
    CU_ASSERT_EQUAL(size, strlen("800000\r\n\r\n0\r\n\r\n") + LARGE);
    close(fd);

    f.count = 0;
    fd = client_of_stream(&f);
    http_host_do(&f.host, write_much, &f);
    for (size_t left = LARGE; left;) {
        char bytes[4096];
        ssize_t got = recv(fd, bytes, left < sizeof bytes ? left : sizeof bytes, 0);

        CU_ASSERT_FATAL(got > 0);
        left -= (size_t)got;
    }
    await(&f.drained, 1);
    close(fd);
    http_host_stop(&f.host);
}

void test_draining_lets_streams_say_goodbye_and_waits_for_none(void)
{
    struct fixture f;
    int fds[3], blocked;

    start(&f);
    blocked = client_of_stream(&f);
    http_host_do(&f.host, write_much, &f);
    for (size_t i = 0; i < 3; i++)
        fds[i] = client_of_stream(&f);
    http_host_do(&f.host, drain, &f);
    CU_ASSERT_EQUAL(atomic_load(&f.closing), 4);
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_STRING_EQUAL(http_read_all(fds[i]), "4\r\nbye\n\r\n0\r\n\r\n");
        close(fds[i]);
    }
    await(&f.server_drained, 1); /* though one client takes nothing */
    CU_ASSERT_EQUAL(atomic_load(&f.gone), 0);
    close(blocked);
    http_host_stop(&f.host);
}

void test_a_callback_may_drop_the_other_streams(void)
{
    struct fixture f;
    int fds[3];

    start(&f);
    f.drop_others = true;
    for (size_t i = 0; i < 3; i++)
        fds[i] = client_of_stream(&f);
    close(fds[1]);
    await(&f.gone, 1);
    CU_ASSERT_TRUE(http_has_ended(fds[0], HTTP_CLIENT_MS));
    CU_ASSERT_TRUE(http_has_ended(fds[2], HTTP_CLIENT_MS));
    close(fds[0]);
    close(fds[2]);
    for (size_t i = 0; i < 3; i++)
        fds[i] = client_of_stream(&f);
    http_host_do(&f.host, drain, &f);
    CU_ASSERT_EQUAL(atomic_load(&f.closing), 1);
    await(&f.server_drained, 1);
    for (size_t i = 0; i < 3; i++)
        close(fds[i]);
    http_host_stop(&f.host);
}

void test_streams_are_gone_with_their_server(void)
{
    struct fixture f;
    int fd;

    start(&f);
    fd = client_of_stream(&f);
    http_host_stop(&f.host);
    CU_ASSERT_EQUAL(atomic_load(&f.gone), 1);
    close(fd);
}

void test_streams_are_not_requests_in_flight(void)
{
    struct http_limits limits = http_limits_default;
    struct fixture f;
    int first, second;

    limits.in_flight = 1;
    start_with(&f, &limits);
    first = client_of_stream(&f);
    second = client_of_stream(&f);
    close(first);
    close(second);
    http_host_stop(&f.host);
}
