#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/date.h"
#include "bench.h"

enum { EVENTS = 64, ANSWER_BYTES = 8192, LATE_US = 10000000, MOST_ANSWERS = 2000000 };

struct connection {
    int fd;
    const struct buf *request;
    struct span rest; /* of the request, to be sent */
    char answer[ANSWER_BYTES];
    size_t size;
    int64_t due_us; /* 0: nothing is under way */
    struct connection *next_idle;
};

struct load {
    char address[64];
    int epoll;
    struct connection *connections;
    size_t connection_count, under_way;
    struct connection *first_idle, **last_idle; /* each has its turn: none falls asleep */
    const struct buf *requests;
    size_t request_count;
    bool in_order;
    size_t turn;
    uint64_t random;
    char expected[16];
    void (*answered)(void *data, const struct load_answer *answer);
    void *data;
    double per_us; /* open: of the run; 0: closed */
    size_t due;    /* requests that were begun or given up */
    size_t most;   /* of them */
    int64_t began_us, end_us;
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

static void put_idle(struct load *load, struct connection *connection)
{
    connection->due_us = 0;
    connection->next_idle = NULL;
    *load->last_idle = connection;
    load->last_idle = &connection->next_idle;
}

static struct connection *take_idle(struct load *load)
{
    struct connection *connection = load->first_idle;

