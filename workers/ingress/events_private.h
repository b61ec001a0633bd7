/* What the files of the live stream share. */
#ifndef INGRESS_EVENTS_PRIVATE_H
#define INGRESS_EVENTS_PRIVATE_H

#include "events.h"
#include "events_audience.h"
#include "events_reader.h"
#include "http/http_stream.h"
#include "metrics/metrics.h"
#include "parts.h"

struct events {
    struct parts *parts;
    struct events_audience *audience;
    struct events_reader *reader; /* NULL: nobody has listened for a while */
    struct loop_timer *tick, *feed;
    struct arena *arena; /* of one event's text */
    struct buf piece;    /* what is sent next */
    size_t stream_count;
    int64_t idle_since_ms; /* 0: somebody listens */
    bool stopping;
    bool failing; /* the reader is of no use any more; its streams are being ended */
    struct metrics_series *open, *sent;
    struct metrics_family *drops;
};

/* Somebody who listens: first a call that waits for rights and places, then an open stream. A live
 * one gets each event as it arrives. One that is not is fed from the ring, as fast as its client
 * takes it, until nothing is left. */
struct events_stream {
    struct events_stream *next, **at; /* of the member */
    struct events *events;
    struct events_member *member;
    struct call *call;        /* NULL: the stream is open, */
    struct http_stream *http; /* and this is it */
    struct events_filter filter;
    struct timestamp expires;
    int64_t opened_ms, sent_ms;
    bool live;
    uint64_t position; /* where it is not: the next event to look at, */
    int64_t *offsets;  /* and what it has had, or need not have, of each place */
    int64_t ahead_ms;  /* since when it is ahead of everything that Kafka has; 0: it is not */
};

/* events_open.c: lets the stream in, or refuses it, if all is known that this needs. */
void events_open_try(struct events_stream *stream);

/* Answers 503 to somebody who waits; frees the stream. */
void events_open_refuse(struct events_stream *stream, const char *detail);

/* events.c: begins to read, if nothing is read yet. */
void events_start_reader(struct events *events);

/* events_feed.c: begins to feed an open stream, whose position and offsets are set. */
void events_feed_start(struct events_stream *stream);

/* To all live streams that may and want to see it. */
void events_feed_push(struct events *events, const struct event *event);

/* Goes on with every stream that is not live. */
void events_feed_all(struct events *events);

/* The text that opens a stream, with its first cursor, in events->piece. 0 or -ENOMEM. */
must_check int events_feed_greeting(struct events_stream *stream);

/* Keeps the connection alive, and the cursor of somebody to whom nothing happens young. */
void events_feed_heartbeat(struct events_stream *stream);

/* Tells why, with the cursor to go on from; ends the stream and frees it. */
void events_feed_end(struct events_stream *stream, const char *reason);

/* What the server tells of an open stream. */
extern const struct http_stream_events events_feed_handlers;

/* The call has been answered, or the stream is gone. `reason` NULL: it never was open. */
void events_stream_free(struct events_stream *stream, const char *reason);

#endif
