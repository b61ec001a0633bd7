/* The server over real sockets on loopback: it runs in a thread, each test is a blocking client. */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/date.h"
#include "http/http_server.h"
#include "support/http_client.h"

enum { LATER_MS = 30 };

struct fixture {
    struct loop *loop;
    struct http_server *server;
    struct loop_wake *stop, *drain, *release;
    pthread_t thread;
    int port;
    struct http_exchange *held;
    atomic_int gone, held_count, drained, reported_status;
    atomic_int seen; /* requests that reached the handler */
};

static void answer_text(struct http_exchange *exchange, const char *text)
{
    http_answer(exchange, &(struct http_response){.status = 200,
                                                  .content_type = "text/plain",
                                                  .body = span_text(text)});
}

struct later {
    struct loop_timer *timer;
    struct http_exchange *exchange;
};

static void answer_later(void *data)
{
    struct later *later = data;

    answer_text(later->exchange, "later");
    loop_timer_free(later->timer);
    free(later);
}

static void start_later(struct fixture *f, struct http_exchange *exchange)
{
    struct later *later = malloc(sizeof *later);

    later->exchange = exchange;
    later->timer = loop_timer_new(f->loop, answer_later, later);
    loop_timer_start(later->timer, LATER_MS, 0);
}

static void on_gone(struct http_exchange *exchange, void *data)
{
    struct fixture *f = data;

    f->held = NULL;
    answer_text(exchange, "gone");
    atomic_fetch_add(&f->gone, 1);
}

static void hold(struct fixture *f, struct http_exchange *exchange)
{
    f->held = exchange;
    http_exchange_on_gone(exchange, on_gone, f);
    atomic_fetch_add(&f->held_count, 1);
}

static void answer_large(struct http_exchange *exchange)
{
    enum { LARGE = 8 << 20 };
    char *body = malloc(LARGE);

    memset(body, 'x', LARGE);
    http_answer(exchange, &(struct http_response){.status = 200,
                                                  .content_type = "text/plain",
                                                  .body = span_of(body, LARGE)});
    free(body);
}

static void handle(struct http_exchange *exchange, void *data)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct fixture *f = data;

    atomic_fetch_add(&f->seen, 1);
    if (span_is(request->path, "/later"))
        start_later(f, exchange);
    else if (span_is(request->path, "/hold"))
        hold(f, exchange);
    else if (span_is(request->path, "/large"))
        answer_large(exchange);
    else if (request->body.size)
        http_answer(exchange, &(struct http_response){.status = 200,
                                                      .content_type = "text/plain",
                                                      .body = request->body});
    else
        http_answer(exchange, &(struct http_response){.status = 200,
                                                      .content_type = "text/plain",
                                                      .body = request->path});
}

static size_t body_max(const struct http_request *head, void *data)
{
    (void)data;
    return span_is(head->path, "/more") ? 1 << 20 : HTTP_BODY_MAX;
}

static void answered(const struct http_report *report, void *data)
{
    atomic_store(&((struct fixture *)data)->reported_status, report->status);
}

static void on_stop(void *data)
{
    struct fixture *f = data;

    http_server_free(f->server);
    loop_wake_free(f->stop);
    loop_wake_free(f->drain);
    loop_wake_free(f->release);
    loop_stop(f->loop);
}

static void on_drained(void *data)
{
    atomic_store(&((struct fixture *)data)->drained, 1);
}

static void on_drain(void *data)
{
    struct fixture *f = data;

    http_server_drain(f->server, HTTP_CLIENT_MS, on_drained, f);
}

static void on_release(void *data)
{
    struct fixture *f = data;

    if (f->held)
        answer_text(f->held, "released");
    f->held = NULL;
}

static void *run(void *data)
{
    loop_run(((struct fixture *)data)->loop);
    return NULL;
}

static void start_with(struct fixture *f, const struct http_limits *limits)
{
    struct http_handler handler = {
        .body_max = body_max, .handle = handle, .answered = answered, .data = f};

    *f = (struct fixture){.loop = loop_new()};
    CU_ASSERT_PTR_NOT_NULL_FATAL(f->loop);
    CU_ASSERT_EQUAL_FATAL(http_server_start(f->loop, "127.0.0.1:0", &handler, limits, &f->server),
                          0);
    f->port = http_server_port(f->server);
    f->stop = loop_wake_new(f->loop, on_stop, f);
    f->drain = loop_wake_new(f->loop, on_drain, f);
    f->release = loop_wake_new(f->loop, on_release, f);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&f->thread, NULL, run, f), 0);
}

