/* What the server and its connections share. */
#ifndef HTTP_HTTP_PRIVATE_H
#define HTTP_HTTP_PRIVATE_H

#include "http/http_cors.h"
#include "http/http_gzip.h"
#include "http/http_server.h"
#include "http/http_stream.h"
#include "http/http_transport.h"
#include "tls/tls.h"

enum { HTTP_DATE_TEXT = 29, HTTP_TICK_MS = 100 };

struct http_connection;

struct http_server {
    struct loop *loop;
    struct loop_listener *listener;
    struct loop_timer *tick;
    struct http_handler handler;
    struct http_limits limits;
    struct http_connection *connections;  /* a doubly linked list */
    struct http_connection *visited_next; /* of a walk over them, which may free any */
    size_t connection_count;
    size_t in_flight;
    size_t body_bytes;
    int64_t date_s; /* the second that `date` tells */
    char date[HTTP_DATE_TEXT + 1];
    struct buf out; /* an answer on its way to the socket */
    struct http_scratch scratch;
    struct tls_context *tls; /* NULL: plain */
    struct http_cors *cors;  /* NULL: none */
    struct http_gzip *gzip;  /* NULL: not needed yet */
    struct buf fields, packed;
    bool draining;
    int64_t drain_until_ms;
    void (*drained)(void *data);
    void *drained_data;
};

enum http_state {
    HTTP_STATE_HEAD,    /* a request is awaited */
    HTTP_STATE_BODY,    /* its head is in */
    HTTP_STATE_ANSWER,  /* its handler has it */
    HTTP_STATE_STREAM,  /* its answer goes on */
    HTTP_STATE_SENDING, /* the answer does not fit into the socket's buffer */
    HTTP_STATE_LINGER,  /* our side has ended; what comes is thrown away */
};
struct http_exchange {
    struct http_match match;
    void (*gone)(struct http_exchange *exchange, void *data);
    void *gone_data;
    int64_t began_us;
    bool refused; /* by the server itself: the connection does not outlive the answer */
};

struct http_stream {
    const struct http_stream_events *events; /* NULL: nobody listens any more */
    void *data;
    bool chunked;
    uint64_t taken; /* bytes by the client, when its deadline was set */
};

struct http_connection {
    struct http_exchange exchange; /* the first member: an exchange is its connection */
    struct http_server *server;
    struct http_connection *next, **at;
    struct http_transport transport; /* without a stream: failed, but its handler has the request */
    uint8_t address[16];
    enum http_state state;
    bool held;       /* somebody below on the stack works on it: it is not freed, but marked as
                        dead, and does not advance by itself */
    bool dead;       /* to be freed by whoever holds it */
    bool peer_ended; /* nothing more will come */
    bool has_request;
    bool keep_alive;
    bool paused;
    struct buf in;     /* the request, and what came behind it before it was complete */
    struct buf ahead;  /* what came after that */
    struct buf chunks; /* a chunked body, decoded */
    struct buf fields; /* of the answer, beside its own: lines with their ends */
    struct http_chunks decoder;
    const char *parsed_at; /* in.data when the head was parsed */
    size_t scanned, head_size, body_size;
    int64_t deadline_ms, body_since_ms;
    size_t body_max; /* of this request */
    size_t reserved; /* of the server's body_bytes */
    struct http_request request;
    struct http_stream answer_stream;
};

void http_connection_set_state(struct http_connection *connection, enum http_state state);
void http_connection_set_deadline(struct http_connection *connection, int64_t after_ms);
bool http_connection_is_late(const struct http_connection *connection);

/* Takes what has arrived as far as it goes. False: it has freed the connection. */
bool http_connection_advance(struct http_connection *connection);

/* `in` has grown and may have moved: the request, whose head is in it, follows. */
void http_connection_follow_memory(struct http_connection *connection);

/* The body's memory is given back to the others. */
void http_connection_unreserve(struct http_connection *connection);

/* The request is complete, or refused: an answer follows. */
void http_connection_begin_answer(struct http_connection *connection);

/* The server's own refusal: the answer, and no more of this connection. */
void http_connection_refuse_with(struct http_connection *connection,
                                 const struct http_problem *problem);
void http_connection_refuse(struct http_connection *connection, const char *code,
                            const char *detail);

/* The answer is out: on to the next request, or to the end. May free the connection. */
void http_connection_answer_has_left(struct http_connection *connection);

/* Takes charge of an accepted stream. */
void http_connection_start(struct http_server *server, struct loop_stream *stream);

/* Does what the time demands: closes, or refuses. May free the connection. */
void http_connection_check(struct http_connection *connection);

/* The answer is there: it is reported, and it is decided whether the connection outlives it. */
void http_connection_leave_answer(struct http_connection *connection, int status);

/* What the server adds to an answer, or makes of it: origins, caching, compression. *response's
 * body may change to one that lives until the next answer. The fields are lines, valid as long. */
struct span http_connection_dress(struct http_connection *connection,
                                  struct http_response *response);

/* An answer's last byte is written: waits until it has left. May free the connection. */
void http_connection_finish_answer(struct http_connection *connection);

/* Ends the stream because the server drains. May free the connection. */
void http_connection_close_stream(struct http_connection *connection);

/* Does what the time demands of a stream. May free the connection. */
void http_connection_check_stream(struct http_connection *connection);

/* Closes it if it waits for a request, and ends a stream. May free the connection. */
void http_connection_drain(struct http_connection *connection);
void http_connection_free(struct http_connection *connection);

#endif
