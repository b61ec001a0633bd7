/* Contexts and sessions over OpenSSL. A session reads what arrives where it lies; what it has to
 * say it gathers in memory, from which it is taken at once. */
#include "tls/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

enum { PIECE_MAX = 16384 }; /* a record's plain bytes */

struct tls_context {
    SSL_CTX *ssl;
};

struct tls_session {
    SSL *ssl;
    BIO *out;
    bool over; /* failed: nothing more may be asked of it */
    bool ended;
};

static int choose_protocol(SSL *ssl, const unsigned char **ret_name, unsigned char *ret_size,
                           const unsigned char *offered, unsigned offered_size, void *unused)
{
    static const unsigned char http11[] = "\x08http/1.1";

    (void)ssl;
    (void)unused;
    if (SSL_select_next_proto((unsigned char **)(uintptr_t)ret_name, ret_size, http11,
                              sizeof http11 - 1, offered, offered_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    return SSL_TLSEXT_ERR_OK;
}

/* Without it OpenSSL would ask the terminal. */
static int have_no_password(char *text, int size, int writing, void *unused)
{
    (void)text;
    (void)size;
    (void)writing;
    (void)unused;
    return -1;
}

static bool set_up(SSL_CTX *ssl)
{
    SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(ssl, choose_protocol, NULL);
    SSL_CTX_set_default_passwd_cb(ssl, have_no_password);
    return SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(ssl, "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL") == 1;
}

struct tls_context *tls_context_new(void)
{
    struct tls_context *context = calloc(1, sizeof *context);

    if (!context)
        return NULL;
    context->ssl = SSL_CTX_new(TLS_server_method());
    if (!context->ssl || !set_up(context->ssl)) {
        tls_context_free(context);
        return NULL;
    }
    return context;
}

void tls_context_free(struct tls_context *context)
{
    if (!context)
        return;
    SSL_CTX_free(context->ssl);
    free(context);
}

static bool is_readable(const char *file, struct buf *error)
{
    char name[256], byte;
    FILE *stream = fopen(file, "re");
    bool readable = stream && (fread(&byte, 1, 1, stream) == 1 || !ferror(stream));

    if (!readable)
        buf_printf(error, "%s cannot be read: %s", file, strerror_r(errno, name, sizeof name));
    if (stream)
        fclose(stream);
    return readable;
}

static int refuse(struct buf *error, const char *file, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());

    buf_printf(error, "%s %s", file, what);
    if (reason)
        buf_printf(error, " (%s)", reason);
    ERR_clear_error();
    return -EINVAL;
}

int tls_context_read_certificate(struct tls_context *context, const char *file, struct buf *error)
{
    const X509 *certificate;

    if (!is_readable(file, error))
        return -EINVAL;
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context->ssl, file) != 1)
        return refuse(error, file, "is no certificate chain in PEM that can be used");
    certificate = SSL_CTX_get0_certificate(context->ssl);
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
        return refuse(error, file, "has expired");
    if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
        return refuse(error, file, "is not valid yet");
    return 0;
}

int tls_context_read_key(struct tls_context *context, const char *file, struct buf *error)
{
    unsigned long code;

    if (!is_readable(file, error))
        return -EINVAL;
    ERR_clear_error();
    if (SSL_CTX_use_PrivateKey_file(context->ssl, file, SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_check_private_key(context->ssl) == 1)
        return 0;
    code = ERR_peek_error();
    /* A key of another type than the certificate's goes to a place where no certificate is. */
    if (ERR_GET_LIB(code) == ERR_LIB_X509 || ERR_GET_REASON(code) == SSL_R_NO_CERTIFICATE_ASSIGNED)
        return refuse(error, file, "is not the key of the certificate");
    return refuse(error, file, "is no private key in PEM, without a password");
}

struct tls_session *tls_session_new(const struct tls_context *context)
{
    struct tls_session *session = calloc(1, sizeof *session);

    if (!session)
        return NULL;
    session->ssl = SSL_new(context->ssl);
    session->out = BIO_new(BIO_s_mem());
    if (!session->ssl || !session->out) {
        BIO_free(session->out);
        session->out = NULL;
        tls_session_free(session);
        return NULL;
    }
    SSL_set0_wbio(session->ssl, session->out);
    SSL_set_accept_state(session->ssl);
    return session;
}

void tls_session_free(struct tls_session *session)
{
    if (!session)
        return;
    SSL_free(session->ssl);
    free(session);
}

static void take_out(struct tls_session *session, struct buf *wire)
{
    char *bytes;
    long size = BIO_get_mem_data(session->out, &bytes);

    if (size > 0)
        buf_add(wire, bytes, (size_t)size);
    (void)BIO_reset(session->out);
}

/* SSL reads from the bytes themselves, to their end; the beginning of a record it keeps. */
static bool give_in(struct tls_session *session, struct span bytes)
{
    BIO *in = BIO_new_mem_buf(bytes.data, (int)bytes.size);

    if (!in)
        return false;
    BIO_set_mem_eof_return(in, -1); /* its end is not the connection's */
    SSL_set0_rbio(session->ssl, in);
    return true;
}

static int read_plain(struct tls_session *session, struct buf *plain)
{
    size_t got;
    int r;

    do {
        char *piece = buf_extend(plain, PIECE_MAX);

        if (!piece)
            return SSL_ERROR_SSL;
        got = 0;
        r = SSL_read_ex(session->ssl, piece, PIECE_MAX, &got);
        buf_truncate(plain, plain->size - PIECE_MAX + got);
    } while (r == 1);
    return SSL_get_error(session->ssl, r);
}

int tls_session_receive(struct tls_session *session, struct span bytes, struct buf *plain,
                        struct buf *wire)
{
    int result, reason;

    ERR_clear_error();
    if (session->over || !give_in(session, bytes))
        return -EPROTO;
    result = read_plain(session, plain);
    reason = ERR_GET_REASON(ERR_peek_error());
    if (result == SSL_ERROR_SSL && reason == SSL_R_HTTP_REQUEST) {
        session->over = true;
        return TLS_IS_PLAIN;
    }
    take_out(session, wire);
    if (result == SSL_ERROR_ZERO_RETURN)
        return TLS_ENDED;
    session->over = result != SSL_ERROR_WANT_READ;
    return session->over ? -EPROTO : 0;
}

bool tls_session_is_open(const struct tls_session *session)
{
    return !session->over && !session->ended && SSL_is_init_finished(session->ssl);
}

int tls_session_write(struct tls_session *session, struct span plain, struct buf *wire)
{
    size_t done = 0, sent;

    if (!tls_session_is_open(session))
        return -EPIPE;
    ERR_clear_error();
    while (done < plain.size && !session->over) {
        size_t size = plain.size - done < PIECE_MAX ? plain.size - done : PIECE_MAX;

        session->over = SSL_write_ex(session->ssl, plain.data + done, size, &sent) != 1;
        take_out(session, wire);
        done += size;
    }
    return session->over ? -EPIPE : 0;
}

void tls_session_end(struct tls_session *session, struct buf *wire)
{
    if (!tls_session_is_open(session))
        return;
    session->ended = true;
    ERR_clear_error();
    (void)SSL_shutdown(session->ssl);
    take_out(session, wire);
}
