/* What the parts of the live stream tell each other, and when a stream ends. */
#include "events.h"

#include <stdlib.h>

#include "events_private.h"

enum {
    TEXT_BYTES = 4 << 20,
    TICK_MS = 1000,
    OPEN_MS = 5000, /* how long rights and Kafka are waited for */
    HEARTBEAT_MS = 15000,
    RIGHTS_MS = 30000, /* how old rights may become while the database is away */
    AHEAD_MS = 10000,  /* of what Kafka has: then it is another Kafka than the cursor's */
    IDLE_MS = 60000,   /* without a stream; then nothing is read any more */
    CLOSE_MS = 2000,
};

/* ---- streams ----------------------------------------------------------------------------------
 */

void events_stream_free(struct events_stream *stream, const char *reason)
{
    struct events *events = stream->events;

    *stream->at = stream->next;
    if (stream->next)
        stream->next->at = stream->at;
    stream->member->stream_count--;
    if (--events->stream_count == 0)
        events->idle_since_ms = loop_now_ms(events->parts->loop);
    if (reason) {
        metrics_add(events->open, -1);
        metrics_add(metrics_series(events->drops, (const char *const[]){reason, NULL}), 1);
    }
    free(stream->offsets);
    free(stream);
}

/* Calls for each stream of a member; it may end the one that it is called for. */
static void each_stream(struct events_member *member, void (*call)(struct events_stream *stream))
{
    struct events_stream *stream, *next;

    for (stream = member->streams; stream; stream = next) {
        next = stream->next;
        call(stream);
    }
}

/* ---- what the parts tell ------------------------------------------------------------------------
 */

static void on_unread(struct events_stream *stream)
{
    if (stream->call)
        events_open_refuse(stream, "The database does not answer.");
}

static void on_barred(struct events_stream *stream)
{
    if (stream->http)
        events_feed_end(stream, events_member_barred(stream->member));
    else
        events_open_try(stream);
}

static void on_rights(void *data, struct events_member *member)
{
    (void)data;
    if (member->good_ms == 0)
        each_stream(member, on_unread);
    else
        each_stream(member, events_member_barred(member) ? on_barred : events_open_try);
}

static void let_in_member(void *data, struct events_member *member)
{
    (void)data;
    each_stream(member, events_open_try);
}

static void on_placed(void *data)
{
    struct events *events = data;

    events_audience_each(events->audience, let_in_member, events);
}

static void on_arrived(void *data, const struct event *event)
{
    events_feed_push(data, event);
}

static void on_paused(void *data)
{
    events_feed_all(data);
}

static void interrupt(struct events_stream *stream)
{
    if (stream->http)
        events_feed_end(stream, "interrupted");
}

static void interrupt_member(void *data, struct events_member *member)
{
    (void)data;
    each_stream(member, interrupt);
}

/* Streams are ended rather than mended: their clients come back with a cursor. Some have asked for
 * the next stream already, behind this one on its connection: those wait for the next reader. */
static void on_failed(void *data)
{
    struct events *events = data;
    struct events_reader *reader = events->reader;

    events->failing = true;
    if (events_reader_is_placed(reader))
        events_audience_each(events->audience, interrupt_member, events);
    events->failing = false;
    events->reader = NULL;
    events_reader_free(reader, 0);
}

void events_start_reader(struct events *events)
{
    const struct events_reader_owner owner = {.placed = on_placed,
                                              .arrived = on_arrived,
                                              .paused = on_paused,
                                              .failed = on_failed,
                                              .data = events};

    if (!events->reader)
        events->reader = events_reader_new(events->parts->loop, events->parts->config, &owner);
}

/* ---- the clock
 * ----------------------------------------------------------------------------------- */

/* Has it had more than there is, for some time? */
static bool is_astray(struct events_stream *stream, int64_t now_ms)
{
    struct events_reader *reader = stream->events->reader;
    bool ahead = false;

    for (size_t i = 0; !stream->live && i < events_reader_places(reader).count && !ahead; i++)
        ahead = stream->offsets[i] > events_reader_end(reader, i);
    if (!ahead)
        stream->ahead_ms = 0;
    else if (!stream->ahead_ms)
        stream->ahead_ms = now_ms;
    return ahead && now_ms - stream->ahead_ms > AHEAD_MS;
}

