/* The server when memory runs out: a connection may end, but what it serves stays whole and in
 * step. */
#include <CUnit/CUnit.h>
#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

#include "support/failing_malloc.h"
#include "support/http_client.h"
#include "support/http_host.h"

enum { MOST = 500 };

struct fixture {
    struct http_host host;
    struct http_exchange *held; /* of "/held", until somebody answers it */
    sem_t is_held;
    size_t nth; /* which allocation of the loop's thread fails */
    bool failed;
    char seen[256]; /* paths, each with a space behind it */
};

static void answer(struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);

    http_answer(exchange, &(struct http_response){.status = 200,
                                                  .content_type = "text/plain",
                                                  .body = request->body.size ? request->body
                                                                             : request->path});
}

static void handle(struct http_exchange *exchange, void *data)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct fixture *f = data;
    size_t size = strlen(f->seen);

    snprintf(f->seen + size, sizeof f->seen - size, "%.*s ", (int)request->path.size,
             request->path.data);
    if (!span_is(request->path, "/held")) {
        answer(exchange);
        return;
    }
    f->held = exchange;
    sem_post(&f->is_held);
}

static void start(struct fixture *f)
{
    const struct http_handler handler = {.handle = handle, .data = f};

    *f = (struct fixture){.nth = 1};
    sem_init(&f->is_held, 0, 0);
    http_host_start(&f->host, &handler, &http_limits_default);
}

static void stop(struct fixture *f)
{
    http_host_stop(&f->host);
    sem_destroy(&f->is_held);
}

static void arm(void *data)
{
    struct fixture *f = data;

    failing_malloc_arm(f->nth, false);
}

static void disarm(void *data)
{
    struct fixture *f = data;

    f->failed = failing_malloc_disarm();
}

static void look_and_arm(void *data)
{
    struct fixture *f = data;

    disarm(f);
    if (!f->failed)
        arm(f);
}

static void release(void *data)
{
    struct fixture *f = data;

    answer(f->held);
}

/* Bytes that were lost in the middle would make one request of two. */
void test_a_request_that_had_no_memory_ends_the_connection(void)
{
    struct fixture f;
    int fd;

    start(&f);
    fd = http_client(f.host.port);
    http_send_text(fd, "GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
    sem_wait(&f.is_held);
    http_host_do(&f.host, arm, &f);
    http_send_text(fd, "GET /lost HTTP/1.1\r\nHost: a\r\n\r\n");
    while (!f.failed)
        http_host_do(&f.host, look_and_arm, &f);
    http_send_text(fd, "GET /third HTTP/1.1\r\nHost: a\r\n\r\n");
    http_host_do(&f.host, release, &f);
    CU_ASSERT_PTR_NULL(strstr(http_read_until(fd, "HTTP/1.1 200", 2, 1000), "/third"));
    CU_ASSERT_STRING_EQUAL(f.seen, "/held ");
    CU_ASSERT_TRUE(http_has_ended(fd, HTTP_CLIENT_MS));
    close(fd);
    stop(&f);
}

/* A request, and another with a body in pieces behind it. */
static const char *converse(int fd)
{
    http_send_text(fd,
                   "GET /first HTTP/1.1\r\nHost: a\r\n\r\n"
                   "POST /second HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n");
    http_send_text(fd, "hello\r\n6\r\n world\r\n0\r\n\r\n");
    http_send_text(fd, "GET /third HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    return http_read_all(fd);
}

/* Are these answers the beginning of what has to come? */
static bool is_in_step(const char *text)
{
    const char *first = strstr(text, "/first"), *second = strstr(text, "hello world"),
               *third = strstr(text, "/third");

    return (!second || (first && first < second)) && (!third || (second && second < third));
}

void test_answers_stay_in_step_wherever_memory_runs_out(void)
{
    struct fixture f;
    size_t whole = 0;

    start(&f);
    f.failed = true;
    for (; f.failed && f.nth < MOST; f.nth++) {
        const char *text;
        int fd;

        f.seen[0] = '\0';
        http_host_do(&f.host, arm, &f);
        fd = http_client(f.host.port);
        text = converse(fd);
        http_host_do(&f.host, disarm, &f);
        CU_ASSERT_TRUE(is_in_step(text));
        CU_ASSERT_TRUE(http_has_ended(fd, HTTP_CLIENT_MS));
        whole += strstr(text, "/third") != NULL;
        close(fd);
    }
    CU_ASSERT_FALSE(f.failed);
    CU_ASSERT(whole > 0);
    printf("# note: memory ran out %zu times\n", f.nth - 2);
    stop(&f);
}
