/* An HTTP/1.1 server on the loop. Requests of a connection are handled one after the other, in
 * order; a handler answers at once or later, or with a stream (http/http_stream.h). Everything runs
 * on the loop's thread.
 *
 * What breaks the syntax, comes too slowly or is too large never reaches the handler: it is
 * answered with a problem document, and the connection is closed. */
#ifndef HTTP_HTTP_SERVER_H
#define HTTP_HTTP_SERVER_H

#include "base/attr.h"
#include "http/http_cors.h"
#include "http/http_request.h"
#include "http/http_response.h"
#include "http/http_router.h"
#include "http/http_stream.h"
#include "loop/loop.h"
#include "tls/tls.h"

struct http_server;

struct http_limits {
    int64_t header_ms; /* from a head's first byte (or the connection's start) to its end */
    int64_t body_ms;   /* from there to the body's end */
    int64_t idle_ms;   /* between two requests */
    int64_t send_ms;   /* for an answer to leave */
    int64_t linger_ms; /* what a refused client still sends is read for so long, or a reset would
                          destroy the answer that tells it why */
    int64_t rate_after_ms;   /* from here on a body must have come ... */
    size_t rate_bytes;       /* ... at so many bytes a second */
    size_t connections;      /* in all */
    size_t connections_each; /* of one address */
    size_t in_flight;        /* requests that wait for their answer; above it 503 */
    size_t large_bodies; /* on their way, that may come to more than HTTP_BODY_MAX; above it 503 */
    size_t large_bodies_each; /* of one address */
    size_t body_bytes;        /* of all requests that have begun and have no answer yet; above it
                                 503 */
};
extern const struct http_limits http_limits_default;

/* One request and its answer. Valid until it is answered, also where the client has left. */
struct http_exchange;

/* What is told of each answer, for metrics. */
struct http_report {
    const struct http_request *request; /* NULL where no head could be read */
    const char *route;                  /* the template that matched; NULL: none */
    int status;
    int64_t duration_us; /* from the complete head to the answer */
};

struct http_handler {
    /* The most bytes that the body of such a request may have, asked when only its head is there;
     * above it 413. NULL: HTTP_BODY_MAX. */
    size_t (*body_max)(const struct http_request *head, void *data);
    /* Asked when the head is there and its body is still to come: is it worth waiting for? If not,
     * the request is handled at once without it, to be refused, and the connection is closed behind
     * the answer. So nobody who is refused anyway can make the server keep bodies. NULL: it is. */
    bool (*wants_body)(struct http_exchange *exchange, void *data);
    /* Requests that are answered however many others wait: health. NULL: none. */
    bool (*always)(const struct http_request *head, void *data);
    void (*handle)(struct http_exchange *exchange, void *data);
    void (*answered)(const struct http_report *report, void *data); /* may be NULL */
    void *data;
};

/* Serves on an address as loop_listen takes it. 0, or what loop_listen says. `handler` and `limits`
 * are copied. */
must_check int http_server_start(struct loop *loop, const char *address,
                                 const struct http_handler *handler,
                                 const struct http_limits *limits, struct http_server **ret_server);

/* Connections that are accepted from now on speak TLS by this context, which is the server's from
 * here on; those that are there stay as they are. Called again, it renews the certificate. */
void http_server_use_tls(struct http_server *server, struct tls_context *context);

/* From now on pages of these origins may read answers; the server owns `cors` from here on. NULL:
 * none may. */
void http_server_use_cors(struct http_server *server, struct http_cors *cors);
int http_server_port(const struct http_server *server);
size_t http_server_connections(const struct http_server *server);

/* Takes no new connections, closes idle ones, ends streams, lets requests that have begun come to
 * their answer, and then calls `drained`, later than this call and once. After `timeout_ms` it is
 * called whatever is left. */
void http_server_drain(struct http_server *server, int64_t timeout_ms, void (*drained)(void *data),
                       void *data);

/* Closes everything at once; exchanges that were not answered are gone. NULL is allowed. Not from
 * within a handler. */
void http_server_free(struct http_server *server);

const struct http_request *http_exchange_request(const struct http_exchange *exchange);
/* The client's address, as loop_stream_peer gives it. */
const uint8_t *http_exchange_peer(const struct http_exchange *exchange);

/* What the request was matched to: copied, and what metrics are labelled with. Zeroed until it is
 * set. */
void http_exchange_set_match(struct http_exchange *exchange, const struct http_match *match);
const struct http_match *http_exchange_match(const struct http_exchange *exchange);

/* Header fields that the answer will have beside its own, whatever it is: lines with their ends, to
 * be written by whoever knows what they say. Empty when a request begins. */
struct buf *http_exchange_fields(struct http_exchange *exchange);

/* Calls `gone` once if the client ends its side before the answer. It may still read: answer soon
 * with what there is; what cannot be sent is dropped. */
void http_exchange_on_gone(struct http_exchange *exchange,
                           void (*gone)(struct http_exchange *exchange, void *data), void *data);

/* Answers; the exchange is invalid from here on. */
void http_answer(struct http_exchange *exchange, const struct http_response *response);
void http_answer_problem(struct http_exchange *exchange, const struct http_problem *problem);

#endif
