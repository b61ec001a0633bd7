/* The lane's queue: messages that were fetched, in order. It has two groups, the front and what was
 * fetched behind it, each with an arena of its own: while the front's batch is being committed, the
 * ones behind it are opened already. A batch never has messages of both. */
#include <errno.h>
#include <stdlib.h>

#include "runtime/lane_state.h"

enum { FIRST_CAPACITY = 256 };

bool queue_has_room(const struct lane *lane)
{
    size_t size = lane->front_closed ? lane->queued - lane->front_count : lane->front_count;

    return size < (size_t)lane->options.config->batch_max &&
           lane->queued_bytes < (size_t)lane->options.config->queue_bytes;
}

static int grow(struct lane *lane, size_t capacity)
{
    struct item *queue = reallocarray(lane->queue, capacity, sizeof *queue);

    if (!queue)
        return -ENOMEM;
    lane->queue = queue;
    lane->queue_capacity = capacity;
    return 0;
}

int queue_make_room(struct lane *lane)
{
    size_t capacity = lane->front_count + (size_t)lane->options.config->batch_max;

    return lane->queue_capacity >= capacity ? 0 : grow(lane, capacity);
}

int queue_push(struct lane *lane, const struct bus_message *message, struct partition *p)
{
    if (lane->queued == lane->queue_capacity &&
        grow(lane, lane->queue_capacity ? lane->queue_capacity * 2 : FIRST_CAPACITY) < 0)
        return -ENOMEM;
    lane->queue[lane->queued] = (struct item){.message = *message,
                                              .bytes = bus_message_bytes(message),
                                              .fetched_ms = monotonic_ms(),
                                              .partition = p};
    lane->queued_bytes += lane->queue[lane->queued].bytes;
    lane->queue[lane->queued++].message.topic = p->at.topic; /* it outlives the client's memory */
    if (!lane->front_closed)
        lane->front_count++;
    return 0;
}

static void release(struct lane *lane, struct item *item)
{
    lane->queued_bytes -= item->bytes;
    bus_message_release(&item->message);
}

/* A front may take many batches. Where nothing of its rest was opened yet, the memory of those that
 * are done serves it. */
static void reuse_memory(struct lane *lane)
{
    if (lane->queue[0].opened == FATE_UNREAD && lane->queue[0].message.handle)
        arena_reset(lane->messages[lane->front]);
}

/* What was behind an empty front becomes the front, and may grow. */
static void advance(struct lane *lane)
{
    if (lane->front_count > 0) {
        reuse_memory(lane);
        return;
    }
    arena_reset(lane->messages[lane->front]);
    lane->front ^= 1;
    lane->front_count = lane->queued;
    lane->front_closed = false;
    if (lane->queued == 0)
        arena_reset(lane->messages[lane->front]);
}

void queue_drop(struct lane *lane, size_t count)
{
    for (size_t i = 0; i < count; i++)
        release(lane, &lane->queue[i]);
    memmove(lane->queue, lane->queue + count, (lane->queued - count) * sizeof *lane->queue);
    lane->queued -= count;
    lane->front_count -= count;
    advance(lane);
}

void queue_forget(struct lane *lane, const struct partition *partition)
{
    size_t kept = 0, front = 0;

    for (size_t i = 0; i < lane->queued; i++) {
        if (lane->queue[i].partition == partition) {
            release(lane, &lane->queue[i]);
            continue;
        }
        front += i < lane->front_count;
        lane->queue[kept++] = lane->queue[i];
    }
    lane->queued = kept;
    lane->front_count = front;
    advance(lane);
}

void queue_forget_stopped(struct lane *lane)
{
    for (size_t i = 0; i < lane->partition_count; i++)
        if (lane->partitions[i]->stopped)
            queue_forget(lane, lane->partitions[i]);
}
