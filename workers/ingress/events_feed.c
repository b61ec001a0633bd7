/* From the ring to the clients. */
#include <errno.h>
#include <stdlib.h>

#include "events_private.h"
#include "events_text.h"
#include "log/log.h"

enum {
    UNSENT_MAX = 65536, /* bytes that wait for one client before it is fed no more */
    TURN_EVENTS = 200,  /* of one stream; then others have their turn */
    TURN_STEPS = 20000, /* events that are looked at meanwhile */
    RETRY_MS = 3000,
};

static struct events_places places_of(const struct events *events)
{
    return events_reader_places(events->reader);
}

/* A live stream has had what the reader has. */
static const int64_t *offsets_of(const struct events_stream *stream)
{
    return stream->live ? events_reader_offsets(stream->events->reader) : stream->offsets;
}

static int add_cursor(struct events_stream *stream, struct buf *out)
{
    struct events *events = stream->events;
    int r;

    buf_add_text(out, "id: ");
    r = events_cursor_write(events_member_tenant(stream->member), places_of(events),
                            offsets_of(stream), events->parts->config->seal_key, out);
    buf_add_text(out, "\n\n");
    return r == 0 && buf_failed(out) ? -ENOMEM : r;
}

static void drop(struct events_stream *stream, const char *reason)
{
    http_stream_drop(stream->http);
    events_stream_free(stream, reason);
}

/* False: it is gone. */
static bool send_piece(struct events_stream *stream)
{
    struct events *events = stream->events;

    if (http_stream_write(stream->http, buf_span(&events->piece)) < 0) {
        drop(stream, "left");
        return false;
    }
    stream->sent_ms = loop_now_ms(events->parts->loop);
    return true;
}

static bool send_event(struct events_stream *stream)
{
    metrics_add(stream->events->sent, 1);
    return send_piece(stream);
}

/* Positive result of make_piece. */
enum { UNTELLABLE = 1 };

/* The event's lines and the stream's cursor. 0; UNTELLABLE: nobody can be told it; or negative. */
static int make_piece(struct events_stream *stream, const struct event *event)
{
    struct events *events = stream->events;
    int r;

    buf_clear(&events->piece);
    arena_reset(events->arena);
    r = events_text_write(event, events->arena, &events->piece);
    if (r < 0)
        return r == -ENOMEM ? r : UNTELLABLE;
    return add_cursor(stream, &events->piece);
}

static void log_untold(const struct event *event)
{
    log_error(&(struct log_context){.worker = "ingress",
                                    .tenant = &event->tenant,
                                    .message_id = &event->id,
                                    .type = event->message->type},
              "an event cannot be told to live streams");
}

/* Its client comes back with the id of what it was told last, and is told this then. */
static void drop_untold(struct events_stream *stream, const struct event *event, int error)
{
    log_error(&(struct log_context){.worker = "ingress",
                                    .tenant = &event->tenant,
                                    .message_id = &event->id,
                                    .type = event->message->type,
                                    .error = strerror(-error)},
              "a live stream is cut off, for an event could not be written");
    drop(stream, "fault");
}

/* ---- live streams -----------------------------------------------------------------------------
 */

/* Its client does not keep up: from here on it is fed as it takes. */
static void fall_behind(struct events_stream *stream)
{
    struct events_reader *reader = stream->events->reader;

    memcpy(stream->offsets, events_reader_offsets(reader),
           places_of(stream->events).count * sizeof *stream->offsets);
    stream->position = events_ring_end(events_reader_ring(reader));
    stream->live = false;
}

/* All live streams of an organization share the cursor, so the piece is made once. */
static void push_to_member(struct events *events, struct events_member *member,
                           const struct event *event, bool *made)
{
    struct events_stream *stream, *next;
    int r;

    for (stream = member->streams; stream; stream = next) {
        next = stream->next;
        if (!stream->live || !events_filter_takes(&stream->filter, event))
            continue;
        r = *made ? 0 : make_piece(stream, event);
        if (r == UNTELLABLE) {
            log_untold(event);
            return;
        }
        if (r < 0) {
            drop_untold(stream, event, r);
            continue;
        }
        *made = true;
        if (send_event(stream) && http_stream_unsent(stream->http) > UNSENT_MAX)
            fall_behind(stream);
    }
    (void)events;
}

void events_feed_push(struct events *events, const struct event *event)
{
    struct events_member *member = events_audience_of(events->audience, event->tenant);
    bool made = false;

    for (; member; member = member->next)
        if (member->streams && events_audience_may_see(events->audience, member, event))
            push_to_member(events, member, event, &made);
}

/* ---- streams that are behind, or ahead of this reader ------------------------------------------
 */

static bool is_new_to(const struct events_stream *stream, const struct event *event)
{
    return event->offset >= stream->offsets[event->place];
}

