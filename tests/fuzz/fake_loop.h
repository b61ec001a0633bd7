/* shared/loop without sockets: one connection that is fed by hand, and a clock that stands still
 * until it is moved. What it defines stands in for the real one in the program that includes it. */
#ifndef FUZZ_FAKE_LOOP_H
#define FUZZ_FAKE_LOOP_H

#include "base/buf.h"
#include "fuzz.h"
#include "loop/loop.h"
#include "loop/stream.h"

struct loop_stream {
    const struct loop_stream_events *events;
    void *data;
    struct buf out; /* all that was written */
    size_t unsent;
    bool slow; /* keeps back what is written until fake_drain */
    bool paused, ended, freed, ours_ended;
};

struct loop_listener {
    void (*accepted)(void *data, struct loop_stream *stream);
    void *data;
};

struct loop_timer {
    void (*fired)(void *data);
    void *data;
};

static int64_t fake_now_ms;
static struct loop_listener fake_listener;
static struct loop_timer fake_timer;

int64_t loop_now_ms(const struct loop *loop)
{
    (void)loop;
    return fake_now_ms;
}

struct loop_timer *loop_timer_new(struct loop *loop, void (*fired)(void *data), void *data)
{
    (void)loop;
    fake_timer = (struct loop_timer){fired, data};
    return &fake_timer;
}

void loop_timer_start(struct loop_timer *timer, int64_t after_ms, int64_t repeat_ms)
{
    (void)timer, (void)after_ms, (void)repeat_ms;
}

void loop_timer_stop(struct loop_timer *timer)
{
    (void)timer; /* it only fires where a test makes it */
}

bool loop_timer_is_running(const struct loop_timer *timer)
{
    (void)timer;
    return true;
}

void loop_timer_free(struct loop_timer *timer)
{
    timer->fired = NULL;
}

int loop_listen(struct loop *loop, const char *address,
                void (*accepted)(void *data, struct loop_stream *stream), void *data,
                struct loop_listener **ret_listener)
{
    (void)loop, (void)address;
    fake_listener = (struct loop_listener){accepted, data};
    *ret_listener = &fake_listener;
    return 0;
}

int loop_listener_port(const struct loop_listener *listener)
{
    (void)listener;
    return 0;
}

void loop_listener_free(struct loop_listener *listener)
{
    (void)listener;
}

void loop_stream_start(struct loop_stream *stream, const struct loop_stream_events *events,
                       void *data)
{
    stream->events = events;
    stream->data = data;
}

int loop_stream_write(struct loop_stream *stream, struct span bytes)
{
    HOLDS(!stream->freed && !stream->ours_ended);
    buf_add(&stream->out, bytes.data, bytes.size);
    if (stream->slow)
        stream->unsent += bytes.size;
    return 0;
}

size_t loop_stream_unsent(const struct loop_stream *stream)
{
    HOLDS(!stream->freed);
    return stream->unsent;
}

void loop_stream_pause(struct loop_stream *stream)
{
    HOLDS(!stream->freed);
    stream->paused = true;
}

void loop_stream_resume(struct loop_stream *stream)
{
    HOLDS(!stream->freed);
    stream->paused = false;
}

void loop_stream_shutdown(struct loop_stream *stream)
{
    HOLDS(!stream->freed);
    stream->ours_ended = true;
}

void loop_stream_free(struct loop_stream *stream)
{
    if (!stream)
        return;
    HOLDS(!stream->freed);
    stream->freed = true;
}

int loop_stream_peer(const struct loop_stream *stream, uint8_t ret_address[static 16])
{
    (void)stream;
    memset(ret_address, 1, 16);
    return 0;
}

static inline bool fake_is_open(const struct loop_stream *stream)
{
    return !stream->freed && !stream->ended;
}

static inline void fake_drain(struct loop_stream *stream)
{
    if (stream->freed || !stream->unsent)
        return;
    stream->unsent = 0;
    stream->events->drained(stream->data);
}

static inline void fake_end(struct loop_stream *stream, int error)
{
    if (!fake_is_open(stream))
        return;
    stream->ended = true;
    stream->events->ended(stream->data, error);
}

static inline void fake_tick(int64_t after_ms)
{
    fake_now_ms += after_ms;
    if (fake_timer.fired)
        fake_timer.fired(fake_timer.data);
}

#endif
