/* Timers, watches, wakes, signals and turns over libuv's handles. A handle can only be freed after
 * libuv has closed it, a turn later: each object holds its handle, and the handle's `data` points
 * back to the object that is to be freed. */
#include "loop/loop.h"

#include <signal.h>
#include <stdlib.h>

#include "loop/loop_private.h"

struct loop_timer {
    uv_timer_t uv;
    void (*fired)(void *data);
    void *data;
};

struct loop_watch {
    uv_poll_t uv;
    int wanted; /* of libuv's events */
    void (*ready)(void *data, unsigned events);
    void *data;
};

struct loop_wake {
    uv_async_t uv;
    void (*woken)(void *data);
    void *data;
};

struct loop_signal {
    uv_signal_t uv;
    void (*caught)(void *data);
    void *data;
};

struct loop_turn {
    struct loop *loop;
    struct loop_turn *next;
    void (*over)(void *data); /* NULL: freed during a turn, and unlinked after it */
    void *data;
};

static void free_object(uv_handle_t *handle)
{
    free(handle->data);
}

void loop_close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, handle->data ? free_object : NULL);
}

static void unlink_freed_turns(struct loop *loop)
{
    struct loop_turn **at = &loop->turns;

    while (*at) {
        struct loop_turn *turn = *at;

        if (turn->over) {
            at = &turn->next;
            continue;
        }
        *at = turn->next;
        free(turn);
    }
}

static void run_turns(struct loop *loop)
{
    for (struct loop_turn *turn = loop->turns; turn; turn = turn->next)
        if (turn->over)
            turn->over(turn->data);
    unlink_freed_turns(loop);
}

static void on_before_wait(uv_prepare_t *uv)
{
    run_turns((struct loop *)uv->loop->data);
}

static void on_after_wait(uv_check_t *uv)
{
    run_turns((struct loop *)uv->loop->data);
}

struct loop *loop_new(void)
{
    struct loop *loop = calloc(1, sizeof *loop);

    if (!loop)
        return NULL;
    loop->read_bytes = malloc(LOOP_READ_BYTES);
    if (!loop->read_bytes || uv_loop_init(&loop->uv) < 0) {
        free(loop->read_bytes);
        free(loop);
        return NULL;
    }
    signal(SIGPIPE, SIG_IGN);
    loop->uv.data = loop;
    uv_prepare_init(&loop->uv, &loop->before_wait);
    uv_check_init(&loop->uv, &loop->after_wait);
    loop->before_wait.data = loop->after_wait.data = NULL;
    uv_prepare_start(&loop->before_wait, on_before_wait);
    uv_check_start(&loop->after_wait, on_after_wait);
    return loop;
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

static void close_one(uv_handle_t *handle, void *unused)
{
    (void)unused;
    loop_close_handle(handle);
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    uv_walk(&loop->uv, close_one, NULL);
    while (uv_loop_close(&loop->uv) == UV_EBUSY)
        uv_run(&loop->uv, UV_RUN_ONCE);
    for (struct loop_turn *turn = loop->turns; turn; turn = turn->next)
        turn->over = NULL;
    unlink_freed_turns(loop);
    free(loop->read_bytes);
    free(loop);
}

int64_t loop_now_ms(const struct loop *loop)
{
    return (int64_t)uv_now(&loop->uv);
}

static void on_timer(uv_timer_t *uv)
{
    struct loop_timer *timer = uv->data;

    timer->fired(timer->data);
}

struct loop_timer *loop_timer_new(struct loop *loop, void (*fired)(void *data), void *data)
{
    struct loop_timer *timer = calloc(1, sizeof *timer);

