/* What slow clients can hold: each is closed in time, and who is not slow gets answers meanwhile.
 * How long these take is measured by `make bench CASE=slow`. */
#include <CUnit/CUnit.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/date.h"
#include "support/http_client.h"
#include "support/http_host.h"
#include "support/slow_clients.h"

enum { SLOW = 2000, LARGE = 200000, CLOSED_MS = 60000, PAUSE_US = 10000, DESCRIPTORS = 8192 };

static void handle(struct http_exchange *exchange, void *data)
{
    static char body[LARGE];
    bool large = span_is(http_exchange_request(exchange)->path, "/large");

    (void)data;
    http_answer(exchange, &(struct http_response){.status = 200,
                                                  .content_type = "image/png",
                                                  .body = span_of(body, large ? LARGE : 10)});
}

static void allow_descriptors(void)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < DESCRIPTORS)
        limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static bool is_served(int fd)
{
    http_send_text(fd, "GET /small HTTP/1.1\r\nHost: a\r\n\r\n");
    return strstr(http_read_until(fd, "\r\n\r\n", 1, HTTP_CLIENT_MS), "200 OK");
}

static bool all_were_closed(const struct slow_clients *slow)
{
    for (enum slow_kind kind = 0; kind < SLOW_KINDS; kind++)
        if (slow_clients_closed(slow, kind) < SLOW / SLOW_KINDS)
            return false;
    return true;
}

void test_slow_clients_are_closed_in_time_and_others_served_meanwhile(void)
{
    struct http_limits limits = http_limits_default;
    struct slow_clients *slow;
    struct http_host host;
    int64_t end_ms = monotonic_ms() + CLOSED_MS;
    bool served = true;
    int good;

    allow_descriptors();
    limits.header_ms = limits.idle_ms = 5000; /* the good one may be slow as well, now and then */
    limits.send_ms = 500;
    limits.rate_after_ms = 500;
    http_host_start(&host, &(struct http_handler){.handle = handle}, &limits);
    slow = slow_clients_start(host.port, SLOW, "/large");
    CU_ASSERT_PTR_NOT_NULL_FATAL(slow);
    while (served && !all_were_closed(slow) && monotonic_ms() < end_ms) {
        good = http_client(host.port);
        for (int i = 0; i < 10 && served; i++)
            served = is_served(good);
        close(good);
        usleep(PAUSE_US); /* the port of each stays taken for a minute */
    }
    CU_ASSERT_TRUE(served);
    CU_ASSERT_TRUE(all_were_closed(slow));
    slow_clients_stop(slow);
    http_host_stop(&host);
}

static int client_from(int port, const char *address)
{
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    inet_pton(AF_INET, address, &from.sin_addr);
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    to.sin_port = htons((uint16_t)port);
    CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* Once the server has seen that another has gone. */
static bool is_let_in(int port, const char *address)
{
    int64_t end_ms = monotonic_ms() + HTTP_CLIENT_MS;
    bool served = false;

    while (!served && monotonic_ms() < end_ms) {
        int fd = client_from(port, address);

        served = is_served(fd);
        close(fd);
        usleep(PAUSE_US);
    }
    return served;
}

void test_an_address_has_1024_connections_and_another_is_served(void)
{
    enum { EACH = 1024 };
    struct http_host host;
    int fds[EACH], more, other;

    allow_descriptors();
    http_host_start(&host, &(struct http_handler){.handle = handle}, &http_limits_default);
    for (int i = 0; i < EACH; i++)
        fds[i] = client_from(host.port, "127.0.0.1");
    CU_ASSERT_TRUE(is_served(fds[EACH - 1]));
    more = client_from(host.port, "127.0.0.1");
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_all(more), "503 Service Unavailable"));
    other = client_from(host.port, "127.0.0.2");
    CU_ASSERT_TRUE(is_served(other));
    close(fds[0]);
    close(more);
    CU_ASSERT_TRUE(is_let_in(host.port, "127.0.0.1"));
    close(other);
    for (int i = 1; i < EACH; i++)
        close(fds[i]);
    http_host_stop(&host);
}

static size_t allow_large(const struct http_request *head, void *data)
{
    (void)head, (void)data;
    return LARGE;
}

static int begin_body(int port, const char *address, const char *framing)
{
    int fd = client_from(port, address);

    http_send_text(fd, "POST / HTTP/1.1\r\nHost: a\r\n");
    http_send_text(fd, framing);
    http_send_text(fd, "\r\n\r\n");
    return fd;
}

/* Its place is taken when the server wants the body. */
static int hold_body(int port, const char *address, const char *framing)
{
    int fd = client_from(port, address);

    http_send_text(fd, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n");
    http_send_text(fd, framing);
    http_send_text(fd, "\r\n\r\n");
    CU_ASSERT_PTR_NOT_NULL(
        strstr(http_read_until(fd, "\r\n\r\n", 1, HTTP_CLIENT_MS), "100 Continue"));
    return fd;
}

void test_an_address_has_a_few_large_bodies_on_their_way(void)
{
    static const char length[] = "Content-Length: 100000", chunked[] = "Transfer-Encoding: chunked";
    static const char body[100000];
    const struct http_handler handler = {.body_max = allow_large, .handle = handle};
    struct http_limits limits = http_limits_default;
    struct http_host host;
    int one, two, more, small, other;

    limits.large_bodies_each = 2;
    http_host_start(&host, &handler, &limits);
    one = hold_body(host.port, "127.0.0.1", length);
    two = hold_body(host.port, "127.0.0.1", chunked);
    more = begin_body(host.port, "127.0.0.1", chunked);
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_all(more), "503 Service Unavailable"));
    small = begin_body(host.port, "127.0.0.1", "Content-Length: 1");
    http_send(small, body, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_until(small, "\r\n\r\n", 1, HTTP_CLIENT_MS), "200 OK"));
    other = begin_body(host.port, "127.0.0.2", length);
    http_send(other, body, sizeof body);
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_until(other, "\r\n\r\n", 1, HTTP_CLIENT_MS), "200 OK"));
    http_send(one, body, sizeof body);
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_until(one, "\r\n\r\n", 1, HTTP_CLIENT_MS), "200 OK"));
    close(more);
    more = begin_body(host.port, "127.0.0.1", length);
    http_send(more, body, sizeof body);
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_until(more, "\r\n\r\n", 1, HTTP_CLIENT_MS), "200 OK"));
    close(one);
    close(two);
    close(more);
    close(small);
    close(other);
    http_host_stop(&host);
}

void test_there_are_a_few_large_bodies_on_their_way_in_all(void)
{
    static const char length[] = "Content-Length: 100000";
    const struct http_handler handler = {.body_max = allow_large, .handle = handle};
    struct http_limits limits = http_limits_default;
    struct http_host host;
    int one, two, more;

    limits.large_bodies = 2;
    http_host_start(&host, &handler, &limits);
    one = hold_body(host.port, "127.0.0.1", length);
    two = hold_body(host.port, "127.0.0.2", length);
    more = begin_body(host.port, "127.0.0.3", length);
    CU_ASSERT_PTR_NOT_NULL(strstr(http_read_all(more), "503 Service Unavailable"));
    close(one);
    close(two);
    close(more);
    http_host_stop(&host);
}
