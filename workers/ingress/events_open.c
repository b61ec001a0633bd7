/* Who is let in to a stream, and from where on they get events. */
#include <errno.h>
#include <stdlib.h>

#include "base/random.h"
#include "events_private.h"

enum { RETRY_AFTER_MAX_S = 5 };

static void refuse(struct events_stream *stream, const struct http_problem *problem)
{
    struct call_pool *calls = &stream->events->parts->calls;
    struct call *call = stream->call;

    events_stream_free(stream, NULL);
    call_answer_problem(calls, call, problem);
}

void events_open_refuse(struct events_stream *stream, const char *detail)
{
    struct call_pool *calls = &stream->events->parts->calls;
    struct call *call = stream->call;

    events_stream_free(stream, NULL);
    call_answer_unavailable(calls, call, detail);
}

/* From the end that is known now: whatever is written after the answer is seen. */
static void begin_now(struct events_stream *stream)
{
    struct events_reader *reader = stream->events->reader;

    stream->position = events_ring_end(events_reader_ring(reader));
    for (size_t i = 0; i < events_reader_places(reader).count; i++)
        stream->offsets[i] = events_reader_end(reader, i);
}

/* Partitions that are newer than the cursor are read from their beginning. NULL, or why not. */
static const struct http_problem *begin_at(struct events_stream *stream, struct span cursor)
{
    static const struct http_problem malformed = {
        .code = "malformed_cursor",
        .detail = "Last-Event-ID is no id of an event of this organization's stream."};
    static const struct http_problem too_old = {
        .code = "replay_too_old",
        .detail = "Some events after Last-Event-ID are not held any more. Read anew what you show, "
                  "and connect without Last-Event-ID."};
    struct events_reader *reader = stream->events->reader;
    const struct events_ring *ring = events_reader_ring(reader);
    struct events_places places = events_reader_places(reader);
    int r = events_cursor_read(cursor, events_member_tenant(stream->member), places,
                               stream->events->parts->config->seal_key, stream->offsets);

    if (r < 0)
        return r == -EBADMSG ? &malformed : &call_fault;
    stream->position = events_ring_first(ring);
    for (size_t i = 0; i < places.count; i++) {
        int64_t held = events_ring_held(ring, i);

        if (stream->offsets[i] == EVENTS_UNKNOWN_OFFSET)
            stream->offsets[i] = held;
        if (stream->offsets[i] < held)
            return &too_old;
    }
    return NULL;
}

static void answer(struct events_stream *stream)
{
    static const struct http_header headers[] = {
        {{"Cache-Control", 13}, {"no-store", 8}},
        {{"X-Accel-Buffering", 17}, {"no", 2}}, /* proxies that hold answers back know it */
    };
    struct events *events = stream->events;
    struct call *call = stream->call;
    struct http_response response = {.status = 200,
                                     .content_type = "text/event-stream",
                                     .headers = headers,
                                     .header_count = COUNT_OF(headers)};

    if (events_feed_greeting(stream) < 0) {
        refuse(stream, &call_fault);
        return;
    }
    response.body = buf_span(&events->piece);
    stream->call = NULL;
    stream->http = http_answer_stream(call->exchange, &response, &events_feed_handlers, stream);
    call_drop(&events->parts->calls, call);
    if (!stream->http) {
        events_stream_free(stream, NULL);
        return;
    }
    metrics_add(events->open, 1);
    events_feed_start(stream);
}

/* Rights and places are known. */
static void let_in(struct events_stream *stream)
{
    struct span cursor = http_request_header(call_request(stream->call), "Last-Event-ID");
    const struct http_problem *problem = NULL;
    size_t places = events_reader_places(stream->events->reader).count;

    stream->offsets = calloc(places + 1, sizeof *stream->offsets);
    if (!stream->offsets)
        problem = &call_fault;
    else if (cursor.size)
        problem = begin_at(stream, cursor);
    else
        begin_now(stream);
    if (problem)
        refuse(stream, problem);
    else
        answer(stream);
}

void events_open_try(struct events_stream *stream)
{
    struct events *events = stream->events;
    const struct events_member *member = stream->member;
    const char *barred = events_member_barred(member);

    if (!stream->call)
        return;
    if (member->good_ms && !member->stale && barred)
        refuse(stream, &(struct http_problem){.code = barred});
    else if (member->good_ms && !barred && !events->failing && events->reader &&
             events_reader_is_placed(events->reader))
        let_in(stream);
}

static void link_stream(struct events_stream *stream, struct events_member *member)
{
    stream->member = member;
    stream->next = member->streams;
    if (stream->next)
        stream->next->at = &stream->next;
    stream->at = &member->streams;
    member->streams = stream;
    member->stream_count++;
}

static int retry_after_s(void)
{
    uint8_t byte;

    random_fill(&byte, sizeof byte);
    return 1 + byte % RETRY_AFTER_MAX_S;
}

static void answer_too_many(struct events *events, struct call *call)
{
    call_answer_problem(&events->parts->calls, call,
                        &(struct http_problem){.code = "too_many_streams",
                                               .detail = "You have as many streams open as one "
                                                         "user may have.",
                                               .retry_after_s = retry_after_s()});
}

/* True: there is room for one more. False: the call has been answered. */
static bool has_room(struct events *events, struct call *call)
{
    const struct config *config = events->parts->config;

    if (events->stopping || events->stream_count >= (size_t)config->events_streams)
        call_answer_problem(&events->parts->calls, call,
                            &(struct http_problem){.code = "overloaded",
                                                   .detail = "No more streams are taken here.",
                                                   .retry_after_s = retry_after_s()});
    else if (events_audience_streams(events->audience, call->user) >=
             (size_t)config->events_streams_per_user)
        answer_too_many(events, call);
    else
        return true;
    return false;
}

static bool read_filter(struct events *events, struct call *call, struct events_filter *ret_filter)
{
    cleanup(buf_deinit) struct buf detail = {0};
    int r = events_filter_read(call_request(call)->query, ret_filter, &detail);

    if (r == 0)
        return true;
    call_answer_problem(&events->parts->calls, call,
                        &(struct http_problem){.code = r == EVENTS_FILTER_UNKNOWN_TYPE
                                                           ? "unknown_type"
                                                           : "malformed_parameter",
                                               .detail = detail.data});
    return false;
}

static void on_gone(struct http_exchange *exchange, void *data)
{
    (void)exchange;
    events_open_refuse(data, NULL);
}

static struct events_stream *make_stream(struct events *events, struct call *call,
                                         const struct events_filter *filter)
{
    struct events_member *member = events_audience_join(events->audience, call->tenant, call->user);
    struct events_stream *stream = member ? calloc(1, sizeof *stream) : NULL;

    if (!stream)
        return NULL;
    *stream = (struct events_stream){.events = events,
                                     .call = call,
                                     .filter = *filter,
                                     .expires = call->expires,
                                     .opened_ms = loop_now_ms(events->parts->loop)};
    link_stream(stream, member);
    events->stream_count++;
    return stream;
}

void events_get(struct events *events, struct call *call)
{
    struct events_filter filter;
    struct events_stream *stream;

    if (!doorkeeper_wants_tenant(&events->parts->calls, call) ||
        !read_filter(events, call, &filter) || !has_room(events, call))
        return;
    stream = make_stream(events, call, &filter);
    if (!stream) {
        call_answer_fault(&events->parts->calls, call);
        return;
    }
    http_exchange_on_gone(call->exchange, on_gone, stream);
    events_start_reader(events);
    events_open_try(stream);
}
