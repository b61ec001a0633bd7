/* Where a sweep over a table's heap stands: round after round over all of its blocks, in steps of a
 * few, at a pace that lasts for the round. Numbers only; lane_retention.c does what they say. */
#ifndef RUNTIME_SWEEP_H
#define RUNTIME_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

enum {
    SWEEP_ROUND_MS = 12 * 3600 * 1000, /* a round of a table that is not too large for it */
    SWEEP_BLOCKS = 64,                 /* most of a step: some thousand rows, a few milliseconds */
    SWEEP_MANY = 8,                    /* rows found a block: the next step comes soon */
    SWEEP_SOON_MS = 250,               /* between two steps, at the least */
    SWEEP_LATE_MS = 60000,             /* and at the most */
};

struct sweep {
    bool began;          /* somewhere: it goes on from there */
    int64_t blocks;      /* of the table, as the round found it */
    int64_t at;          /* the next block */
    int64_t left;        /* blocks of the round; 0: the next step begins another */
    int64_t found;       /* rows, in this round */
    int64_t round_ms;    /* when it began */
    int64_t complete_ms; /* when the last one ended, or as the owner sets it */
};

/* Blocks from `from` on, up to but not `to`. */
struct sweep_range {
    int64_t from, to;
};

/* Begins a round over a table that has so many blocks by now. The first of all begins at a block by
 * chance, for who is started often would never come to the last ones; the others where the one
 * before ended. A table of one step has no such blocks, and one without any is swept at once. */
void sweep_begin(struct sweep *sweep, int64_t blocks, uint64_t chance, int64_t now_ms);

/* The next step of a round that has blocks left; it does not reach beyond the table's end. */
struct sweep_range sweep_range(const struct sweep *sweep);

/* The step was done and found so many rows. True: it was the last one of its round. */
bool sweep_done(struct sweep *sweep, struct sweep_range range, int64_t rows, int64_t now_ms);

/* How long to wait behind a step that found so many rows. */
int64_t sweep_wait_ms(const struct sweep *sweep, struct sweep_range range, int64_t rows);

#endif
