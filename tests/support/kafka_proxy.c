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

enum { PRODUCE = 0, FETCH = 1, SPOILED = 8, HOLD_MS = 1000, NO_LEADER = 6, FRAME_MAX = 128 << 20 };

static const char host[] = "127.0.0.1";
static int listener, own_port, broker_port;
static atomic_bool swallows, damages;
static const char *_Atomic damaged_topic;
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

/* An answer to a Produce request: behind the topic's name the number of partitions (in four bytes,
 * or in newer versions one), then a partition's number, and what became of it. */
static void rewrite_refusal(uint8_t *bytes, size_t size)
{
    const char *topic = atomic_load(&damaged_topic);
    const size_t name = strlen(topic);

    for (size_t i = 0; i + name + 10 <= size; i++) {
        uint8_t *rest = bytes + i + name;

        if (memcmp(bytes + i, topic, name) != 0)
            continue;
        rest += be32(rest) == 1 ? 8 : 5;
        CU_ASSERT_FATAL(rest[0] != 0 || rest[1] != 0); /* it was refused */
        rest[0] = 0;
        rest[1] = NO_LEADER;
        return;
    }
}

/* What is between one client and the broker. */
struct link {
    int client, broker;
    bool holds;     /* answers wait for the next request with messages */
    bool damaged;   /* a request was, and is not answered yet: */
    uint32_t which; /* its number, by which the answer is known */
};

/* A request, behind its size. Returns whether it goes on to the broker. */
static bool look_at_request(struct link *link, uint8_t *bytes, size_t size)
{
    if (bytes[0] == 0 && bytes[1] == FETCH && atomic_load(&swallows)) {
        atomic_fetch_add(&swallowed, 1);
        return false;
    }
    if (bytes[0] != 0 || bytes[1] != PRODUCE)
        return true;
    link->holds = atomic_exchange(&damages, false);
    if (link->holds) {
        bytes[size - SPOILED] ^= 1; /* within the last message, which a checksum covers */
        link->damaged = true;
        link->which = be32(bytes + 4);
    }
    return true;
}

static void look_at_answer(struct link *link, uint8_t *bytes, size_t size)
{
    rewrite_addresses(bytes, size);
    if (!link->damaged || be32(bytes) != link->which)
        return;
    link->damaged = false;
    rewrite_refusal(bytes, size);
}

/* One request or answer: its size, and the rest. */
static bool pass(struct link *link, bool request)
{
    int from = request ? link->client : link->broker, to = request ? link->broker : link->client;
    uint8_t head[4], *bytes;
    uint32_t size;
    bool passed = false;

    if (!read_all(from, head, sizeof head) || (size = be32(head)) > FRAME_MAX || size < 8)
        return false;
    bytes = malloc(size);
    if (bytes && read_all(from, bytes, size)) {
        if (!request)
            look_at_answer(link, bytes, size);
        passed = (request && !look_at_request(link, bytes, size)) ||
                 (write_all(to, head, sizeof head) && write_all(to, bytes, size));
    }
    free(bytes);
    return passed;
}

static void *serve(void *arg)
{
    struct sockaddr_in address = address_of(broker_port);
    struct link link = {.client = (int)(intptr_t)arg,
                        .broker = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct pollfd both[] = {{.fd = link.client, .events = POLLIN},
                            {.fd = link.broker, .events = POLLIN}};
    bool open = connect(link.broker, (struct sockaddr *)&address, sizeof address) == 0;

    while (open) {
        int ready = poll(both, link.holds ? 1 : 2, link.holds ? HOLD_MS : -1);

        if (ready < 0)
            break;
        if (ready > 0 && both[0].revents)
            open = pass(&link, true);
        if (ready > 0 && open && !link.holds && both[1].revents)
            open = pass(&link, false);
        link.holds &= ready > 0;
    }
    close(link.client);
    close(link.broker);
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

void kafka_proxy_damage(const char *topic)
{
    atomic_store(&damaged_topic, topic);
    atomic_store(&damages, true);
}

bool kafka_proxy_damaged(void)
{
    return !atomic_load(&damages);
}

int kafka_proxy_connections(void)
{
    return atomic_load(&connections);
}

int kafka_proxy_swallowed(void)
{
    return atomic_load(&swallowed);
}
