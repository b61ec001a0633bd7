/* A co-located fleet under a pace of commands through HTTP, and whether it keeps up with them. */
#ifndef BENCH_SITE_H
#define BENCH_SITE_H

#include <stdatomic.h>

#include "edge.h"

struct lag_sample {
    double at_s, lag;
};

struct site {
    struct bench *bench;
    pid_t fleet;
    struct load *load;
    atomic_size_t accepted; /* in all */
    atomic_bool sampling;
    int64_t began_us;
    struct lag_sample *samples; /* of the last run */
    size_t sample_count;
};

/* What came of one run at a pace. */
struct attempt {
    bool held;
    double slope, most; /* of the lag: commands a second, commands */
    double p50_ms, p99_ms;
    size_t unsent;
    struct costs used;
    double answers;
};

/* Starts the fleet, and lets it warm up. */
void site_open(struct site *site, struct bench *bench);
void site_close(struct site *site); /* ends the fleet */

/* Until all that was accepted is applied. */
void site_wait_drained(struct site *site);

/* Begins drained. A pace is held if every answer is a 202, none is late, and the commands that were
 * accepted and are not applied yet do not become more. */
struct attempt site_attempt(struct site *site, double per_s, double seconds);

/* The highest pace that is held for so long, within a sixteenth. */
double site_search(struct site *site, double seconds);

#endif