static bool wants(const struct events_stream *stream, const struct event *event)
{
    return uuid_equal(event->tenant.uuid, events_member_tenant(stream->member).uuid) &&
           events_filter_takes(&stream->filter, event) &&
           events_audience_may_see(stream->events->audience, stream->member, event);
}

/* The ring holds nothing more for it. It is live unless it has had more than this reader, as one
 * that comes from another ingress. */
static void reach_end(struct events_stream *stream)
{
    const int64_t *read = events_reader_offsets(stream->events->reader);
    size_t count = places_of(stream->events).count;
    bool ahead = false;

    for (size_t i = 0; i < count; i++) {
        if (stream->offsets[i] < read[i])
            stream->offsets[i] = read[i];
        ahead |= stream->offsets[i] > read[i];
    }
    stream->live = !ahead;
}

/* Has something fallen out of the ring that it has not had? */
static bool has_lost(const struct events_stream *stream)
{
    const struct events_ring *ring = events_reader_ring(stream->events->reader);
    size_t count = places_of(stream->events).count;

    if (stream->position >= events_ring_first(ring))
        return false;
    for (size_t i = 0; i < count; i++)
        if (stream->offsets[i] < events_ring_held(ring, i))
            return true;
    return false;
}

/* True: there is more, and its client would take it. The stream may be gone after false. */
static bool feed(struct events_stream *stream)
{
    const struct events_ring *ring = events_reader_ring(stream->events->reader);
    const struct event *event;
    int r, sent = 0;

    if (has_lost(stream)) {
        drop(stream, "slow");
        return false;
    }
    for (int step = 0; step < TURN_STEPS && sent < TURN_EVENTS; step++) {
        if (http_stream_unsent(stream->http) > UNSENT_MAX)
            return false; /* on_drained goes on */
        event = events_ring_next(ring, &stream->position);
        if (!event) {
            reach_end(stream);
            return false;
        }
        if (!is_new_to(stream, event))
            continue;
        stream->offsets[event->place] = event->offset + 1;
        if (!wants(stream, event))
            continue;
        r = make_piece(stream, event);
        if (r < 0) {
            drop_untold(stream, event, r);
            return false;
        }
        if (r == UNTELLABLE)
            log_untold(event);
        else if (!send_event(stream))
            return false;
        sent++;
    }
    return true;
}

static void feed_member(void *data, struct events_member *member)
{
    struct events *events = data;
    struct events_stream *stream, *next;

    for (stream = member->streams; stream; stream = next) {
        next = stream->next;
        if (stream->http && !stream->live && feed(stream))
            loop_timer_start(events->feed, 0, 0);
    }
}

void events_feed_all(struct events *events)
{
    events_audience_each(events->audience, feed_member, events);
}

void events_feed_start(struct events_stream *stream)
{
    stream->sent_ms = loop_now_ms(stream->events->parts->loop);
    if (feed(stream))
        loop_timer_start(stream->events->feed, 0, 0);
}

/* ---- what is told beside events ----------------------------------------------------------------
 */

int events_feed_greeting(struct events_stream *stream)
{
    struct buf *piece = &stream->events->piece;

    buf_clear(piece);
    buf_printf(piece, "retry: %d\n", RETRY_MS);
    return add_cursor(stream, piece);
}

void events_feed_heartbeat(struct events_stream *stream)
{
    struct buf *piece = &stream->events->piece;

    if (http_stream_unsent(stream->http) > 0)
        return;
    buf_clear(piece);
    buf_add_text(piece, ": hb\n");
    if (add_cursor(stream, piece) < 0 || !send_piece(stream))
        return;
}

static void say_end(struct events_stream *stream, const char *reason)
{
    struct buf *piece = &stream->events->piece;

    buf_clear(piece);
    buf_printf(piece, "event: end\ndata: {\"reason\":\"%s\"}\n", reason);
    if (add_cursor(stream, piece) < 0 || http_stream_write(stream->http, buf_span(piece)) < 0)
        return; /* it ends without a word */
}

void events_feed_end(struct events_stream *stream, const char *reason)
{
    say_end(stream, reason);
    http_stream_end(stream->http);
    events_stream_free(stream, reason);
}

static void on_drained(struct http_stream *http, void *data)
{
    struct events_stream *stream = data;

    (void)http;
    if (!stream->live && feed(stream))
        loop_timer_start(stream->events->feed, 0, 0);
}

static void on_closing(struct http_stream *http, void *data)
{
    (void)http;
    say_end(data, "shutting_down");
    events_stream_free(data, "shutting_down");
}

static void on_gone(struct http_stream *http, void *data)
{
    struct events_stream *stream = data;

    (void)http;
    events_stream_free(stream, stream->live ? "left" : "slow");
}

const struct http_stream_events events_feed_handlers = {
    .drained = on_drained, .closing = on_closing, .gone = on_gone};
