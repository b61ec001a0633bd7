/* Connections to the ingresses, each with one request under way. Every way in which an answer does
 * not come is an unknown one. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

enum { ANSWER_BYTES = 16384, LATE_MS = 20000, CONNECT_MS = 2000, AGAIN_MS = 100, EVENTS = 64 };

struct connection {
    int fd; /* -1: none */
    bool connecting, busy;
    unsigned address;
    int64_t since_ms; /* of the connect, the request, or the failure */
    struct parcel parcel;
    struct buf request;
    size_t sent;
    char answer[ANSWER_BYTES];
    size_t size;
};

struct http {
    struct load *load;
    int epoll;
    struct sockaddr_in addresses[ADDRESSES_MOST];
    char names[ADDRESSES_MOST][32];
    unsigned address_count;
    struct connection *connections;
    size_t connection_count;
};

static void add_address(struct http *http, const char *text)
{
    struct sockaddr_in *address = &http->addresses[http->address_count];
    char host[64];
    const char *colon = strrchr(text, ':');

    if (!colon || http->address_count == ADDRESSES_MOST || strlen(text) >= sizeof http->names[0])
        give_up("%s is no address:port", text);
    snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(colon + 1))};
    if (inet_pton(AF_INET, host, &address->sin_addr) != 1 ||
        ntohl(address->sin_addr.s_addr) >> 24 != IN_LOOPBACKNET)
        give_up("%s is not on loopback: nothing else is ever loaded", text);
    memcpy(http->names[http->address_count++], text, strlen(text) + 1);
}

struct http *http_open(struct load *load, const char *addresses, size_t connections)
{
    struct http *http = calloc(1, sizeof *http);
    char *list = strdup(addresses), *rest = NULL;

    if (http)
        http->connections = calloc(connections, sizeof *http->connections);
    if (!http || !list || !http->connections)
        give_up("no memory");
    http->load = load;
    http->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (char *one = strtok_r(list, ",", &rest); one; one = strtok_r(NULL, ",", &rest))
        add_address(http, one);
    if (http->address_count == 0)
        give_up("no address to load");
    http->connection_count = connections;
    for (size_t i = 0; i < connections; i++) {
        http->connections[i].fd = -1;
        http->connections[i].address = (unsigned)i % http->address_count;
    }
    free(list);
    return http;
}

static void watch(struct http *http, struct connection *connection, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};

    if (epoll_ctl(http->epoll, operation, connection->fd, &event) < 0)
        give_up("epoll: %s", strerror(errno));
}

/* The next try goes to the next ingress. */
static void hang_up(struct http *http, struct connection *connection)
{
    close(connection->fd);
    connection->fd = -1;
    connection->address = (connection->address + 1) % http->address_count;
    connection->since_ms = monotonic_ms();
    connection->connecting = false;
    if (!connection->busy)
        return;
    connection->busy = false;
    for (size_t i = 0; i < connection->parcel.count; i++)
        load_answered(http->load, connection->parcel.numbers[i], connection->parcel.echo,
                      ANSWER_UNKNOWN, 0, NULL);
}

static void dial(struct http *http, struct connection *connection)
{
    const struct sockaddr_in *address = &http->addresses[connection->address];

    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connection->fd < 0)
        give_up("no socket: %s", strerror(errno));
    connection->since_ms = monotonic_ms();
    connection->connecting = true;
    if (connect(connection->fd, (const struct sockaddr *)address, sizeof *address) < 0 &&
        errno != EINPROGRESS) {
        hang_up(http, connection);
        return;
    }
    watch(http, connection, EPOLL_CTL_ADD, EPOLLOUT);
}

static void push(struct http *http, struct connection *connection)
{
    while (connection->sent < connection->request.size) {
        ssize_t sent = send(connection->fd, connection->request.data + connection->sent,
                            connection->request.size - connection->sent, MSG_NOSIGNAL);

        if (sent < 0 && errno == EAGAIN) {
            watch(http, connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return;
        }
        if (sent <= 0) {
            hang_up(http, connection);
            return;
        }
        connection->sent += (size_t)sent;
    }
    watch(http, connection, EPOLL_CTL_MOD, EPOLLIN);
}

static void begin(struct http *http, struct connection *connection, const struct parcel *parcel)
{
    connection->parcel = *parcel;
    connection->busy = true;
    connection->size = connection->sent = 0;
    connection->since_ms = monotonic_ms();
    buf_clear(&connection->request);
    http_write(http->load, parcel, http->names[connection->address], &connection->request);
    push(http, connection);
}

/* The answer's body where all of it is there. */
static const char *whole_answer(const struct connection *connection)
{
    const char *head = connection->answer, *body = strstr(head, "\r\n\r\n"), *length;

    if (!body)
        return NULL;
    length = strcasestr(head, "\r\nContent-Length:");
    if (!length || length > body)
        return NULL;
    return (size_t)(body + 4 - head) + strtoul(length + 17, NULL, 10) <= connection->size ? body + 4
                                                                                          : NULL;
}

static void receive(struct http *http, struct connection *connection)
{
    ssize_t size = recv(connection->fd, connection->answer + connection->size,
                        ANSWER_BYTES - 1 - connection->size, 0);
    const char *body;
    bool closes;

    if (size < 0 && errno == EAGAIN)
        return;
    if (size <= 0 || !connection->busy) {
        hang_up(http, connection);
        return;
    }
    connection->size += (size_t)size;
    connection->answer[connection->size] = '\0';
    body = whole_answer(connection);
    if (!body)
        return;
    closes = strcasestr(connection->answer, "\r\nConnection: close") != NULL;
    connection->busy = false;
    http_take_answer(http->load, &connection->parcel, atoi(connection->answer + 9), body);
    if (closes)
        hang_up(http, connection);
}

static void serve(struct http *http, const struct epoll_event *event)
{
    struct connection *connection = event->data.ptr;

    if (connection->fd < 0)
        return;
    if (event->events & (EPOLLERR | EPOLLHUP)) {
        hang_up(http, connection);
        return;
    }
    if (event->events & EPOLLOUT) {
        connection->connecting = false;
        push(http, connection);
    }
    if (connection->fd >= 0 && event->events & EPOLLIN)
        receive(http, connection);
}

static void look_after(struct http *http, struct connection *connection, bool fresh,
                       size_t *allowed)
{
    int64_t since_ms = monotonic_ms() - connection->since_ms;
    struct parcel parcel;

    if (connection->fd < 0) {
        if (since_ms > AGAIN_MS)
            dial(http, connection);
        return;
    }
    if (connection->connecting ? since_ms > CONNECT_MS : connection->busy && since_ms > LATE_MS) {
        hang_up(http, connection);
        return;
    }
    if (connection->connecting || connection->busy ||
        !load_next(http->load, fresh && *allowed > 0, &parcel))
        return;
    *allowed -= parcel.count < *allowed ? parcel.count : *allowed;
    begin(http, connection, &parcel);
}

void http_turn(struct http *http, int timeout_ms, bool fresh, size_t *allowed)
{
    struct epoll_event events[EVENTS];
    int count;

    for (size_t i = 0; i < http->connection_count; i++)
        look_after(http, &http->connections[i], fresh, allowed);
    count = epoll_wait(http->epoll, events, EVENTS, timeout_ms);
    for (int i = 0; i < count; i++)
        serve(http, &events[i]);
}

size_t http_waiting(const struct http *http)
{
    size_t count = 0;

    for (size_t i = 0; i < http->connection_count; i++)
        count += http->connections[i].busy && http->connections[i].parcel.waits;
    return count;
}
