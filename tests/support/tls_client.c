#include "support/tls_client.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "support/http_client.h"

/* A read with a time limit is not taken up again by itself after a signal. */
static bool was_interrupted(const struct tls_client *client, int r)
{
    bool interrupted = errno == EINTR;

    return r != 1 && interrupted && SSL_get_error(client->ssl, r) == SSL_ERROR_WANT_READ;
}

bool tls_client_open(struct tls_client *client, int port, const char *certificate_file)
{
    struct timeval patience = {.tv_sec = HTTP_CLIENT_MS / 1000};
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    int r;

    SSL_CTX_load_verify_locations(context, certificate_file, NULL);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    client->fd = http_client(port);
    setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    client->ssl = SSL_new(context);
    SSL_CTX_free(context);
    SSL_set1_host(client->ssl, "localhost");
    SSL_set_fd(client->ssl, client->fd);
    do {
        errno = 0;
        r = SSL_connect(client->ssl);
    } while (was_interrupted(client, r));
    return r == 1;
}

void tls_client_send(struct tls_client *client, const char *bytes, size_t size)
{
    size_t sent;

    for (size_t at = 0; at < size; at += sent)
        if (SSL_write_ex(client->ssl, bytes + at, size - at, &sent) != 1)
            return;
}

void tls_client_send_text(struct tls_client *client, const char *text)
{
    tls_client_send(client, text, strlen(text));
}

const char *tls_client_read(struct tls_client *client, const char *until, bool *ret_ended)
{
    static char text[256 * 1024];
    size_t size = 0, got;
    int r = 1;

    text[0] = '\0';
    while (size < sizeof text - 1 && !(until && strstr(text, until))) {
        errno = 0;
        got = 0;
        r = SSL_read_ex(client->ssl, text + size, sizeof text - 1 - size, &got);
        if (r != 1 && !was_interrupted(client, r))
            break;
        size += got;
        text[size] = '\0';
    }
    if (ret_ended)
        *ret_ended = r != 1 && SSL_get_error(client->ssl, r) == SSL_ERROR_ZERO_RETURN;
    return text;
}

void tls_client_end(struct tls_client *client)
{
    SSL_shutdown(client->ssl);
}

void tls_client_close(struct tls_client *client)
{
    SSL_free(client->ssl);
    close(client->fd);
}
