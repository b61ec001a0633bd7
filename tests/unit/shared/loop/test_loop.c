/* Timers, watches, wakes, signals and turns, on a real loop. */
#include <CUnit/CUnit.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/date.h"
#include "loop/loop.h"

struct fixture {
    struct loop *loop;
    struct loop_timer *timer;
    struct loop_watch *watch;
    struct loop_wake *wake;
    struct loop_turn *turn;
    int count, turns;
    int pipe[2];
};

static void count_to_three(void *data)
{
    struct fixture *f = data;

    if (++f->count == 3) {
        loop_timer_stop(f->timer);
        loop_stop(f->loop);
    }
}

void test_a_timer_fires_again_until_it_is_stopped(void)
{
    struct fixture f = {.loop = loop_new()};
    int64_t began = monotonic_ms();

    f.timer = loop_timer_new(f.loop, count_to_three, &f);
    CU_ASSERT_FALSE(loop_timer_is_running(f.timer));
    loop_timer_start(f.timer, 10, 10);
    CU_ASSERT_TRUE(loop_timer_is_running(f.timer));
    loop_run(f.loop);
    CU_ASSERT_EQUAL(f.count, 3);
    CU_ASSERT(monotonic_ms() - began >= 20);
    CU_ASSERT_FALSE(loop_timer_is_running(f.timer));
    loop_timer_free(f.timer);
    loop_free(f.loop);
}

static void free_itself(void *data)
{
    struct fixture *f = data;

    loop_timer_free(f->timer);
    loop_stop(f->loop);
}

void test_a_timer_may_be_freed_by_its_own_callback(void)
{
    struct fixture f = {.loop = loop_new()};

    f.timer = loop_timer_new(f.loop, free_itself, &f);
    loop_timer_start(f.timer, 0, 1);
    loop_run(f.loop);
    loop_free(f.loop);
}

static void read_pipe(void *data, unsigned events)
{
    struct fixture *f = data;
    char byte;

    CU_ASSERT_EQUAL(events, LOOP_READABLE);
    CU_ASSERT_EQUAL(read(f->pipe[0], &byte, 1), 1);
    loop_watch_free(f->watch);
    loop_stop(f->loop);
}

void test_a_watch_tells_when_a_descriptor_is_readable(void)
{
    struct fixture f = {.loop = loop_new()};

    CU_ASSERT_EQUAL_FATAL(pipe(f.pipe), 0);
    f.watch = loop_watch_new(f.loop, f.pipe[0], read_pipe, &f);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f.watch);
    loop_watch_set(f.watch, LOOP_READABLE);
    CU_ASSERT_EQUAL(write(f.pipe[1], "x", 1), 1);
    loop_run(f.loop);
    loop_free(f.loop);
    close(f.pipe[0]);
    close(f.pipe[1]);
}

static void set_again(void *data, unsigned events)
{
    struct fixture *f = data;

    CU_ASSERT_EQUAL(events, LOOP_READABLE);
    loop_watch_set(f->watch, LOOP_READABLE);
    if (++f->count == 3)
        loop_stop(f->loop);
}

void test_a_watch_may_be_set_to_what_it_is(void)
{
    struct fixture f = {.loop = loop_new()};

    CU_ASSERT_EQUAL_FATAL(pipe(f.pipe), 0);
    f.watch = loop_watch_new(f.loop, f.pipe[0], set_again, &f);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f.watch);
    loop_watch_set(f.watch, LOOP_READABLE);
    loop_watch_set(f.watch, 0);
    loop_watch_set(f.watch, LOOP_READABLE);
    loop_watch_set(f.watch, LOOP_READABLE);
    CU_ASSERT_EQUAL(write(f.pipe[1], "x", 1), 1);
    loop_run(f.loop);
    CU_ASSERT_EQUAL(f.count, 3);
    loop_watch_free(f.watch);
    loop_free(f.loop);
    close(f.pipe[0]);
    close(f.pipe[1]);
}

/* libuv watches it no more then, until it is told to. */
void test_a_failed_descriptor_is_watched_again_when_that_is_wanted(void)
{
    struct fixture f = {.loop = loop_new()};

    CU_ASSERT_EQUAL_FATAL(pipe(f.pipe), 0);
    close(f.pipe[0]);
    f.watch = loop_watch_new(f.loop, f.pipe[1], set_again, &f);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f.watch);
    loop_watch_set(f.watch, LOOP_READABLE);
    loop_run(f.loop);
    CU_ASSERT_EQUAL(f.count, 3);
    loop_watch_free(f.watch);
    loop_free(f.loop);
    close(f.pipe[1]);
}

void test_what_cannot_be_watched_is_refused(void)
{
    struct loop *loop = loop_new();

    CU_ASSERT_PTR_NULL(loop_watch_new(loop, -1, read_pipe, NULL));
    CU_ASSERT_PTR_NULL(loop_signal_new(loop, SIGKILL, free_itself, NULL));
    loop_free(loop);
}

static void on_wake(void *data)
{
    struct fixture *f = data;

    f->count++;
    loop_stop(f->loop);
}

static void *send_wake(void *data)
{
    usleep(10000);
    loop_wake_send(((struct fixture *)data)->wake);
    return NULL;
}

void test_another_thread_wakes_the_loop(void)
{
    struct fixture f = {.loop = loop_new()};
    pthread_t thread;

    f.wake = loop_wake_new(f.loop, on_wake, &f);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, send_wake, &f), 0);
    loop_run(f.loop);
    pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(f.count, 1);
    loop_wake_free(f.wake);
    loop_free(f.loop);
}

static void raise_signal(void *data)
{
    (void)data;
    kill(getpid(), SIGUSR1);
}

void test_a_signal_becomes_a_callback(void)
{
    struct fixture f = {.loop = loop_new()};
    struct loop_signal *caught = loop_signal_new(f.loop, SIGUSR1, on_wake, &f);

    f.timer = loop_timer_new(f.loop, raise_signal, &f);
    loop_timer_start(f.timer, 1, 0);
    loop_run(f.loop);
    CU_ASSERT_EQUAL(f.count, 1);
    loop_signal_free(caught);
    loop_timer_free(f.timer);
    loop_free(f.loop);
}

static void end_turn(void *data)
{
    struct fixture *f = data;

    if (f->count) {
        f->turns++;
        loop_turn_free(f->turn);
        loop_stop(f->loop);
    }
}

static void begin_turn(void *data)
{
    ((struct fixture *)data)->count = 1;
}

void test_a_turn_ends_before_the_loop_waits_again(void)
{
    struct fixture f = {.loop = loop_new()};
    int64_t began = monotonic_ms();

    f.turn = loop_turn_new(f.loop, end_turn, &f);
    f.timer = loop_timer_new(f.loop, begin_turn, &f);
    loop_timer_start(f.timer, 1, 10000);
    loop_run(f.loop);
    CU_ASSERT_EQUAL(f.turns, 1);
    CU_ASSERT(monotonic_ms() - began < 5000);
    loop_timer_free(f.timer);
    loop_free(f.loop);
}
