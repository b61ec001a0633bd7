/* An answer that goes on: its head is sent at once, its body piece by piece for as long as its
 * owner likes. Chunked over HTTP/1.1, ended by the connection's end over HTTP/1.0. A stream may be
 * silent for ever, but is dropped when its client takes nothing of what waits for send_ms. It does
 * not count as a request in flight. The loop's thread only. */
#ifndef HTTP_HTTP_STREAM_H
#define HTTP_HTTP_STREAM_H

#include <stddef.h>

#include "base/attr.h"
#include "base/span.h"

struct http_exchange; /* http/http_server.h */
struct http_response;
struct http_stream;

/* What a stream tells its owner; `drained` and `closing` may be NULL. Each may end or drop this
 * stream and any other. */
struct http_stream_events {
    void (*drained)(struct http_stream *stream, void *data); /* nothing is unsent any more */

    /* The server drains: the last words can be written now, and the stream is ended when this
     * returns, unless it was ended by it. Then no callback follows. */
    void (*closing)(struct http_stream *stream, void *data);

    /* The client has left or takes nothing, or the server is being freed: the stream is invalid
     * after this call. Told once, and never after http_stream_end or http_stream_drop. */
    void (*gone)(struct http_stream *stream, void *data);
};

/* Answers with status, content type and headers of `response`, whose body is the first piece. The
 * exchange is invalid from here on; the stream is valid until it is ended, dropped or gone. NULL:
 * there is nobody to send to (the client has left, or it asked with HEAD), the exchange is answered
 * and no callback follows. `events` is borrowed for the stream's life. No callback comes from
 * within. */
must_check struct http_stream *http_answer_stream(struct http_exchange *exchange,
                                                  const struct http_response *response,
                                                  const struct http_stream_events *events,
                                                  void *data);

/* Sends a piece, or keeps a copy of what cannot be sent yet: it takes any amount, so look at
 * http_stream_unsent first. 0, or negative when the connection has failed: drop it then. No
 * callback comes from within. */
must_check int http_stream_write(struct http_stream *stream, struct span piece);
size_t http_stream_unsent(const struct http_stream *stream); /* bytes that wait for the client */

/* Ends the answer; what is unsent still leaves, and the connection may serve the next request. */
void http_stream_end(struct http_stream *stream);

/* Closes the connection at once: the client sees an answer that was cut off. NULL is allowed. */
void http_stream_drop(struct http_stream *stream);

#endif
