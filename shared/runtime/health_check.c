#include "runtime/health_check.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { TIMEOUT_S = 2, HOST_BYTES = 256, MAX_ANSWER_BYTES = 64 * 1024 };

static void close_socket(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static void free_addresses(struct addrinfo **list)
{
    if (*list)
        freeaddrinfo(*list);
}

/* "0.0.0.0:9090" is "127.0.0.1" and "9090"; brackets go away. */
static bool split(const char *listen, char host[static HOST_BYTES], const char **ret_port)
{
    const char *colon = strrchr(listen, ':');
    size_t size = colon ? (size_t)(colon - listen) : 0;

    if (size == 0 || size >= HOST_BYTES)
        return false;
    if (listen[0] == '[')
        snprintf(host, HOST_BYTES, "%.*s", (int)size - 2, listen + 1);
    else
        snprintf(host, HOST_BYTES, "%.*s", (int)size, listen);
    if (strcmp(host, "0.0.0.0") == 0)
        snprintf(host, HOST_BYTES, "127.0.0.1");
    if (strcmp(host, "::") == 0)
        snprintf(host, HOST_BYTES, "::1");
    *ret_port = colon + 1;
    return true;
}

/* A connected socket, or -1 with errno. */
static int open_one(const struct addrinfo *address)
{
    static const struct timeval timeout = {.tv_sec = TIMEOUT_S};
    int fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) == 0 &&
        connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    close(fd);
    return -1;
}

static int connect_to(const char *listen, struct buf *why)
{
    static const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    cleanup(free_addresses) struct addrinfo *list = NULL;
    char host[HOST_BYTES];
    const char *port;
    int r = split(listen, host, &port) ? getaddrinfo(host, port, &hints, &list) : EAI_NONAME;
    int fd = -1;

    if (r != 0) {
        buf_printf(why, "%s: %s", listen, gai_strerror(r));
        return -1;
    }
    for (const struct addrinfo *at = list; at && fd < 0; at = at->ai_next)
        fd = open_one(at);
    if (fd < 0)
        buf_printf(why, "nothing answers on %s: %s", listen, strerrordesc_np(errno));
    return fd;
}

static bool ask(int fd, const char *path, struct buf *answer)
{
    char bytes[4096];
    ssize_t size;

    if (dprintf(fd, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path) < 0)
        return false;
    while ((size = recv(fd, bytes, sizeof bytes, 0)) > 0 && answer->size < MAX_ANSWER_BYTES)
        buf_add(answer, bytes, (size_t)size);
    return size >= 0 && answer->size > 0 && !buf_failed(answer);
}

bool health_check(const char *listen, const char *path, struct buf *why)
{
    cleanup(buf_deinit) struct buf answer = {0};
    cleanup(close_socket) int fd = connect_to(listen, why);
    const char *body;

    if (fd < 0)
        return false;
    if (!ask(fd, path, &answer)) {
        buf_printf(why, "no answer from %s within %d s", listen, TIMEOUT_S);
        return false;
    }
    if (strncmp(answer.data, "HTTP/1.1 200 ", strlen("HTTP/1.1 200 ")) == 0)
        return true;
    body = strstr(answer.data, "\r\n\r\n");
    buf_add_text(why, body ? body + strlen("\r\n\r\n") : answer.data);
    return false;
}
