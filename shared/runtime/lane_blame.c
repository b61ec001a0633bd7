/* A batch failed: is it some message's fault, and is it to be believed? What fails every message (a
 * table that lost a column, rights that were revoked, a full disk) is nobody's. */
#include <errno.h>
#include <stdio.h>

#include "runtime/lane_batch.h"

enum { WAITS = 1, CLASHES = 3, CAREFUL_MS = 10000, MINUTE_MS = 60000 };

static bool begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* A row that somebody keeps locked, or changes again and again, fails the one message that wants
 * it, and with it its batch. The first time is everybody's chance to be done with it; what is
 * parked had that already. */
static bool is_conflict(struct batch *batch, const char *sqlstate)
{
    struct lane *lane = batch->lane;
    bool waits = begins(sqlstate, "55P03") || begins(sqlstate, "57014");

    if (!waits && !begins(sqlstate, "40"))
        return false;
    lane->careful_until_ms = monotonic_ms() + CAREFUL_MS;
    if (batch->parked)
        return waits; /* who clashes with it is an operator, who will be done in a moment */
    return ++lane->conflicts > (waits ? WAITS : CLASHES);
}

static enum blame blame_of_refusal(struct batch *batch)
{
    const struct pg_failure *failure = pg_failure(batch->lane->pg);

    switch (pg_classify(failure->sqlstate)) {
    case PG_CULPRIT: /* a conflict in the inbox is somebody else's decision meanwhile */
        return failure->answer == batch->insert_statement ? BLAME_NOBODY : BLAME_CULPRIT;
    case PG_RETRY:
        return is_conflict(batch, failure->sqlstate) ? BLAME_TRANSIENT : BLAME_NOBODY;
    default:
        return BLAME_NOBODY;
    }
}

enum blame batch_blame(struct batch *batch, int r)
{
    if (batch->failed) /* a handler that breaks a rule does so each time */
        return r == -EFAULT ? BLAME_CULPRIT : BLAME_TRANSIENT;
    if (r == -EPROTO)
        return blame_of_refusal(batch);
    return r == -ENOMEM || r == -EOVERFLOW ? BLAME_TRANSIENT : BLAME_NOBODY;
}

void batch_describe(struct batch *batch, struct item *item, int r)
{
    const struct pg_failure *failure = pg_failure(batch->lane->pg);
    const char *fault = *uow_fault(batch->lane->uow) ? uow_fault(batch->lane->uow) : strerror(-r);

    if (batch->failed)
        snprintf(item->detail, sizeof item->detail, "its handler failed: %s", fault);
    else if (r == -EPROTO)
        snprintf(item->detail, sizeof item->detail, "the database refuses it: %s %s",
                 failure->sqlstate, failure->message);
    else
        snprintf(item->detail, sizeof item->detail, "%s", fault);
}

/* Only those of the last minute are kept. */
static void forget_old(struct lane *lane)
{
    int64_t since_ms = monotonic_ms() - MINUTE_MS;
    size_t kept = 0;

    for (size_t i = 0; i < lane->culprit_count; i++)
        if (lane->culprits[i].at_ms >= since_ms)
            lane->culprits[kept++] = lane->culprits[i];
    lane->culprit_count = kept;
}

/* It goes on failing: the minute begins anew, or what waits would be condemned once it is over. */
static void remember_all(struct lane *lane)
{
    for (size_t i = 0; i < lane->culprit_count; i++)
        lane->culprits[i].at_ms = monotonic_ms();
}

bool blame_is_believed(struct lane *lane, const struct item *item)
{
    const uint32_t key_hash = item->envelope->key_hash;

    forget_old(lane);
    for (size_t i = 0; i < lane->culprit_count; i++)
        if (lane->culprits[i].key_hash == key_hash)
            return true;
    if (lane->culprit_count == LANE_CULPRITS ||
        lane->culprit_count >= (size_t)lane->options.config->culprit_keys) {
        remember_all(lane);
        return false;
    }
    lane->culprits[lane->culprit_count++] =
        (struct culprit){.key_hash = key_hash, .at_ms = monotonic_ms()};
    return true;
}
