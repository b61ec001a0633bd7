#include "support/slow_clients.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EACH_ADDRESS = 512, TICK_US = 50000, PARTS = 20, READER_BYTES = 2048, REQUESTS = 8 };

struct slow_client {
    int fd; /* -1: to connect anew */
    bool begun;
};

struct slow_clients {
    struct slow_client *clients;
    size_t count;
    int port;
    char request[SLOW_KINDS][2048]; /* what a kind begins with */
    pthread_t thread;
    atomic_bool stop;
    atomic_size_t closed[SLOW_KINDS], connected;
};

static enum slow_kind kind_of(size_t i)
{
    return (enum slow_kind)(i % SLOW_KINDS);
}

static void open_client(struct slow_clients *clients, size_t i)
{
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr =
                                   htonl(INADDR_LOOPBACK + 1 + (unsigned)(i / EACH_ADDRESS))};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)clients->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), small = READER_BYTES;
    int on = 1;

    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (kind_of(i) == SLOW_READER)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0 ||
        (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)) {
        close(fd);
        return;
    }
    clients->clients[i] = (struct slow_client){.fd = fd};
    atomic_fetch_add(&clients->connected, 1);
}

static void close_client(struct slow_clients *clients, size_t i)
{
    close(clients->clients[i].fd);
    clients->clients[i].fd = -1;
    atomic_fetch_sub(&clients->connected, 1);
    atomic_fetch_add(&clients->closed[kind_of(i)], 1);
}

/* Has the server closed it? Who does not read learns it from what it sends. */
static bool has_ended(const struct slow_client *client, enum slow_kind kind)
{
    char bytes[4096];
    ssize_t got = 1;

    while (kind != SLOW_READER && got > 0)
        got = recv(client->fd, bytes, sizeof bytes, 0);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != ENOTCONN);
}

static bool send_some(struct slow_clients *clients, size_t i)
{
    struct slow_client *client = &clients->clients[i];
    const char *bytes = client->begun ? "a" : clients->request[kind_of(i)];

    if (kind_of(i) == SLOW_IDLE)
        return true;
    if (send(client->fd, bytes, strlen(bytes), MSG_NOSIGNAL) < 0)
        return errno == EAGAIN || errno == ENOTCONN;
    client->begun = true;
    return true;
}

static void *run(void *data)
{
    struct slow_clients *clients = data;

    for (size_t turn = 0; !atomic_load(&clients->stop); turn++) {
        for (size_t i = turn % PARTS; i < clients->count; i += PARTS) {
            if (clients->clients[i].fd >= 0 &&
                (has_ended(&clients->clients[i], kind_of(i)) || !send_some(clients, i)))
                close_client(clients, i);
            if (clients->clients[i].fd < 0)
                open_client(clients, i);
        }
        usleep(TICK_US);
    }
    return NULL;
}

static void write_requests(struct slow_clients *clients, const char *path)
{
    size_t size = sizeof clients->request[0];
    char *reader = clients->request[SLOW_READER];

    snprintf(clients->request[SLOW_HEAD], size, "GET %s HTTP/1.1\r\nHost: a\r\nX: ", path);
    snprintf(clients->request[SLOW_BODY], size,
             "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n", path);
    for (int i = 0; i < REQUESTS; i++)
        snprintf(reader + strlen(reader), size - strlen(reader),
                 "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
}

struct slow_clients *slow_clients_start(int port, size_t count, const char *path)
{
    struct slow_clients *clients = calloc(1, sizeof *clients);

    if (!clients)
        return NULL;
    clients->clients = calloc(count, sizeof *clients->clients);
    clients->count = clients->clients ? count : 0;
    clients->port = port;
    write_requests(clients, path);
    for (size_t i = 0; i < clients->count; i++)
        clients->clients[i].fd = -1;
    if (!clients->clients || pthread_create(&clients->thread, NULL, run, clients) != 0) {
        free(clients->clients);
        free(clients);
        return NULL;
    }
    return clients;
}

size_t slow_clients_closed(const struct slow_clients *clients, enum slow_kind kind)
{
    return atomic_load(&clients->closed[kind]);
}

size_t slow_clients_connected(const struct slow_clients *clients)
{
    return atomic_load(&clients->connected);
}

void slow_clients_stop(struct slow_clients *clients)
{
    atomic_store(&clients->stop, true);
    pthread_join(clients->thread, NULL);
    for (size_t i = 0; i < clients->count; i++)
        if (clients->clients[i].fd >= 0)
            close(clients->clients[i].fd);
    free(clients->clients);
    free(clients);
}