static void start(struct fixture *f)
{
    start_with(f, &http_limits_default);
}

static void stop(struct fixture *f)
{
    loop_wake_send(f->stop);
    pthread_join(f->thread, NULL);
    loop_free(f->loop);
}

static int client(const struct fixture *f)
{
    return http_client(f->port);
}

static void await(atomic_int *value, int wanted)
{
    for (int64_t end = monotonic_ms() + HTTP_CLIENT_MS;
         atomic_load(value) < wanted && monotonic_ms() < end;)
        usleep(1000);
    CU_ASSERT(atomic_load(value) >= wanted);
}

static void count_turn(void *data)
{
    ++*(unsigned *)data;
}

static void stop_loop(void *data)
{
    loop_stop(data);
}

/* Deadlines are looked at ten times a second only while there are connections: a turn before and
 * after each wait would be 20 in a second. */
void test_a_server_without_connections_does_not_wake(void)
{
    const struct http_handler handler = {.handle = handle};
    struct loop *loop = loop_new();
    struct http_server *server = NULL;
    struct loop_timer *end;
    unsigned turns = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(loop);
    CU_ASSERT_EQUAL_FATAL(
        http_server_start(loop, "127.0.0.1:0", &handler, &http_limits_default, &server), 0);
    CU_ASSERT_PTR_NOT_NULL(loop_turn_new(loop, count_turn, &turns));
    end = loop_timer_new(loop, stop_loop, loop);
    loop_timer_start(end, 1000, 0);
    loop_run(loop);
    CU_ASSERT(turns > 0 && turns < 10);
    loop_timer_free(end);
    http_server_free(server);
    loop_free(loop);
}

void test_the_date_is_there_from_the_first_answer_on(void)
{
    struct fixture f;
    int fd;

    start(&f);
    fd = client(&f);
    http_send_text(fd, "GET /one HTTP/1.1\r\nHost: a\r\n\r\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_until(fd, "/one", 1, HTTP_CLIENT_MS), " GMT\r\n"));
    close(fd);
    stop(&f);
}

void test_a_connection_is_kept_for_the_next_request(void)
{
    struct fixture f;
    int fd;

    start(&f);
    fd = client(&f);
    for (int i = 0; i < 3; i++) {
        http_send_text(fd, "GET /one HTTP/1.1\r\nHost: a\r\n\r\n");
        CU_ASSERT_PTR_NOT_NULL(strstr(http_read_until(fd, "/one", 1, HTTP_CLIENT_MS), "200 OK"));
    }
    CU_ASSERT_FALSE(http_has_ended(fd, 50));
    close(fd);
    stop(&f);
}

void test_a_connection_is_closed_when_the_client_says_so(void)
{
    struct fixture f;
    int fd;

    start(&f);
    fd = client(&f);
    http_send_text(fd, "GET /one HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_all(fd), "Connection: close\r\n"));
    close(fd);
    stop(&f);
}

void test_pipelined_requests_are_answered_in_their_order(void)
{
    struct fixture f;
    const char *text, *later, *body, *last;
    int fd;

    start(&f);
    fd = client(&f);
    http_send_text(fd, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n"
                       "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nsecond"
                       "GET /last HTTP/1.1\r\nHost: a\r\n\r\n");
    text = http_read_until(fd, "/last", 1, HTTP_CLIENT_MS);
    later = strstr(text, "\r\n\r\nlater");
    body = strstr(text, "\r\n\r\nsecond");
    last = strstr(text, "\r\n\r\n/last");
    CU_ASSERT(later && body && last && later < body && body < last);
    close(fd);
    stop(&f);
}

void test_a_thousand_pipelined_requests_are_all_answered(void)
{
    struct fixture f;
    int fd;

    start(&f);
    fd = client(&f);
    for (int i = 0; i < 1000; i++)
        http_send_text(fd, i == 500 ? "GET /later HTTP/1.1\r\nHost: a\r\n\r\n"
                                    : "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    http_read_until(fd, "HTTP/1.1 200", 1000, HTTP_CLIENT_MS);
    CU_ASSERT_EQUAL(atomic_load(&f.seen), 1000);
    close(fd);
    stop(&f);
}

void test_a_request_is_read_whatever_the_pieces_it_comes_in(void)
{
    static const char request[] =
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nfghij";
    struct fixture f;
    const char *text;
    int fd;

    start(&f);
    for (size_t at = 1; at < sizeof request - 1; at++) {
        fd = client(&f);
        http_send(fd, request, at);
        usleep(200);
        http_send(fd, request + at, sizeof request - 1 - at);
        text = http_read_until(fd, "\r\n\r\nfghij", 1, HTTP_CLIENT_MS);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, "\r\n\r\nabcde"));
        CU_ASSERT_PTR_NOT_NULL(strstr(text, "\r\n\r\nfghij"));
        close(fd);
    }
    stop(&f);
}

void test_a_malformed_request_gets_a_problem_and_the_end(void)
{
    struct fixture f;
    const char *text;
    int fd;

    start(&f);
    fd = client(&f);
    http_send_text(fd,
                   "GET / HTTP/1.1\r\nHost : a\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    text = http_read_all(fd);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "HTTP/1.1 400 Bad Request"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "application/problem+json"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"code\":\"malformed_request\""));
    CU_ASSERT_PTR_NULL(strstr(text, "200 OK"));
    CU_ASSERT_EQUAL(atomic_load(&f.seen), 0);
    CU_ASSERT_EQUAL(atomic_load(&f.reported_status), 400);
    close(fd);
    stop(&f);
}

