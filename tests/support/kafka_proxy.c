#include "support/kafka_proxy.h"

#include <CUnit/CUnit.h>
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FETCH = 1, FRAME_MAX = 128 << 20 };

static const char host[] = "127.0.0.1";
static int listener, own_port, broker_port;
static atomic_bool swallows;
static atomic_int connections, swallowed;

static struct sockaddr_in address_of(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static bool read_all(int fd, uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t got = read(fd, bytes, size);

        if (got <= 0)
            return false;
        bytes += got;
        size -= (size_t)got;
    }
    return true;
}

static bool write_all(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t put = send(fd, bytes, size, MSG_NOSIGNAL);

        if (put <= 0)
            return false;
        bytes += put;
        size -= (size_t)put;
    }
    return true;
}

static uint32_t be32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* The broker tells where it is, and the client goes there: wherever that is told, it is here. */
static void rewrite_addresses(uint8_t *bytes, size_t size)
{
    const size_t name = sizeof host - 1;

    for (size_t i = 0; i + name + 4 <= size; i++)
        if (memcmp(bytes + i, host, name) == 0 && be32(bytes + i + name) == (uint32_t)broker_port) {
            bytes[i + name + 2] = (uint8_t)(own_port >> 8);
            bytes[i + name + 3] = (uint8_t)own_port;
        }
}

/* One request or answer: its size, and the rest. */
static bool pass(int from, int to, bool request)
{
    uint8_t head[4], *bytes;
    uint32_t size;
    bool passed = false;

    if (!read_all(from, head, sizeof head) || (size = be32(head)) > FRAME_MAX || size < 4)
        return false;
    bytes = malloc(size);
    if (bytes && read_all(from, bytes, size)) {
        if (request && bytes[0] == 0 && bytes[1] == FETCH && atomic_load(&swallows)) {
            atomic_fetch_add(&swallowed, 1);
            free(bytes);
            return true;
        }
        if (!request)
            rewrite_addresses(bytes, size);
        passed = write_all(to, head, sizeof head) && write_all(to, bytes, size);
    }
    free(bytes);
    return passed;
}

static void *serve(void *arg)
{
    struct sockaddr_in address = address_of(broker_port);
    int client = (int)(intptr_t)arg, broker = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct pollfd both[] = {{.fd = client, .events = POLLIN}, {.fd = broker, .events = POLLIN}};
    bool open = connect(broker, (struct sockaddr *)&address, sizeof address) == 0;

    while (open && poll(both, 2, -1) > 0) {
        if (both[0].revents)
            open = pass(client, broker, true);
        if (open && both[1].revents)
            open = pass(broker, client, false);
    }
    close(client);
    close(broker);
    return NULL;
}

static void *accept_all(void *arg)
{
    for (;;) {
        int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        pthread_t thread;

        if (client < 0)
            return arg;
        atomic_fetch_add(&connections, 1);
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)client) == 0)
            pthread_detach(thread);
    }
}

const char *kafka_proxy_start(void)
{
    static char setting[64];
    struct sockaddr_in address = address_of(0);
    socklen_t size = sizeof address;
    const char *brokers = getenv("IDPMC_KAFKA_BROKERS");
    pthread_t thread;

    if (*setting)
        return setting;
    CU_ASSERT_FATAL(brokers && strncmp(brokers, host, sizeof host - 1) == 0);
    broker_port = atoi(strrchr(brokers, ':') + 1);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_FATAL(bind(listener, (struct sockaddr *)&address, size) == 0 &&
                    listen(listener, 64) == 0 &&
                    getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    own_port = ntohs(address.sin_port);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, accept_all, NULL), 0);
    pthread_detach(thread);
    snprintf(setting, sizeof setting, "IDPMC_KAFKA_BROKERS=%s:%d", host, own_port);
    return setting;
}

void kafka_proxy_swallow(bool swallow)
{
    atomic_store(&swallows, swallow);
}

int kafka_proxy_connections(void)
{
    return atomic_load(&connections);
}

int kafka_proxy_swallowed(void)
{
    return atomic_load(&swallowed);
}
