/* The event loop: sockets, timers, file descriptors of other libraries, signals and wakes from
 * other threads, as callbacks of one thread. The only place with libuv. Everything here belongs to
 * the loop's thread, except loop_wake_send. Callbacks may free any object, also their own. Objects
 * are freed before loop_free. */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

struct loop;

/* NULL without memory or file descriptors. SIGPIPE is ignored from here on: a write to a connection
 * that is gone is an error value. */
struct loop *loop_new(void);

/* Runs callbacks on this thread until loop_stop. */
void loop_run(struct loop *loop);

/* From a callback: loop_run returns when this turn is over. Before loop_run: it returns at once. */
void loop_stop(struct loop *loop);

/* NULL is allowed. Not from a callback. */
void loop_free(struct loop *loop);

/* Monotonic milliseconds as they were when this turn began. */
int64_t loop_now_ms(const struct loop *loop);

/* A timer, stopped at first. NULL without memory. */
struct loop_timer;
struct loop_timer *loop_timer_new(struct loop *loop, void (*fired)(void *data), void *data);

/* Fires after `after_ms`, and then every `repeat_ms` unless that is 0. Starting again starts over.
 */
void loop_timer_start(struct loop_timer *timer, int64_t after_ms, int64_t repeat_ms);
void loop_timer_stop(struct loop_timer *timer);
bool loop_timer_is_running(const struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer);

/* Watches a descriptor that another library owns (a pipe, libpq's socket). The watch must be freed
 * before the descriptor is closed. */
enum { LOOP_READABLE = 1, LOOP_WRITABLE = 2 };
struct loop_watch;

/* Nothing is watched until loop_watch_set. NULL without memory, or for a descriptor that cannot be
 * polled. */
struct loop_watch *loop_watch_new(struct loop *loop, int fd,
                                  void (*ready)(void *data, unsigned events), void *data);

/* LOOP_READABLE and LOOP_WRITABLE or'd, or 0. A descriptor that failed reports as readable. */
void loop_watch_set(struct loop_watch *watch, unsigned events);
void loop_watch_free(struct loop_watch *watch);

/* Wakes the loop from any thread. Several sends before the loop looks are one call. */
struct loop_wake;
struct loop_wake *loop_wake_new(struct loop *loop, void (*woken)(void *data), void *data);
void loop_wake_send(struct loop_wake *wake); /* any thread, also a signal handler */
void loop_wake_free(struct loop_wake *wake); /* no other thread may send any more */

/* Calls back for a signal of the process. NULL without memory or for a signal that can't be caught.
 */
struct loop_signal;
struct loop_signal *loop_signal_new(struct loop *loop, int signum, void (*caught)(void *data),
                                    void *data);
void loop_signal_free(struct loop_signal *signal);

/* Called whenever the loop is about to wait and just after it waited: the place to send in one go
 * what the callbacks of a turn have gathered. NULL without memory. */
struct loop_turn;
struct loop_turn *loop_turn_new(struct loop *loop, void (*over)(void *data), void *data);
void loop_turn_free(struct loop_turn *turn);

#endif
