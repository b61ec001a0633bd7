/* A blocking client over TLS, for tests. It trusts one certificate. */
#ifndef SUPPORT_TLS_CLIENT_H
#define SUPPORT_TLS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

struct ssl_st;

struct tls_client {
    int fd;
    struct ssl_st *ssl;
};

/* Connects to loopback. False: the handshake has failed. To be closed in any case. */
bool tls_client_open(struct tls_client *client, int port, const char *certificate_file);

/* Gives up when the server has ended: what follows shows it. */
void tls_client_send(struct tls_client *client, const char *bytes, size_t size);
void tls_client_send_text(struct tls_client *client, const char *text);

/* Reads until a text was seen (NULL: to the end). *ret_ended (or NULL): by the server's
 * close_notify. The text is valid until the next call. */
const char *tls_client_read(struct tls_client *client, const char *until, bool *ret_ended);

void tls_client_end(struct tls_client *client); /* says so to the server; its answers still come */
void tls_client_close(struct tls_client *client);

#endif
