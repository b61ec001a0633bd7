/* What carries a connection's bytes: a stream of the loop, with TLS over it or without. */
#ifndef HTTP_HTTP_TRANSPORT_H
#define HTTP_HTTP_TRANSPORT_H

#include "base/buf.h"
#include "loop/stream.h"
#include "tls/tls.h"

/* Memory for what TLS makes of bytes. It is handed on at once, so that all transports of a thread
 * share it. */
struct http_scratch {
    struct buf plain, wire;
};

struct http_transport {
    struct http_scratch *scratch;
    struct loop_stream *stream; /* NULL: failed */
    struct tls_session *tls;    /* NULL: plain */
    uint64_t written;           /* bytes on the wire, in all, of which some may be unsent */
    bool ended;                 /* the peer's side, as TLS tells it */
};

/* Makes plain bytes of those that came from the stream: *ret_plain is what was given, or lives in
 * the scratch memory. 0, a positive result of
 * tls_session_receive, or negative: it has failed. */
must_check int http_transport_receive(struct http_transport *transport, struct span bytes,
                                      struct span *ret_plain);

/* As loop_stream_write; also negative where there is no stream any more. */
must_check int http_transport_write(struct http_transport *transport, struct span bytes);
size_t http_transport_unsent(const struct http_transport *transport); /* bytes on the wire */

/* How many bytes on the wire the peer has taken. */
uint64_t http_transport_taken(const struct http_transport *transport);

/* Ends our side; reading goes on. */
void http_transport_shutdown(struct http_transport *transport);

/* Closes at once, without a word. */
void http_transport_deinit(struct http_transport *transport);

#endif
