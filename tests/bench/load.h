/* An HTTP client for load: some connections on one thread, each with one request under way, which
 * follow one another at random. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct load;

/* Of the last run. */
struct load_result {
    size_t accepted; /* answers 202 */
    size_t others;   /* other answers, and connections that broke */
    double seconds;
    char first_other[256];
};

/* Connects. The requests are borrowed. */
struct load *load_open(const char *address, size_t connections, const struct buf *requests,
                       size_t request_count);
void load_close(struct load *load);

/* Sends for so long, and waits for the answers that are under way. */
struct load_result load_run(struct load *load, double seconds);

/* How long the answers of the last run took at most, but for the slowest: share 0.5 is the median.
 * Milliseconds. */
double load_latency_ms(struct load *load, double share);

#endif
