/* A message that ends the process whenever it is run is found by suspicion. A partition that was
 * claimed again and again without moving is walked in small groups, and those of a group that
 * nobody survived one by one. Before each step its row says what it is, and how often that was said
 * of a message that stands alone: who claims next reads there what the last one did not survive.
 * Only claims and tries that nobody survived count: a lane that lives takes its own back, so no
 * storm of rebalances leads to a walk or condemns anybody. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/crash.h"
#include "runtime/lane_state.h"

enum {
    SUSPECT_CLAIMS = 3, /* without progress: something ends whoever claims it */
    SUSPECT_TRIES = 3,  /* of one message that nobody survived: it is the one */
    GROUP = 40,         /* about the root of a batch, for the fewest steps of both sizes */
    ACQUITTED_MAX = LANE_MAX_PARTITIONS,
};

/* Who crashed had fetched what he crashed of: it stands in the first batch behind the position. All
 * of it is walked, for the first that passes proves nothing about the next. */
void suspect_claimed(struct lane *lane, struct partition *p, int64_t end)
{
    int64_t most = p->next + lane->options.config->batch_max;

    p->tried = false;
    p->alone_upto = p->suspect_upto = p->tries != 0 ? p->trying + 1 : p->next;
    if (p->claims < SUSPECT_CLAIMS || end <= p->next)
        return;
    end = end < most ? end : most;
    p->suspect_upto = end > p->suspect_upto ? end : p->suspect_upto;
    log_warning(&lane->log,
                "partition %s/%d was claimed %d times and has not moved: its messages from %lld to "
                "%lld run in small groups",
                p->at.topic, p->at.partition, p->claims, (long long)p->next,
                (long long)p->suspect_upto - 1);
}

bool suspect_is(const struct item *item)
{
    return item->message.offset < item->partition->suspect_upto;
}

/* How many of the queue's first, which are suspects, run together. */
static size_t group_size(const struct item *queue, size_t most)
{
    const struct partition *p = queue->partition;
    size_t count = 1;

    if (queue->message.offset < p->alone_upto)
        return 1;
    while (count < most && count < GROUP && queue[count].partition == p &&
           suspect_is(&queue[count]))
        count++;
    return count;
}

size_t suspect_limit(const struct lane *lane)
{
    size_t most = lane->front_count < lane->limit ? lane->front_count : lane->limit;

    for (size_t i = 0; i < most; i++)
        if (suspect_is(&lane->queue[i]))
            return i == 0 ? group_size(lane->queue, most) : i;
    return most;
}

/* In a transaction of its own, for it must outlive the one that the message may end. Of a group it
 * is the last that is told. */
static int write_down(struct lane *lane, struct partition *p, int64_t offset, bool alone)
{
    struct arena *arena = uow_arena(lane->uow);
    int answer = pg_add(lane->pg, lane->sql.try,
                        (struct pg_param[]){pg_text(arena, span_text(p->at.topic)),
                                            pg_int4(arena, p->at.partition),
                                            pg_int8(arena, p->next), pg_int8(arena, p->epoch),
                                            pg_int8(arena, offset), pg_bool(arena, alone)},
                        6);
    int r = answer < 0 ? answer : pg_wait(lane->pg, lane_round_trip_ms(lane));

    if (r < 0)
        return r;
    p->trying = offset;
    p->tries = (int32_t)pg_get_int8(pg_rows(lane->pg, answer), 0, 0);
    p->tried = true;
    crash_point("after-trying");
    return 0;
}

static void condemn(struct item *item, bool prove)
{
    item->cause = DEAD_CRASH;
    item->attempts = (unsigned)item->partition->tries - 1;
    snprintf(item->detail, sizeof item->detail, "the process ended each of the %u times it ran",
             item->attempts);
    if (prove && item->opened == FATE_UNREAD)
        item->condemned = DEAD_CRASH;
    else
        item->opened = FATE_DEAD;
}

/* A message that was tried enough is proven and not decoded, so that its sender can be told; one
 * that did not survive that either is not even looked at. */
int suspect_try(struct lane *lane)
{
    struct item *item = &lane->queue[0];
    struct partition *p = item->partition;
    size_t count = suspect_limit(lane);
    int64_t offset = lane->queue[count - 1].message.offset;
    int r = 0;

    if (!suspect_is(item))
        return 0;
    if (!p->tried || p->trying != offset || (p->tries > 0) != (count == 1))
        r = write_down(lane, p, offset, count == 1);
    if (r == 0 && p->tries > SUSPECT_TRIES)
        condemn(item, p->tries == SUSPECT_TRIES + 1);
    return r;
}

void suspect_moved(struct partition *p)
{
    p->claims = p->tries = 0;
    p->trying = -1;
    p->tried = false;
}

void suspect_forget(struct lane *lane, const struct partition *p)
{
    struct bus_partition *list;

    if ((!p->tried && p->claims == 0) || lane->acquitted_count == ACQUITTED_MAX)
        return; /* where it is forgotten, the claim and the try count: more are wanted */
    list = reallocarray(lane->acquitted, lane->acquitted_count + 1, sizeof *list);
    if (!list)
        return;
    lane->acquitted = list;
    list[lane->acquitted_count] = p->at;
    list[lane->acquitted_count++].offset = p->tried ? p->trying : -1;
}

int suspect_acquit(struct lane *lane)
{
    struct arena *arena = uow_arena(lane->uow);
    struct pg_array topics, parts, offsets;
    int r;

    if (lane->acquitted_count == 0)
        return 0;
    uow_begin(lane->uow);
    pg_array_init(&topics, arena, PG_TEXT, lane->acquitted_count);
    pg_array_init(&parts, arena, PG_INT4, lane->acquitted_count);
    pg_array_init(&offsets, arena, PG_INT8, lane->acquitted_count);
    for (size_t i = 0; i < lane->acquitted_count; i++) {
        pg_array_add_span(&topics, span_text(lane->acquitted[i].topic));
        pg_array_add_int4(&parts, lane->acquitted[i].partition);
        pg_array_add_int8(&offsets, lane->acquitted[i].offset);
    }
    r = pg_add(lane->pg, lane->sql.acquit,
               (struct pg_param[]){pg_array_param(&topics), pg_array_param(&parts),
                                   pg_array_param(&offsets)},
               3);
    if (r >= 0)
        r = pg_wait(lane->pg, lane_round_trip_ms(lane));
    if (r < 0)
        return r;
    lane->acquitted_count = 0;
    return 0;
}
