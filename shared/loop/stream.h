/* TCP connections on the loop: listen, connect, read, write. Writes never block; what the kernel
 * does not take at once is copied and sent later, and the writer is told when all of it has left.
 * The loop's thread only. */
#ifndef LOOP_STREAM_H
#define LOOP_STREAM_H

#include "base/attr.h"
#include "base/span.h"
#include "loop/loop.h"

struct loop_stream;
struct loop_listener;

/* What a stream tells its owner; any member but `ended` may be NULL. */
struct loop_stream_events {
    void (*opened)(void *data);                      /* loop_stream_connect only: connected */
    void (*received)(void *data, struct span bytes); /* bytes live for the call only */
    void (*drained)(void *data); /* what loop_stream_write had to keep back has left */

    /* 0: the peer has ended its side, ours can still be written to. Negative (an errno): the
     * connection has failed, or could not be made. Told once; the owner frees the stream. */
    void (*ended)(void *data, int error);
};

/* Listens on "127.0.0.1:8080", "[::1]:0", "0.0.0.0:8080"; port 0 takes a free one. Every new
 * connection is given to `accepted`, which owns it. 0, -EINVAL (not such an address), -EADDRINUSE
 * and what else bind(2) and listen(2) say. */
must_check int loop_listen(struct loop *loop, const char *address,
                           void (*accepted)(void *data, struct loop_stream *stream), void *data,
                           struct loop_listener **ret_listener);
int loop_listener_port(const struct loop_listener *listener);
void loop_listener_free(struct loop_listener *listener); /* NULL is allowed */

/* Takes charge of an accepted stream; it reads from now on. `events` is borrowed for the stream's
 * life. */
void loop_stream_start(struct loop_stream *stream, const struct loop_stream_events *events,
                       void *data);

/* Connects to a host (resolved without blocking) and a port; `opened` or `ended` follows, never
 * during the call. A name may have several addresses, of which not all need answer ("localhost" is
 * ::1 and 127.0.0.1): this try takes the `turn`-th, from 0, and after the last the first again, so
 * that who tries again counts. NULL without memory. */
struct loop_stream *loop_stream_connect(struct loop *loop, const char *host, const char *port,
                                        unsigned turn, const struct loop_stream_events *events,
                                        void *data);

/* Sends the bytes, or keeps a copy of what could not be sent yet. 0, or negative when the
 * connection has failed (`ended` may or may not follow). */
must_check int loop_stream_write(struct loop_stream *stream, struct span bytes);
size_t loop_stream_unsent(const struct loop_stream *stream); /* bytes kept back */

/* Stops or resumes reading: the peer's window fills, and its end goes unnoticed meanwhile. */
void loop_stream_pause(struct loop_stream *stream);
void loop_stream_resume(struct loop_stream *stream);

/* Ends our side once everything has been sent; reading goes on. */
void loop_stream_shutdown(struct loop_stream *stream);

/* Closes at once; no callback follows. NULL is allowed. */
void loop_stream_free(struct loop_stream *stream);

/* The peer's address as 16 bytes (IPv4 as ::ffff:a.b.c.d). 0, or negative. */
must_check int loop_stream_peer(const struct loop_stream *stream, uint8_t ret_address[static 16]);

#endif
