/* How a counter counts. */
#include "counter.h"

int64_t counter_hash(int64_t h, int64_t sequence)
{
    uint64_t x = ((uint64_t)h ^ (uint64_t)sequence) * UINT64_C(0x100000001b3);

    x ^= x >> 32;
    return (int64_t)(x + UINT64_C(0xcbf29ce484222325));
}

void counter_add(struct counter *counter, int64_t sequence)
{
    counter->h = counter_hash(counter->h, sequence);
    counter->count++;
}
