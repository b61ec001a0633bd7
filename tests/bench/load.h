/* An HTTP client for load: some connections on one thread, each with one request under way. Closed:
 * the next request follows the answer. Open: requests are due at a pace, and how long an answer
 * took is counted from when its request was due, whether a connection was free then or not. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct load;

/* Of the last run. */
struct load_result {
    size_t accepted; /* answers with the status that is expected */
    size_t others;   /* other answers, and connections that broke */
    size_t unsent; /* requests that were due, and for which no connection was free until the end */
    double seconds;
    char first_other[256];
};

/* Connects. The requests are borrowed; they follow one another at random, and 202 is expected. */
struct load *load_open(const char *address, size_t connections, const struct buf *requests,
                       size_t request_count);
void load_close(struct load *load);

/* From here on: the requests in their order, beginning with the first, over and over. */
void load_in_order(struct load *load);
void load_expect(struct load *load, int status);

/* An answer as expected. Moments are of monotonic_us. */
struct load_answer {
    const struct buf *request;
    int64_t due_us, came_us;
    const char *text; /* all of it, NUL-terminated */
};
void load_tell(struct load *load, void (*answered)(void *data, const struct load_answer *answer),
               void *data);

/* Sends for so long, and waits for the answers that are under way. */
struct load_result load_run(struct load *load, double seconds);

/* The same, open, so many a second. Whatever is due and not sent when the time is over is not sent
 * any more; it counts among the latencies with what it had waited. */
struct load_result load_run_at(struct load *load, double per_s, double seconds);

/* Closed, `count` requests at the most. */
struct load_result load_run_most(struct load *load, size_t count, double seconds);

/* How long the answers of the last run took at most, but for the slowest: share 0.5 is the median.
 * Milliseconds. */
double load_latency_ms(struct load *load, double share);

#endif