void test_nothing_behind_a_length_with_chunked_is_read(void)
{
    struct fixture f;
    const char *text;
    int fd;

    start(&f);
    fd = client(&f);
    http_send_text(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                       "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    text = http_read_all(fd);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "400 Bad Request"));
    CU_ASSERT_PTR_NULL(strstr(text, "200 OK"));
    close(fd);
    stop(&f);
}

void test_a_malformed_chunk_gets_a_problem(void)
{
    struct fixture f;
    int fd;

    start(&f);
    fd = client(&f);
    http_send_text(fd, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc");
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_all(fd), "400 Bad Request"));
    close(fd);
    stop(&f);
}

void test_a_body_above_the_limit_is_refused_before_it_is_read(void)
{
    struct fixture f;
    int fd;

    start(&f);
    fd = client(&f);
    http_send_text(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_all(fd), "413 Content Too Large"));
    close(fd);
    stop(&f);
}

void test_a_chunked_body_above_the_limit_is_refused(void)
{
    static char chunks[17][4096 + 8];
    struct fixture f;
    const char *answer;
    int fd;

    start(&f);
    fd = client(&f);
    for (int i = 0; i < 17; i++) {
        memcpy(chunks[i], "1000\r\n", 6);
        memset(chunks[i] + 6, 'a', 4096);
        memcpy(chunks[i] + 6 + 4096, "\r\n", 2);
    }
    http_send_text(fd,
                   "POST /refused/here HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    usleep(1000 * LATER_MS); /* the head is parsed; the body moves it to other memory */
    http_send(fd, chunks[0], sizeof chunks);
    answer = http_read_all(fd);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer, "413 Content Too Large"));
    CU_ASSERT_PTR_NOT_NULL(strstr(answer, "\"instance\":\"/refused/here\""));
    close(fd);
    stop(&f);
}

void test_a_body_at_the_limit_is_taken(void)
{
    static char body[HTTP_BODY_MAX];
    struct fixture f;
    int fd;

    start(&f);
    fd = client(&f);
    memset(body, 'b', sizeof body);
    http_send_text(
        fd, "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 65536\r\n\r\n");
    http_send(fd, body, sizeof body);
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_all(fd), "Content-Length: 65536"));
    close(fd);
    stop(&f);
}

void test_a_route_may_allow_a_larger_body(void)
{
    static char body[1 << 20];
    const char *answer;
    struct fixture f;
    int fd;

    start(&f);
    fd = client(&f);
    memset(body, 'b', sizeof body);
    http_send_text(fd, "POST /more HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                       "Content-Length: 1048576\r\n\r\n");
    http_send(fd, body, sizeof body);
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_all(fd), "Content-Length: 1048576"));
    close(fd);
    fd = client(&f);
    http_send_text(fd, "POST /more HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n");
    answer = http_read_all(fd);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer, "413 Content Too Large"));
    CU_ASSERT_PTR_NOT_NULL(strstr(answer, "A body has at most 1048576 bytes here."));
    close(fd);
    stop(&f);
}