    if (!timer)
        return NULL;
    uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    timer->fired = fired;
    timer->data = data;
    return timer;
}

static uint64_t not_negative(int64_t ms)
{
    return ms > 0 ? (uint64_t)ms : 0;
}

void loop_timer_start(struct loop_timer *timer, int64_t after_ms, int64_t repeat_ms)
{
    uv_timer_start(&timer->uv, on_timer, not_negative(after_ms), not_negative(repeat_ms));
}

void loop_timer_stop(struct loop_timer *timer)
{
    uv_timer_stop(&timer->uv);
}

bool loop_timer_is_running(const struct loop_timer *timer)
{
    return uv_is_active((const uv_handle_t *)&timer->uv);
}

void loop_timer_free(struct loop_timer *timer)
{
    if (timer)
        loop_close_handle((uv_handle_t *)&timer->uv);
}

static void on_poll(uv_poll_t *uv, int status, int events)
{
    struct loop_watch *watch = uv->data;
    unsigned ready = 0;

    if (status < 0)
        watch->wanted = 0; /* libuv has stopped it */
    if (status < 0 || (events & (UV_READABLE | UV_DISCONNECT)))
        ready |= LOOP_READABLE;
    if (events & UV_WRITABLE)
        ready |= LOOP_WRITABLE;
    watch->ready(watch->data, ready);
}

struct loop_watch *loop_watch_new(struct loop *loop, int fd,
                                  void (*ready)(void *data, unsigned events), void *data)
{
    struct loop_watch *watch = calloc(1, sizeof *watch);

    if (!watch)
        return NULL;
    if (uv_poll_init(&loop->uv, &watch->uv, fd) < 0) {
        free(watch);
        return NULL;
    }
    watch->uv.data = watch;
    watch->ready = ready;
    watch->data = data;
    return watch;
}

void loop_watch_set(struct loop_watch *watch, unsigned events)
{
    int wanted =
        (events & LOOP_READABLE ? UV_READABLE : 0) | (events & LOOP_WRITABLE ? UV_WRITABLE : 0);

    /* libuv would take the descriptor out of the kernel's set and put it in again. */
    if (wanted == watch->wanted)
        return;
    watch->wanted = wanted;
    if (wanted)
        uv_poll_start(&watch->uv, wanted, on_poll);
    else
        uv_poll_stop(&watch->uv);
}

void loop_watch_free(struct loop_watch *watch)
{
    if (watch)
        loop_close_handle((uv_handle_t *)&watch->uv);
}

static void on_async(uv_async_t *uv)
{
    struct loop_wake *wake = uv->data;

    wake->woken(wake->data);
}

struct loop_wake *loop_wake_new(struct loop *loop, void (*woken)(void *data), void *data)
{
    struct loop_wake *wake = calloc(1, sizeof *wake);

    if (!wake)
        return NULL;
    if (uv_async_init(&loop->uv, &wake->uv, on_async) < 0) {
        free(wake);
        return NULL;
    }
    wake->uv.data = wake;
    wake->woken = woken;
    wake->data = data;
    return wake;
}

void loop_wake_send(struct loop_wake *wake)
{
    uv_async_send(&wake->uv);
}

void loop_wake_free(struct loop_wake *wake)
{
    if (wake)
        loop_close_handle((uv_handle_t *)&wake->uv);
}

static void on_signal(uv_signal_t *uv, int signum)
{
    struct loop_signal *caught = uv->data;

    (void)signum;
    caught->caught(caught->data);
}

struct loop_signal *loop_signal_new(struct loop *loop, int signum, void (*caught)(void *data),
                                    void *data)
{
    struct loop_signal *object = calloc(1, sizeof *object);

    if (!object)
        return NULL;
    uv_signal_init(&loop->uv, &object->uv);
    object->uv.data = object;
    object->caught = caught;
    object->data = data;
    if (uv_signal_start(&object->uv, on_signal, signum) < 0) {
        loop_signal_free(object);
        return NULL;
    }
    return object;
}

void loop_signal_free(struct loop_signal *signal)
{
    if (signal)
        loop_close_handle((uv_handle_t *)&signal->uv);
}

struct loop_turn *loop_turn_new(struct loop *loop, void (*over)(void *data), void *data)
{
    struct loop_turn *turn = calloc(1, sizeof *turn);

    if (!turn)
        return NULL;
    *turn = (struct loop_turn){.loop = loop, .next = loop->turns, .over = over, .data = data};
    loop->turns = turn;
    return turn;
}

void loop_turn_free(struct loop_turn *turn)
{
    if (turn)
        turn->over = NULL;
}
