/* TLS for servers: a certificate from files, and sessions that turn bytes of the wire into plain
 * bytes and back, without sockets. TLS 1.2 with forward-secret AEAD suites, and 1.3 (RFC 9325);
 * ALPN http/1.1; no renegotiation, no compression, no early data. The only place with libssl. An
 * object belongs to one thread. */
#ifndef TLS_TLS_H
#define TLS_TLS_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"

/* A certificate chain and its key. */
struct tls_context;

/* NULL without memory. */
struct tls_context *tls_context_new(void);

/* Reads the chain, the server's own certificate first, as PEM. It must be valid now. 0, or -EINVAL
 * with a sentence in `error` that names the file. Blocks on the file. */
must_check int tls_context_read_certificate(struct tls_context *context, const char *file,
                                            struct buf *error);

/* Reads the certificate's private key as PEM, not encrypted; after the certificate. 0, or -EINVAL
 * as above. */
must_check int tls_context_read_key(struct tls_context *context, const char *file,
                                    struct buf *error);

/* Sessions that it began go on. NULL is allowed. */
void tls_context_free(struct tls_context *context);

struct tls_session;

/* A session that waits for a client. NULL without memory. */
struct tls_session *tls_session_new(const struct tls_context *context);
void tls_session_free(struct tls_session *session); /* NULL is allowed */

/* Positive results of tls_session_receive. */
enum {
    TLS_ENDED = 1, /* the client has ended its side (close_notify); ours can still be written to */
    TLS_IS_PLAIN,  /* what came is plain HTTP */
};

/* Takes bytes from the wire; appends what they hold to `plain`, and what is to be sent to the
 * client to `wire`, also where it fails (an alert). 0, a result above, or -EPROTO: the session is
 * over, and so is the connection. Call it no more after anything but 0. */
must_check int tls_session_receive(struct tls_session *session, struct span bytes,
                                   struct buf *plain, struct buf *wire);

/* Has the handshake come to its end? Nothing can be written before. */
bool tls_session_is_open(const struct tls_session *session);

/* Appends to `wire` what carries the plain bytes. 0, or -EPIPE: the session is over, or not open
 * yet. */
must_check int tls_session_write(struct tls_session *session, struct span plain, struct buf *wire);

/* Appends our close_notify, once; nothing where no session is open. */
void tls_session_end(struct tls_session *session, struct buf *wire);

#endif
