/* proxy LISTEN_PORT TARGET_PORT CONTROL: a network that can be made bad, between programs and a
 * server on loopback. The file CONTROL has one word:
 *   pass      all goes through
 *   drop      nothing goes through either way, as a pulled cable: connections stay, bytes wait
 *   drop-to   nothing reaches the server          drop-from   nothing comes from it
 *   reset     connections are reset, new ones too
 *   slow      each piece comes 40 ms late, and small
 *   lossy     a piece in ten comes 200 to 800 ms late, as one that was sent again; one in a
 * thousand breaks its connection */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chaos.h"

enum { LINKS = 512, PIECE = 65536, SMALL_PIECE = 2048, TURN_MS = 10, SLOW_MS = 40, SEED = 7 };

enum mode { PASS, DROP, DROP_TO, DROP_FROM, RESET, SLOW, LOSSY };
static const char *const mode_names[] = {"pass",  "drop", "drop-to", "drop-from",
                                         "reset", "slow", "lossy"};

/* One direction. */
struct way {
    int from, to;
    char data[PIECE];
    size_t begin, size;
    int64_t ready_ms;
    bool ended;
};

struct link {
    bool used, broken;
    int client, server;
    struct way to_server, from_server;
};

struct proxy {
    int listener, target_port;
    const char *control;
    int64_t look_ms;
    enum mode mode;
    struct link links[LINKS];
    uint64_t random;
};

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void read_mode(struct proxy *proxy)
{
    char word[32] = "";
    FILE *file;

    if (monotonic_ms() < proxy->look_ms)
        return;
    proxy->look_ms = monotonic_ms() + TURN_MS;
    file = fopen(proxy->control, "re");
    if (!file)
        return;
    if (fscanf(file, "%31s", word) == 1)
        for (size_t i = 0; i < COUNT_OF(mode_names); i++)
            if (strcmp(word, mode_names[i]) == 0)
                proxy->mode = (enum mode)i;
    fclose(file);
}

static void cut(struct link *link)
{
    const struct linger at_once = {.l_onoff = 1};

    setsockopt(link->client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    setsockopt(link->server, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(link->client);
    close(link->server);
    link->used = false;
}

static void take_connection(struct proxy *proxy)
{
    const struct sockaddr_in target = loopback(proxy->target_port);
    int client = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), server;
    struct link *link = proxy->links;

    if (client < 0)
        return;
    while (link < proxy->links + LINKS && link->used)
        link++;
    server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (link == proxy->links + LINKS || server < 0)
        give_up("the proxy has no room for another connection");
    link->used = true;
    link->broken = proxy->mode == RESET;
    link->client = client;
    link->server = server;
    link->to_server = (struct way){.from = client, .to = server};
    link->from_server = (struct way){.from = server, .to = client};
    if (connect(server, (const struct sockaddr *)&target, sizeof target) < 0 &&
        errno != EINPROGRESS)
        link->broken = true;
}

static int64_t delay_ms(struct proxy *proxy, struct link *link)
{
    if (proxy->mode == SLOW)
        return SLOW_MS;
    if (proxy->mode != LOSSY)
        return 0;
    link->broken |= random_below(&proxy->random, 1000) == 0;
    return random_below(&proxy->random, 10) == 0 ? 200 + random_below(&proxy->random, 600) : 0;
}

static void fill(struct proxy *proxy, struct link *link, struct way *way)
{
    ssize_t size = recv(way->from, way->data, proxy->mode == SLOW ? SMALL_PIECE : PIECE, 0);

    if (size < 0 && errno != EAGAIN)
        link->broken = true;
    if (size < 0)
        return;
    way->ended = size == 0;
    way->begin = 0;
    way->size = (size_t)size;
    way->ready_ms = monotonic_ms() + delay_ms(proxy, link);
    if (way->ended && shutdown(way->to, SHUT_WR) < 0)
        link->broken = true;
}

static void empty(struct link *link, struct way *way)
{
    ssize_t sent = send(way->to, way->data + way->begin, way->size, MSG_NOSIGNAL);

    if (sent < 0 && errno != EAGAIN)
        link->broken = true;
    if (sent <= 0)
        return;
    way->begin += (size_t)sent;
    way->size -= (size_t)sent;
}

static bool held(const struct proxy *proxy, const struct link *link, const struct way *way)
{
    return proxy->mode == DROP || (proxy->mode == DROP_TO && way == &link->to_server) ||
           (proxy->mode == DROP_FROM && way == &link->from_server);
}

static void watch(struct proxy *proxy, struct link *link, struct way *way, struct pollfd *poll_fd)
{
    poll_fd->fd = -1;
    if (held(proxy, link, way) || (way->size > 0 && monotonic_ms() < way->ready_ms))
        return;
    if (way->size > 0)
        *poll_fd = (struct pollfd){.fd = way->to, .events = POLLOUT};
    else if (!way->ended)
        *poll_fd = (struct pollfd){.fd = way->from, .events = POLLIN};
}

static void serve(struct proxy *proxy, struct link *link, struct way *way,
                  const struct pollfd *poll_fd)
{
    if (poll_fd->fd < 0 || poll_fd->revents == 0 || link->broken)
        return;
    if (poll_fd->events == POLLOUT)
        empty(link, way);
    else
        fill(proxy, link, way);
}

static void turn(struct proxy *proxy)
{
    static struct pollfd list[2 * LINKS + 1];

    read_mode(proxy);
    list[2 * LINKS] = (struct pollfd){.fd = proxy->listener, .events = POLLIN};
    for (size_t i = 0; i < LINKS; i++) {
        struct link *link = &proxy->links[i];

        list[2 * i].fd = list[2 * i + 1].fd = -1;
        if (!link->used)
            continue;
        watch(proxy, link, &link->to_server, &list[2 * i]);
        watch(proxy, link, &link->from_server, &list[2 * i + 1]);
    }
    if (poll(list, COUNT_OF(list), TURN_MS) < 0 && errno != EINTR)
        give_up("poll: %s", strerror(errno));
    for (size_t i = 0; i < LINKS; i++) {
        struct link *link = &proxy->links[i];

        if (!link->used)
            continue;
        serve(proxy, link, &link->to_server, &list[2 * i]);
        serve(proxy, link, &link->from_server, &list[2 * i + 1]);
        if (link->broken || proxy->mode == RESET ||
            (link->to_server.ended && link->from_server.ended))
            cut(link);
    }
    if (list[2 * LINKS].revents)
        take_connection(proxy);
}

int chaos_proxy(int argc, char **argv)
{
    static struct proxy proxy = {.random = SEED};
    struct sockaddr_in address;

    if (argc != 3)
        give_up("usage: chaos proxy LISTEN_PORT TARGET_PORT CONTROL");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    address = loopback(atoi(argv[0]));
    proxy.target_port = atoi(argv[1]);
    proxy.control = argv[2];
    proxy.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    setsockopt(proxy.listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (proxy.listener < 0 ||
        bind(proxy.listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(proxy.listener, 128) < 0)
        give_up("port %s: %s", argv[0], strerror(errno));
    for (;;)
        turn(&proxy);
}
