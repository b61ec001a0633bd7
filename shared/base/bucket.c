#include "base/bucket.h"

void bucket_fill(struct bucket *bucket, const struct bucket_limit *limit, int64_t now_ms)
{
    const int64_t most = limit->burst * 1000;
    const int64_t elapsed_ms = now_ms - bucket->at_ms;

    /* So long ago, or never, that it is full whatever it was: and the product fits. */
    if (bucket->at_ms == 0 || elapsed_ms > bucket_full_ms(bucket, limit))
        bucket->left_milli = most;
    else if (elapsed_ms > 0)
        bucket->left_milli += limit->per_s * elapsed_ms;
    if (bucket->left_milli > most)
        bucket->left_milli = most;
    bucket->at_ms = now_ms;
}

/* What must be there, in thousandths. */
static int64_t needed(const struct bucket_limit *limit, int64_t cost)
{
    return (cost < limit->burst ? cost : limit->burst) * 1000;
}

bool bucket_has(const struct bucket *bucket, const struct bucket_limit *limit, int64_t cost)
{
    return limit->per_s == 0 || bucket->left_milli >= needed(limit, cost);
}

void bucket_take(struct bucket *bucket, int64_t cost)
{
    bucket->left_milli -= cost * 1000;
}

static int64_t until(const struct bucket *bucket, const struct bucket_limit *limit, int64_t milli)
{
    if (limit->per_s == 0 || bucket->left_milli >= milli)
        return 0;
    return (milli - bucket->left_milli + limit->per_s - 1) / limit->per_s;
}

int64_t bucket_wait_ms(const struct bucket *bucket, const struct bucket_limit *limit, int64_t cost)
{
    return until(bucket, limit, needed(limit, cost));
}

int64_t bucket_full_ms(const struct bucket *bucket, const struct bucket_limit *limit)
{
    return until(bucket, limit, limit->burst * 1000);
}
