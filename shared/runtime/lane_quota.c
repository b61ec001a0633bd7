/* What each outside producer may send to this lane. Where so many send that there is no bucket
 * left, the last one serves all of those. */
#include <stdio.h>

#include "runtime/lane_state.h"

static struct quota *find(struct lane *lane, struct span actor)
{
    struct quota *quota = lane->quotas;

    for (size_t i = 0; i < lane->quota_count; i++, quota++)
        if (span_is(actor, quota->actor))
            return quota;
    if (lane->quota_count == LANE_QUOTAS)
        return quota - 1;
    snprintf(quota->actor, sizeof quota->actor, "%.*s", (int)actor.size, actor.data);
    lane->quota_count++;
    return quota;
}

int64_t quota_take(struct lane *lane, struct span actor, int64_t cost)
{
    const struct bucket_limit limit = {.per_s = lane->options.config->producer_per_s,
                                       .burst = lane->options.config->producer_burst};
    struct bucket *bucket = &find(lane, actor)->bucket;

    bucket_fill(bucket, &limit, monotonic_ms());
    if (!bucket_has(bucket, &limit, cost))
        return bucket_wait_ms(bucket, &limit, cost);
    bucket_take(bucket, cost);
    return 0;
}
