#include "http/http_transport.h"

#include <errno.h>

static int send_wire(struct http_transport *transport, struct span bytes)
{
    transport->written += bytes.size;
    return loop_stream_write(transport->stream, bytes);
}

int http_transport_receive(struct http_transport *transport, struct span bytes,
                           struct span *ret_plain)
{
    struct buf *plain = &transport->scratch->plain, *wire = &transport->scratch->wire;
    int r, sent;

    *ret_plain = bytes;
    if (!transport->tls)
        return 0;
    *ret_plain = span_of(NULL, 0);
    if (transport->ended) /* what comes behind the end is nobody's */
        return 0;
    buf_clear(plain);
    buf_clear(wire);
    r = tls_session_receive(transport->tls, bytes, plain, wire);
    sent = send_wire(transport, buf_span(wire));
    if (r < 0 || sent < 0)
        return r < 0 ? r : sent;
    if (buf_failed(plain) || buf_failed(wire))
        return -ENOMEM;
    transport->ended = r == TLS_ENDED;
    *ret_plain = buf_span(plain);
    return r;
}

int http_transport_write(struct http_transport *transport, struct span bytes)
{
    struct buf *wire = &transport->scratch->wire;
    int r;

    if (!transport->stream)
        return -EPIPE;
    if (!transport->tls)
        return send_wire(transport, bytes);
    buf_clear(wire);
    r = tls_session_write(transport->tls, bytes, wire);
    if (r < 0 || buf_failed(wire))
        return r < 0 ? r : -ENOMEM;
    return send_wire(transport, buf_span(wire));
}

size_t http_transport_unsent(const struct http_transport *transport)
{
    return loop_stream_unsent(transport->stream);
}

uint64_t http_transport_taken(const struct http_transport *transport)
{
    return transport->written - loop_stream_unsent(transport->stream);
}

void http_transport_shutdown(struct http_transport *transport)
{
    struct buf *wire = &transport->scratch->wire;

    if (transport->tls) {
        buf_clear(wire);
        tls_session_end(transport->tls, wire);
        if (send_wire(transport, buf_span(wire)) < 0)
            return; /* the stream tells its end by itself */
    }
    loop_stream_shutdown(transport->stream);
}

void http_transport_deinit(struct http_transport *transport)
{
    loop_stream_free(transport->stream);
    tls_session_free(transport->tls);
    transport->stream = NULL;
    transport->tls = NULL;
}
