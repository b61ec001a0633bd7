/* Takes what the consumer has for the lane into its queue. */
#include <errno.h>

#include "runtime/lane_state.h"

enum {
    FETCH_MS = 200,  /* and then a turn is due, whatever comes */
    BACKLOG_MS = 20, /* for a full batch, when there is one */
    HEAR_MS = 1000,  /* the group, also while a front takes many batches and there is no room */
};

/* While nothing may be tried, or too much waits for Kafka, no more is fetched; polling goes on, for
 * it keeps the membership. */
void fetch_pause(struct lane *lane, bool pause)
{
    struct bus_partition list[LANE_MAX_PARTITIONS];
    size_t count = 0;

    if (lane->paused == pause || lane->assignment)
        return;
    for (size_t i = 0; i < lane->partition_count; i++)
        if (!lane->partitions[i]->stopped)
            list[count++] = lane->partitions[i]->at;
    if (count > 0 && (pause ? bus_consumer_pause(lane->consumer, list, count)
                            : bus_consumer_resume(lane->consumer, list, count)) < 0)
        return; /* the group changed meanwhile; a rebalance tells the rest */
    lane->paused = pause;
    watch_consuming(lane);
}

/* Where the partition's next message would be wrong, nothing of it is taken: a rewound or given-up
 * partition. */
static void take(struct lane *lane, struct partition *p, struct bus_message *message)
{
    if (p)
        watch_heard(p);
    if (!p || p->stopped || message->offset < p->fetched || !position_accepts(lane, p, message)) {
        bus_message_release(message);
        return;
    }
    if (queue_push(lane, message, p) < 0) {
        lane->rejoin = true; /* no memory: it comes again from the position */
        bus_message_release(message);
        return;
    }
    p->fetched = message->offset + 1;
}

static void out_of_range(struct lane *lane, const struct bus_message *message)
{
    struct partition *p = claim_find(lane, message->topic, message->partition);

    if (!p || p->stopped || position_doubts(lane, p))
        return;
    claim_stop(lane, p);
    log_error(&lane->log,
              "partition %s/%d stops: the topic has no offset %lld, so it was deleted and made "
              "again, or messages are gone; see which, then set the position in %s.position, and "
              "its digest to null",
              message->topic, message->partition, (long long)p->fetched, lane->module);
}

static void reached_end(struct lane *lane, const struct bus_message *message)
{
    struct partition *p = claim_find(lane, message->topic, message->partition);

    if (!p)
        return;
    p->reached = message->offset;
    watch_heard(p);
}

/* The longest wait for a first message: how late a tick may come. */
static int poll_ms(const struct lane *lane)
{
    return (int)lane->options.config->poll_ms;
}

void fetch_forget_kept(struct lane *lane)
{
    if (lane->kept == 1)
        bus_message_release(&lane->kept_message);
    lane->kept = 0;
}

/* What a batch had to wait with comes first. */
static int receive(struct lane *lane, int timeout_ms, struct bus_message *ret_message)
{
    int r = lane->kept;

    if (r == 0)
        return bus_consumer_poll(lane->consumer, timeout_ms, ret_message);
    *ret_message = lane->kept_message;
    lane->kept = 0;
    return r;
}

static int poll_once(struct lane *lane, int timeout_ms)
{
    struct bus_message message;
    int r;

    lane_lives(lane);
    lane->heard_ms = monotonic_ms();
    r = receive(lane, timeout_ms, &message);
    if (r == 1)
        take(lane, claim_find(lane, message.topic, message.partition), &message);
    else if (r == BUS_END)
        reached_end(lane, &message);
    else if (r == -ERANGE)
        out_of_range(lane, &message);
    else if (r < 0)
        return r;
    else
        lane->watch.drained_ms = monotonic_ms();
    return r == 1;
}

int fetch_one(struct lane *lane)
{
    return poll_once(lane, poll_ms(lane));
}

static bool has_backlog(struct lane *lane)
{
    for (size_t i = 0; i < lane->partition_count; i++) {
        const struct partition *p = lane->partitions[i];
        int64_t end = bus_consumer_end(lane->consumer, p->at.topic, p->at.partition);

        if (!p->stopped && end > p->fetched && end > p->reached)
            return true;
    }
    return false;
}

/* Nothing has to be done about it but to put it into the queue. */
static bool is_plain(const struct partition *p)
{
    return !p || p->stopped || position_goes_on(p);
}

/* The items of the batch do not move, and its partitions neither go nor stop: whatever would do
 * that is kept for the next turn. */
void fetch_meanwhile(struct lane *lane)
{
    while (lane->front_closed && lane->kept == 0 && queue_has_room(lane) &&
           lane->queued < lane->queue_capacity) {
        struct bus_message message;
        int r = bus_consumer_poll_quietly(lane->consumer, &message);
        struct partition *p = r == 1 ? claim_find(lane, message.topic, message.partition) : NULL;

        if (r == 0)
            return;
        if (r == 1 && is_plain(p)) {
            take(lane, p, &message);
            continue;
        }
        lane->kept = r;
        lane->kept_message = message;
    }
}

/* What comes behind a full front is fetched while its batch is under way. The group is heard here:
 * without room for one message a second, which is what that may cost. */
static int look_behind(struct lane *lane)
{
    lane->front_closed = true;
    if (queue_make_room(lane) < 0)
        return 0;
    if (!queue_has_room(lane) && monotonic_ms() - lane->heard_ms < HEAR_MS)
        return 0;
    return poll_once(lane, 0);
}

/* Fills the front: with a backlog up to a full batch, without one with what comes within a moment
 * of the first. */
int fetch_batch(struct lane *lane)
{
    int r = lane->queued == 0 ? fetch_one(lane) : 1;
    int64_t began_ms = monotonic_ms(), waited_ms;

    while (r > 0 && !lane->front_closed && queue_has_room(lane) &&
           (waited_ms = monotonic_ms() - began_ms) < FETCH_MS) {
        r = poll_once(lane, 0);
        if (r == 0 &&
            waited_ms < (has_backlog(lane) ? BACKLOG_MS : lane->options.config->linger_ms))
            r = poll_once(lane, 1) < 0 ? -EIO : 1;
    }
    if (r >= 0 && (lane->front_closed || !queue_has_room(lane)))
        r = look_behind(lane);
    return r < 0 ? r : 0;
}
