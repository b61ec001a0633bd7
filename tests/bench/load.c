#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/date.h"
#include "bench.h"

enum { EVENTS = 64, ANSWER_BYTES = 8192, LATE_MS = 10000, MOST_ANSWERS = 2000000 };

struct connection {
    int fd;
    struct span rest; /* of the request, to be sent */
    char answer[ANSWER_BYTES];
    size_t size;
    int64_t began_us; /* 0: nothing is under way */
};

struct load {
    int epoll;
    struct connection *connections;
    size_t connection_count, under_way;
    const struct buf *requests;
    size_t request_count;
    uint64_t random;
    uint32_t *latencies_us;
    size_t latency_count;
    struct load_result result;
};

static void watch(struct load *load, struct connection *connection, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};

    if (epoll_ctl(load->epoll, operation, connection->fd, &event) < 0)
        give_up("epoll: %s", strerror(errno));
}

struct load *load_open(const char *address, size_t connections, const struct buf *requests,
                       size_t request_count)
{
    struct load *load = calloc(1, sizeof *load);

    if (load) {
        load->connections = calloc(connections, sizeof *load->connections);
        load->latencies_us = calloc(MOST_ANSWERS, sizeof *load->latencies_us);
    }
    if (!load || !load->connections || !load->latencies_us)
        give_up("no memory");
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    load->connection_count = connections;
    load->requests = requests;
    load->request_count = request_count;
    load->random = 1;
    for (size_t i = 0; i < connections; i++) {
        struct connection *connection = &load->connections[i];

        connection->fd = bench_connect(address);
        if (connection->fd < 0 || fcntl(connection->fd, F_SETFL, O_NONBLOCK) < 0)
            give_up("%s takes no connection: %s", address, strerror(errno));
        watch(load, connection, EPOLL_CTL_ADD, EPOLLIN);
    }
    return load;
}

void load_close(struct load *load)
{
    for (size_t i = 0; i < load->connection_count; i++)
        if (load->connections[i].fd >= 0)
            close(load->connections[i].fd);
    close(load->epoll);
    free(load->connections);
    free(load->latencies_us);
    free(load);
}

static void note_other(struct load *load, const char *what)
{
    if (load->result.others++ == 0)
        snprintf(load->result.first_other, sizeof load->result.first_other, "%.200s", what);
}

static void lose(struct load *load, struct connection *connection, const char *why)
{
    note_other(load, why);
    close(connection->fd);
    connection->fd = -1;
    load->under_way--;
}

static void send_rest(struct load *load, struct connection *connection)
{
    ssize_t sent = send(connection->fd, connection->rest.data, connection->rest.size, MSG_NOSIGNAL);

    if (sent < 0 && errno != EAGAIN) {
        lose(load, connection, strerror(errno));
        return;
    }
    if (sent > 0)
        connection->rest =
            span_of(connection->rest.data + sent, connection->rest.size - (size_t)sent);
    if (connection->rest.size > 0)
        watch(load, connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

static void begin(struct load *load, struct connection *connection)
{
    load->random = load->random * 6364136223846793005u + 1442695040888963407u;
    connection->rest =
        buf_span(&load->requests[(size_t)(load->random >> 33) % load->request_count]);
    connection->size = 0;
    connection->began_us = monotonic_us();
    load->under_way++;
    send_rest(load, connection);
}

/* Bytes of a complete answer, or 0. */
static size_t answer_size(const struct connection *connection)
{
    const char *body = memmem(connection->answer, connection->size, "\r\n\r\n", 4);
    const char *length;
    size_t size;

    if (!body)
        return 0;
    length = strcasestr(connection->answer, "\r\nContent-Length:");
    if (!length || length > body)
        return (size_t)(body + 4 - connection->answer);
    size = (size_t)(body + 4 - connection->answer) + strtoul(length + 17, NULL, 10);
    return size <= connection->size ? size : 0;
}

static void finish(struct load *load, struct connection *connection)
{
    load->under_way--;
    if (load->latency_count < MOST_ANSWERS)
        load->latencies_us[load->latency_count++] =
            (uint32_t)(monotonic_us() - connection->began_us);
    if (strncmp(connection->answer, "HTTP/1.1 202 ", 13) == 0)
        load->result.accepted++;
    else
        note_other(load, connection->answer);
}

/* True: the answer is complete. */
static bool receive(struct load *load, struct connection *connection)
{
    ssize_t size = recv(connection->fd, connection->answer + connection->size,
                        ANSWER_BYTES - 1 - connection->size, 0);

    if (size < 0 && errno == EAGAIN)
        return false;
    if (size <= 0) {
        lose(load, connection, size < 0 ? strerror(errno) : "the connection was closed");
        return false;
    }
    connection->size += (size_t)size;
    connection->answer[connection->size] = '\0';
    if (answer_size(connection) == 0)
        return false;
    finish(load, connection);
    return true;
}

static void serve(struct load *load, const struct epoll_event *event, int64_t end_us)
{
    struct connection *connection = event->data.ptr;

    if (event->events & EPOLLOUT) {
        watch(load, connection, EPOLL_CTL_MOD, EPOLLIN);
        send_rest(load, connection);
    }
    if (connection->fd >= 0 && event->events & ~(uint32_t)EPOLLOUT && receive(load, connection) &&
        monotonic_us() < end_us)
        begin(load, connection);
}

struct load_result load_run(struct load *load, double seconds)
{
    int64_t began_us = monotonic_us(), end_us = began_us + (int64_t)(seconds * 1e6);

    load->result = (struct load_result){0};
    load->latency_count = 0;
    for (size_t i = 0; i < load->connection_count; i++)
        if (load->connections[i].fd >= 0)
            begin(load, &load->connections[i]);
    while (load->under_way > 0) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(load->epoll, events, EVENTS, LATE_MS);

        if (count <= 0)
            give_up("%zu answers did not come within %d ms", load->under_way, LATE_MS);
        for (int i = 0; i < count; i++)
            serve(load, &events[i], end_us);
    }
    load->result.seconds = (double)(monotonic_us() - began_us) / 1e6;
    return load->result;
}

static int compare(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

double load_latency_ms(struct load *load, double share)
{
    if (load->latency_count == 0)
        return 0;
    qsort(load->latencies_us, load->latency_count, sizeof *load->latencies_us, compare);
    return load->latencies_us[(size_t)(share * (double)(load->latency_count - 1))] / 1e3;
}