    if (!connection)
        return NULL;
    load->first_idle = connection->next_idle;
    if (!load->first_idle)
        load->last_idle = &load->first_idle;
    return connection;
}

static void connect_one(struct load *load, struct connection *connection)
{
    connection->fd = bench_connect(load->address);
    if (connection->fd < 0 || fcntl(connection->fd, F_SETFL, O_NONBLOCK) < 0)
        give_up("%s takes no connection: %s", load->address, strerror(errno));
    watch(load, connection, EPOLL_CTL_ADD, EPOLLIN);
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
    snprintf(load->address, sizeof load->address, "%s", address);
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    load->connection_count = connections;
    load->requests = requests;
    load->request_count = request_count;
    load->random = 1;
    load->last_idle = &load->first_idle;
    load_expect(load, 202);
    for (size_t i = 0; i < connections; i++) {
        connect_one(load, &load->connections[i]);
        put_idle(load, &load->connections[i]);
    }
    return load;
}

void load_in_order(struct load *load)
{
    load->in_order = true;
    load->turn = 0;
}

void load_expect(struct load *load, int status)
{
    snprintf(load->expected, sizeof load->expected, "HTTP/1.1 %d ", status);
}

void load_tell(struct load *load, void (*answered)(void *data, const struct load_answer *answer),
               void *data)
{
    load->answered = answered;
    load->data = data;
}

void load_close(struct load *load)
{
    for (size_t i = 0; i < load->connection_count; i++)
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

static void note_latency(struct load *load, int64_t us)
{
    if (load->latency_count < MOST_ANSWERS)
        load->latencies_us[load->latency_count++] = (uint32_t)us;
}

/* A connection that nobody used may end, and another takes its place; one with a request under way
 * may not. */
static void lose(struct load *load, struct connection *connection, const char *why)
{
    close(connection->fd);
    connect_one(load, connection);
    if (!connection->due_us)
        return;
    note_other(load, why);
    load->under_way--;
    put_idle(load, connection);
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

static const struct buf *next_request(struct load *load)
{
    if (load->in_order)
        return &load->requests[load->turn++ % load->request_count];
    load->random = load->random * 6364136223846793005u + 1442695040888963407u;
    return &load->requests[(size_t)(load->random >> 33) % load->request_count];
}

static void begin(struct load *load, struct connection *connection, int64_t due_us)
{
    connection->request = next_request(load);
    connection->rest = buf_span(connection->request);
    connection->size = 0;
    connection->due_us = due_us;
    load->under_way++;
    send_rest(load, connection);
}

/* When the next request is due: closed, at any time; open, at the pace. INT64_MAX: the run is over.
 */
static int64_t next_due_us(const struct load *load, int64_t now_us)
{
    int64_t due_us =
        load->per_us > 0 ? load->began_us + (int64_t)((double)load->due / load->per_us) : now_us;

    return due_us < load->end_us && load->due < load->most ? due_us : INT64_MAX;
}

/* Begins what is due, as far as connections are free. */
static void begin_due(struct load *load)
{
    int64_t now_us = monotonic_us(), due_us;

    if (now_us >= load->end_us)
        return;
    while (load->first_idle && (due_us = next_due_us(load, now_us)) <= now_us) {
        load->due++;
        begin(load, take_idle(load), due_us);
    }
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
    const struct load_answer answer = {.request = connection->request,
                                       .due_us = connection->due_us,
                                       .came_us = monotonic_us(),
                                       .text = connection->answer};

    load->under_way--;
    note_latency(load, answer.came_us - answer.due_us);
    put_idle(load, connection);
    if (strncmp(answer.text, load->expected, strlen(load->expected)) != 0) {
        note_other(load, answer.text);
        return;
    }
    load->result.accepted++;
    if (load->answered)
        load->answered(load->data, &answer);
}

static void receive(struct load *load, struct connection *connection)
{
    ssize_t size = recv(connection->fd, connection->answer + connection->size,
                        ANSWER_BYTES - 1 - connection->size, 0);

    if (size < 0 && errno == EAGAIN)
        return;
    if (size <= 0) {
        lose(load, connection, size < 0 ? strerror(errno) : "the connection was closed");
        return;
    }
    if (!connection->due_us)
        give_up("an answer came that nobody had asked for");
    connection->size += (size_t)size;
    connection->answer[connection->size] = '\0';
    if (answer_size(connection) > 0)
        finish(load, connection);
}

static void serve(struct load *load, const struct epoll_event *event)
{
    struct connection *connection = event->data.ptr;

    if (event->events & EPOLLOUT && connection->due_us) {
        watch(load, connection, EPOLL_CTL_MOD, EPOLLIN);
        send_rest(load, connection);
    }
    if (event->events & ~(uint32_t)EPOLLOUT)
        receive(load, connection);
}

/* Until when there is nothing to do but to wait for answers. */
static int64_t wake_us(const struct load *load, int64_t now_us)
{
    int64_t due_us = load->first_idle ? next_due_us(load, now_us) : INT64_MAX;

    if (due_us == INT64_MAX && load->under_way == 0)
        due_us = load->end_us;
    return due_us < now_us + LATE_US ? due_us : now_us + LATE_US;
}

static int wait_for(struct load *load, struct epoll_event events[static EVENTS])
{
    const int64_t now_us = monotonic_us(), wake = wake_us(load, now_us);
    const int64_t wait_us = wake > now_us ? wake - now_us : 0;
    int count = epoll_pwait2(
        load->epoll, events, EVENTS,
        &(struct timespec){.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000}, NULL);

    if (count < 0)
        give_up("epoll: %s", strerror(errno));
    if (count == 0 && wait_us == LATE_US && load->under_way > 0)
        give_up("%zu answers did not come within %d ms", load->under_way, LATE_US / 1000);
    return count;
}

/* Open: what was due before the end, and found no free connection. */
static void count_unsent(struct load *load)
{
    int64_t due_us;

    while (load->per_us > 0 && (due_us = next_due_us(load, 0)) != INT64_MAX) {
        load->due++;
        load->result.unsent++;
        note_latency(load, load->end_us - due_us);
    }
}

static struct load_result run(struct load *load, double per_s, size_t most, double seconds)
{
    load->result = (struct load_result){0};
    load->latency_count = load->due = 0;
    load->per_us = per_s / 1e6;
    load->most = most;
    load->began_us = monotonic_us();
    load->end_us = load->began_us + (int64_t)(seconds * 1e6);
    begin_due(load);
    while (load->under_way > 0 || (load->due < most && monotonic_us() < load->end_us)) {
        struct epoll_event events[EVENTS];
        int count = wait_for(load, events);

        for (int i = 0; i < count; i++)
            serve(load, &events[i]);
        begin_due(load);
    }
    load->result.seconds = (double)(monotonic_us() - load->began_us) / 1e6;
    count_unsent(load);
    return load->result;
}

struct load_result load_run(struct load *load, double seconds)
{
    return run(load, 0, SIZE_MAX, seconds);
}

struct load_result load_run_at(struct load *load, double per_s, double seconds)
{
    return run(load, per_s, SIZE_MAX, seconds);
}

struct load_result load_run_most(struct load *load, size_t count, double seconds)
{
    return run(load, 0, count, seconds);
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
