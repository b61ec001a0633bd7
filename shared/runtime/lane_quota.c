/* What each outside producer may send to this lane: a bucket that fills by the second. Where so
 * many send that there is no bucket left, the last one serves all of those. */
#include <stdio.h>
#include <string.h>

#include "runtime/lane_state.h"

static struct quota *find(struct lane *lane, struct span actor)
{
    struct quota *quota = lane->quotas;

    for (size_t i = 0; i < lane->quota_count; i++, quota++)
        if (span_is(actor, quota->actor))
            return quota;
    if (lane->quota_count == LANE_QUOTAS)
        return quota - 1;
    *quota = (struct quota){.tokens = (double)lane->options.config->producer_burst,
                            .filled_ms = monotonic_ms()};
    snprintf(quota->actor, sizeof quota->actor, "%.*s", (int)actor.size, actor.data);
    lane->quota_count++;
    return quota;
}

int64_t quota_take(struct lane *lane, struct span actor)
{
    const double per_ms = (double)lane->options.config->producer_per_s / 1000;
    const double most = (double)lane->options.config->producer_burst;
    int64_t now_ms = monotonic_ms();
    struct quota *quota;

    if (per_ms <= 0)
        return 0;
    quota = find(lane, actor);
    quota->tokens += (double)(now_ms - quota->filled_ms) * per_ms;
    quota->tokens = quota->tokens < most ? quota->tokens : most;
    quota->filled_ms = now_ms;
    if (quota->tokens < 1)
        return 1 + (int64_t)((1 - quota->tokens) / per_ms);
    quota->tokens -= 1;
    return 0;
}
