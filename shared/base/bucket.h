/* Token buckets: so many tokens come back a second, up to a burst, and each thing done takes some.
 * Pure arithmetic in thousandths of a token, which is exact by the millisecond. */
#ifndef BASE_BUCKET_H
#define BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

/* per_s to 1,000,000 and burst to 1,000,000,000. */
struct bucket_limit {
    int64_t per_s; /* tokens that come back in a second; 0: no limit at all */
    int64_t burst; /* the most that it holds; 1 or more */
};

/* Zeroed, it is filled by the first call. */
struct bucket {
    int64_t left_milli; /* below 0: a debt */
    int64_t at_ms;      /* when that was so; never 0 after the first call */
};

/* Adds what has come back until now_ms, a clock that only rises. */
void bucket_fill(struct bucket *bucket, const struct bucket_limit *limit, int64_t now_ms);

/* Has it so many tokens? What costs more than the burst may go when the bucket is full, and leaves
 * a debt: otherwise it never could. */
bool bucket_has(const struct bucket *bucket, const struct bucket_limit *limit, int64_t cost);

void bucket_take(struct bucket *bucket, int64_t cost);

/* How long until bucket_has says yes, if nobody takes anything meanwhile. */
int64_t bucket_wait_ms(const struct bucket *bucket, const struct bucket_limit *limit, int64_t cost);

/* How long until it is full again. */
int64_t bucket_full_ms(const struct bucket *bucket, const struct bucket_limit *limit);

#endif