void test_a_client_that_expects_it_is_told_to_go_on(void)
{
    struct fixture f;
    int fd;

    start(&f);
    fd = client(&f);
    http_send_text(
        fd, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    CU_ASSERT_STRING_EQUAL(http_read_until(fd, "\r\n\r\n", 1, HTTP_CLIENT_MS),
                           "HTTP/1.1 100 Continue\r\n\r\n");
    http_send_text(fd, "ok");
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_until(fd, "\r\n\r\nok", 1, HTTP_CLIENT_MS), "200 OK"));
    http_send_text(fd,
                   "POST / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\nContent-Length: 2\r\n\r\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_all(fd), "417 Expectation Failed"));
    close(fd);
    stop(&f);
}

void test_a_slow_head_is_refused_and_an_idle_connection_closed(void)
{
    struct http_limits limits = http_limits_default;
    struct fixture f;
    int slow, idle, silent;

    limits.header_ms = 200;
    limits.idle_ms = 200;
    start_with(&f, &limits);
    slow = client(&f);
    idle = client(&f);
    silent = client(&f);
    http_send_text(slow, "GET / HTTP/1.1\r\nHos");
    http_send_text(idle, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_all(slow), "408 Request Timeout"));
    CU_ASSERT_PTR_NULL(strstr(http_read_all(idle), "408"));
    CU_ASSERT_TRUE(http_has_ended(silent, HTTP_CLIENT_MS));
    close(slow);
    close(idle);
    close(silent);
    stop(&f);
}

void test_a_byte_now_and_then_does_not_keep_a_slow_head_alive(void)
{
    struct http_limits limits = http_limits_default;
    struct fixture f;
    int64_t began = monotonic_ms();
    int fd;

    limits.header_ms = 300;
    start_with(&f, &limits);
    fd = client(&f);
    http_send_text(fd, "GET / HTTP/1.1\r\nX: ");
    while (!http_readable(fd, 20) && monotonic_ms() < began + HTTP_CLIENT_MS)
        http_send_text(fd, "a");
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_all(fd), "408 Request Timeout"));
    CU_ASSERT(monotonic_ms() < began + 2000);
    close(fd);
    stop(&f);
}

void test_a_body_that_comes_too_slowly_is_refused(void)
{
    static const char filler[8192];
    struct http_limits limits = http_limits_default;
    struct fixture f;
    int late, slow;

    limits.body_ms = 300;
    limits.rate_after_ms = 5000;
    start_with(&f, &limits);
    late = client(&f);
    http_send_text(late, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_all(late), "408 Request Timeout"));
    close(late);
    stop(&f);

    limits.body_ms = 60000;
    limits.rate_after_ms = 200;
    limits.rate_bytes = 100000;
    start_with(&f, &limits);
    slow = client(&f);
    http_send_text(slow, "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\nabc");
    usleep(50000);
    http_send(slow, filler, sizeof filler); /* what was read before moves to a larger place */
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_all(slow), "\"instance\":\"/slow\""));
    close(slow);
    stop(&f);
}

void test_a_client_that_leaves_while_it_waits_is_noticed(void)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    struct fixture f;
    int fd;

    start(&f);
    fd = client(&f);
    http_send_text(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    await(&f.held_count, 1);
    close(fd);
    await(&f.gone, 1);

    fd = client(&f);
    http_send_text(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    await(&f.held_count, 2);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd); /* a reset */
    await(&f.gone, 2);
    stop(&f);
}

void test_a_client_that_only_ended_its_side_gets_its_answers(void)
{
    struct fixture f;
    const char *text;
    int fd;

    start(&f);
    fd = client(&f);
    http_send_text(fd,
                   "GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n");
    shutdown(fd, SHUT_WR);
    text = http_read_all(fd);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\r\n\r\nlater"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\r\n\r\n/next"));
    close(fd);
    stop(&f);
}