static void check_open(struct events_stream *stream, int64_t now_ms)
{
    if (stream->expires.us <= timestamp_now().us)
        events_feed_end(stream, "token_expired");
    else if (now_ms - stream->member->good_ms > RIGHTS_MS)
        events_feed_end(stream, "unavailable");
    else if (is_astray(stream, now_ms))
        events_feed_end(stream, "replay_too_old");
    else if (now_ms - stream->sent_ms >= HEARTBEAT_MS)
        events_feed_heartbeat(stream);
}

static void check(struct events_stream *stream)
{
    int64_t now_ms = loop_now_ms(stream->events->parts->loop);

    if (stream->http)
        check_open(stream, now_ms);
    else if (now_ms - stream->opened_ms >= OPEN_MS)
        events_open_refuse(stream, stream->member->good_ms ? "Kafka does not answer."
                                                           : "The database does not answer.");
}

static void check_member(void *data, struct events_member *member)
{
    (void)data;
    each_stream(member, check);
}

static void on_tick(void *data)
{
    struct events *events = data;
    int64_t now_ms = loop_now_ms(events->parts->loop);

    events_audience_each(events->audience, check_member, events);
    events_audience_tick(events->audience);
    if (events->stream_count > 0) {
        events_start_reader(events);
    } else if (events->reader && now_ms - events->idle_since_ms > IDLE_MS) {
        events_reader_free(events->reader, 0);
        events->reader = NULL;
    }
}

static void on_feed(void *data)
{
    struct events *events = data;

    if (events->reader && events_reader_is_placed(events->reader))
        events_feed_all(events);
}

static void refuse_waiting(struct events_stream *stream)
{
    if (stream->call)
        events_open_refuse(stream, "The server is shutting down.");
}

static void refuse_waiting_member(void *data, struct events_member *member)
{
    (void)data;
    each_stream(member, refuse_waiting);
}

int events_reload(struct events *events)
{
    if (!events->reader)
        return 0; /* the next one begins with them */
    return events_reader_set_keys(events->reader, &events->parts->config->fleet_keys);
}

void events_stop(struct events *events)
{
    events->stopping = true;
    events_audience_each(events->audience, refuse_waiting_member, events);
}

/* ---- the whole
 * ------------------------------------------------------------------------------------ */

static void make_metrics(struct events *events)
{
    static const char *const none[] = {NULL}, *const results[] = {"result", NULL},
                             *const reasons[] = {"reason", NULL};

    events->open =
        metrics_series(metrics_gauge("idpmc_event_streams", "Live streams that are open.", none),
                       (const char *const[]){NULL});
    events->sent = metrics_series(
        metrics_counter("idpmc_event_stream_events_total",
                        "Events that were sent to live streams, and those that could not be shown.",
                        results),
        (const char *const[]){"sent", NULL});
    events->drops = metrics_counter("idpmc_event_stream_drops_total",
                                    "Live streams that have ended, by why.", reasons);
}

struct events *events_new(struct parts *parts)
{
    struct events *events = calloc(1, sizeof *events);

    if (!events)
        return NULL;
    events->parts = parts;
    make_metrics(events);
    events->arena = arena_new(TEXT_BYTES);
    events->tick = loop_timer_new(parts->loop, on_tick, events);
    events->feed = loop_timer_new(parts->loop, on_feed, events);
    if (events->arena && events->tick && events->feed) /* the last: the database keeps it */
        events->audience =
            events_audience_new(parts->loop, parts->database, parts->versions, on_rights, events);
    if (!events->audience) {
        events_free(events);
        return NULL;
    }
    loop_timer_start(events->tick, TICK_MS, TICK_MS);
    return events;
}

static void close_stream(struct events_stream *stream)
{
    if (stream->call) {
        refuse_waiting(stream);
        return;
    }
    http_stream_drop(stream->http);
    events_stream_free(stream, "shutting_down");
}

static void close_member(void *data, struct events_member *member)
{
    (void)data;
    each_stream(member, close_stream);
}

void events_free(struct events *events)
{
    if (!events)
        return;
    if (events->audience)
        events_audience_each(events->audience, close_member, events);
    events_audience_free(events->audience);
    events_reader_free(events->reader, CLOSE_MS);
    loop_timer_free(events->tick);
    loop_timer_free(events->feed);
    arena_free(events->arena);
    buf_deinit(&events->piece);
    free(events);
}
