#include "support/http_client.h"

#include <CUnit/CUnit.h>
#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

int http_client(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

void http_send(int fd, const char *bytes, size_t size)
{
    while (size) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);

        if (sent <= 0)
            return; /* the server has refused: the test looks at the answer */
        bytes += sent;
        size -= (size_t)sent;
    }
}

void http_send_text(int fd, const char *text)
{
    http_send(fd, text, strlen(text));
}

bool http_readable(int fd, int timeout_ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    return poll(&poll_fd, 1, timeout_ms) == 1;
}

const char *http_read_until(int fd, const char *until, int count, int timeout_ms)
{
    static char text[256 * 1024];
    size_t size = 0;

    text[0] = '\0';
    while (size < sizeof text - 1 && http_readable(fd, timeout_ms)) {
        ssize_t got = recv(fd, text + size, sizeof text - 1 - size, 0);
        int seen = 0;

        if (got <= 0)
            break;
        size += (size_t)got;
        text[size] = '\0';
        for (const char *at = text; until && (at = strstr(at, until)); at++)
            seen++;
        if (until && seen >= count)
            break;
    }
    return text;
}

const char *http_read_all(int fd)
{
    return http_read_until(fd, NULL, 0, HTTP_CLIENT_MS);
}

bool http_has_ended(int fd, int timeout_ms)
{
    char byte;

    return http_readable(fd, timeout_ms) && recv(fd, &byte, 1, 0) <= 0;
}