void test_more_connections_than_the_caps_are_turned_away(void)
{
    struct http_limits limits = http_limits_default;
    struct fixture f;
    int first, second, third;

    limits.connections_each = 2;
    start_with(&f, &limits);
    first = client(&f);
    second = client(&f);
    http_send_text(first, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    http_send_text(second, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    CU_ASSERT_PTR_NOT_NULL(
        strstr(http_read_until(first, "\r\n\r\n/", 1, HTTP_CLIENT_MS), "200 OK"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(http_read_until(second, "\r\n\r\n/", 1, HTTP_CLIENT_MS), "200 OK"));
    third = client(&f);
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_all(third), "503 Service Unavailable"));
    close(third);
    close(second);
    close(first);
    stop(&f);
}

void test_more_requests_than_can_be_in_flight_are_shed(void)
{
    struct http_limits limits = http_limits_default;
    struct fixture f;
    const char *text;
    int held, shed;

    limits.in_flight = 1;
    start_with(&f, &limits);
    held = client(&f);
    http_send_text(held, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    await(&f.held_count, 1);
    shed = client(&f);
    http_send_text(shed, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    text = http_read_all(shed);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "503 Service Unavailable"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "Retry-After: 1\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"code\":\"overloaded\""));
    loop_wake_send(f.release);
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_until(held, "released", 1, HTTP_CLIENT_MS), "200 OK"));
    close(shed);
    close(held);
    stop(&f);
}

void test_an_answer_larger_than_the_sockets_buffer_arrives_whole(void)
{
    struct fixture f;
    size_t size = 0;
    static char bytes[65536];
    int fd;

    start(&f);
    fd = client(&f);
    http_send_text(fd, "GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    usleep(100000);
    for (ssize_t got; (got = recv(fd, bytes, sizeof bytes, 0)) > 0;)
        size += (size_t)got;
    CU_ASSERT(size > 8 << 20);
    close(fd);
    stop(&f);
}

void test_a_client_that_does_not_read_is_cut_off(void)
{
    struct http_limits limits = http_limits_default;
    struct fixture f;
    int fd;

    limits.send_ms = 200;
    start_with(&f, &limits);
    fd = client(&f);
    http_send_text(fd, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    await(&f.seen, 1);
    usleep(600000);
    loop_wake_send(f.drain);
    await(&f.drained, 1); /* nothing is left to wait for */
    close(fd);
    stop(&f);
}

void test_draining_answers_what_has_begun_and_takes_nothing_new(void)
{
    struct fixture f;
    int held, idle;

    start(&f);
    held = client(&f);
    idle = client(&f);
    http_send_text(idle, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    http_read_until(idle, "\r\n\r\n/", 1, HTTP_CLIENT_MS);
    http_send_text(held, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    await(&f.held_count, 1);
    loop_wake_send(f.drain);
    CU_ASSERT_TRUE(http_has_ended(idle, HTTP_CLIENT_MS));
    CU_ASSERT_EQUAL(atomic_load(&f.drained), 0);
    loop_wake_send(f.release);
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_all(held), "Connection: close"));
    close(held);
    close(idle);
    await(&f.drained, 1);
    stop(&f);
}

void test_an_address_that_is_taken_or_none_is_an_error(void)
{
    struct http_handler handler = {.handle = handle};
    struct fixture f;
    struct http_server *server = NULL;
    struct loop *loop = loop_new();
    char address[32];

    start(&f);
    snprintf(address, sizeof address, "127.0.0.1:%d", f.port);
    CU_ASSERT_EQUAL(http_server_start(loop, address, &handler, &http_limits_default, &server),
                    -EADDRINUSE);
    CU_ASSERT_EQUAL(http_server_start(loop, "nowhere", &handler, &http_limits_default, &server),
                    -EINVAL);
    CU_ASSERT_EQUAL(http_server_start(loop, "localhost:x", &handler, &http_limits_default, &server),
                    -EINVAL);
    CU_ASSERT_EQUAL(http_server_start(loop, "1.2.3.4.5:1", &handler, &http_limits_default, &server),
                    -EINVAL);
    CU_ASSERT_EQUAL(
        http_server_start(loop, "127.0.0.1:70000", &handler, &http_limits_default, &server),
        -EINVAL);
    CU_ASSERT_PTR_NULL(server);
    loop_free(loop);
    stop(&f);
}
