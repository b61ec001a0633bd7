/* A counter whose hash depends on every number and on their order. */
#ifndef TALLY_COUNTER_H
#define TALLY_COUNTER_H

#include <stdint.h>

#include "contracts/tally_ids.h"

struct counter_key {
    struct counter_id counter;
};
struct counter {
    struct counter_key key;
    int64_t h;      /* counter_hash over all numbers, from 0 */
    int64_t count;  /* how many */
    int32_t weight; /* the last one that was given */
};

/* FNV-1a's step with all eight bytes at once, and a mix, so that no two orders of the same numbers
 * end alike. Tests compute the same to know what must come out. */
int64_t counter_hash(int64_t h, int64_t sequence);

void counter_add(struct counter *counter, int64_t sequence);

#endif
