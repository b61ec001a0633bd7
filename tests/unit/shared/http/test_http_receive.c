/* What the server says before a body has come, and how much of bodies it keeps. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/http_client.h"
#include "support/http_host.h"

enum { BODY = 1000 };

struct fixture {
    struct http_host host;
    struct http_exchange *held[4];
    size_t held_count;
};

static bool is_path(const struct http_request *request, const char *path)
{
    return span_is(request->path, path);
}

/* Strangers are those whose path says so. */
static bool wants_body(struct http_exchange *exchange, void *data)
{
    (void)data;
    return !is_path(http_exchange_request(exchange), "/stranger");
}

static bool always(const struct http_request *head, void *data)
{
    (void)data;
    return is_path(head, "/healthz");
}

static void answer(struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);

    http_answer(exchange, &(struct http_response){
                              .status = is_path(request, "/stranger") ? 401 : 200,
                              .content_type = "text/plain",
                              .body = request->body.size ? span_text("a body") : request->path});
}

static void handle(struct http_exchange *exchange, void *data)
{
    struct fixture *f = data;

    if (is_path(http_exchange_request(exchange), "/hold"))
        f->held[f->held_count++] = exchange;
    else
        answer(exchange);
}

static void start_with(struct fixture *f, const struct http_limits *limits)
{
    *f = (struct fixture){.held_count = 0};
    http_host_start(&f->host,
                    &(struct http_handler){
                        .wants_body = wants_body, .always = always, .handle = handle, .data = f},
                    limits);
}

static void release(void *data)
{
    struct fixture *f = data;

    while (f->held_count)
        answer(f->held[--f->held_count]);
}

struct count {
    struct fixture *f;
    size_t held;
};

static void count_held(void *data)
{
    struct count *count = data;

    count->held = count->f->held_count;
}

static void await_held(struct fixture *f, size_t wanted)
{
    struct count count = {.f = f};

    while (count.held < wanted)
        http_host_do(&f->host, count_held, &count);
}

static int begin(const struct fixture *f, const char *text)
{
    int fd = http_client(f->host.port);

    http_send_text(fd, text);
    return fd;
}

static const char *ask(const struct fixture *f, const char *text)
{
    static char answer_text[4096];
    int fd = begin(f, text);

    snprintf(answer_text, sizeof answer_text, "%s",
             http_read_until(fd, "\r\n\r\n", 1, HTTP_CLIENT_MS));
    close(fd);
    return answer_text;
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

void test_who_is_refused_anyway_is_told_so_before_the_body_and_the_connection_ends(void)
{
    struct fixture f;
    const char *text;
    int fd;

    start_with(&f, &http_limits_default);
    fd = begin(&f, "POST /stranger HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc");
    text = http_read_all(fd);
    CU_ASSERT_TRUE(starts(text, "HTTP/1.1 401 "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\r\nConnection: close\r\n"));
    close(fd);
    fd = begin(&f, "POST /stranger HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    CU_ASSERT_TRUE(starts(http_read_all(fd), "HTTP/1.1 401 "));
    close(fd);
    http_host_stop(&f.host);
}

/* Or the client would be told to send the body that nobody waits for. */
void test_who_is_refused_anyway_is_not_told_to_continue(void)
{
    struct fixture f;
    int fd;

    start_with(&f, &http_limits_default);
    fd = begin(&f, "POST /stranger HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                   "Content-Length: 1000\r\n\r\n");
    CU_ASSERT_TRUE(starts(http_read_all(fd), "HTTP/1.1 401 "));
    close(fd);
    http_host_stop(&f.host);
}

void test_what_follows_a_refused_body_is_never_a_request(void)
{
    struct fixture f;
    const char *text;
    int fd;

    start_with(&f, &http_limits_default);
    fd = begin(&f, "POST /stranger HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n");
    http_send_text(fd, "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    text = http_read_all(fd);
    CU_ASSERT_TRUE(starts(text, "HTTP/1.1 401 "));
    CU_ASSERT_PTR_NULL(strstr(text, "smuggled"));
    close(fd);
    http_host_stop(&f.host);
}

void test_a_body_that_is_there_with_the_head_is_the_handlers(void)
{
    struct fixture f;
    const char *text;

    start_with(&f, &http_limits_default);
    text = ask(&f, "POST /stranger HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    CU_ASSERT_TRUE(starts(text, "HTTP/1.1 401 "));
    CU_ASSERT_PTR_NULL(strstr(text, "Connection: close"));
    http_host_stop(&f.host);
}

void test_health_is_told_however_many_requests_wait(void)
{
    struct http_limits limits = http_limits_default;
    struct fixture f;
    const char *text;
    int one, two;

    limits.in_flight = 2;
    start_with(&f, &limits);
    one = begin(&f, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    two = begin(&f, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    await_held(&f, 2);
    text = ask(&f, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    CU_ASSERT_TRUE(starts(text, "HTTP/1.1 503 "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\r\nRetry-After: "));
    /* Told when the head has come: the body is not waited for. */
    text = ask(&f, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    CU_ASSERT_TRUE(starts(text, "HTTP/1.1 503 "));
    CU_ASSERT_TRUE(starts(ask(&f, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"), "HTTP/1.1 200 "));
    http_host_do(&f.host, release, &f);
    CU_ASSERT_TRUE(starts(ask(&f, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "HTTP/1.1 200 "));
    close(one);
    close(two);
    http_host_stop(&f.host);
}

/* Until they are answered, for that is how long they are kept. */
void test_all_bodies_together_have_a_largest_size(void)
{
    static const char big[] = "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 600\r\n\r\n";
    char body[600];
    struct http_limits limits = http_limits_default;
    struct fixture f;
    int one, gone;

    memset(body, 'x', sizeof body);
    limits.body_bytes = BODY;
    start_with(&f, &limits);
    one = begin(&f, big);
    http_send(one, body, sizeof body);
    await_held(&f, 1);
    CU_ASSERT_TRUE(starts(ask(&f, big), "HTTP/1.1 503 "));
    CU_ASSERT_TRUE(starts(ask(&f, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"),
                          "HTTP/1.1 200 "));
    http_host_do(&f.host, release, &f);
    gone = begin(&f, big); /* who leaves gives it back, too */
    CU_ASSERT_FALSE(http_readable(gone, 50));
    close(gone);
    close(one);
    one = begin(&f, big);
    while (http_readable(one, 50)) { /* the other has not been seen to leave yet */
        close(one);
        one = begin(&f, big);
    }
    http_send(one, body, sizeof body);
    await_held(&f, 1);
    http_host_do(&f.host, release, &f);
    CU_ASSERT_TRUE(starts(http_read_until(one, "\r\n\r\n", 1, HTTP_CLIENT_MS), "HTTP/1.1 200 "));
    close(one);
    http_host_stop(&f.host);
}
