/* Opens messages: what each is, whether it is believed, who handles it, and how many make up a
 * batch. */
#include <errno.h>
#include <stdio.h>

#include "runtime/lane_batch.h"
#include "runtime/record.h"

static const struct handler *find_handler(const struct worker *worker,
                                          const struct message *message)
{
    for (const struct handler *handler = worker->handlers; handler->on; handler++)
        if (handler->on == message)
            return handler;
    return NULL;
}

static bool handles_type(const struct worker *worker, struct span type)
{
    for (const struct handler *handler = worker->handlers; handler->on; handler++)
        if (span_is(type, handler->on->type))
            return true;
    return false;
}

/* Another module's topic carries types that are nobody's business here: they are passed over before
 * anything is verified. */
static bool passes(const struct lane *lane, const struct item *item)
{
    return strcmp(item->message.topic, lane->topics[0]) != 0 &&
           !handles_type(lane->options.worker, envelope_type(&item->message));
}

static int open_item(struct lane *lane, struct arena *arena, struct item *item)
{
    const struct envelope_rules rules = {.keys = lane->keys,
                                         .partitions = item->partition->topic_partitions,
                                         .now = timestamp_now(),
                                         .remembered = item->remembered,
                                         .condemned = item->condemned};
    struct envelope *envelope = arena_alloc(arena, sizeof *envelope);
    int r;

    if (!envelope)
        return -ENOMEM;
    if (passes(lane, item)) {
        item->opened = FATE_PASSED;
        return 0;
    }
    r = bus_message_keep(&item->message, arena); /* many small pieces of the client's memory are
                                                    freed while they are warm */
    if (r < 0)
        return r;
    r = envelope_open(&item->message, &rules, arena, envelope, item->detail);
    if (r < 0)
        return r;
    if (envelope->unknown_key && lane->keys_loaded_ms < item->fetched_ms)
        return -ENOKEY; /* a credential is there before what it signs: look before refusing */
    item->envelope = envelope;
    item->cause = (enum dead_cause)r;
    item->opened = r == DEAD_NONE ? FATE_OPEN : FATE_DEAD;
    if (r != DEAD_NONE)
        return 0;
    item->handler = find_handler(lane->options.worker, envelope->message);
    if (!item->handler) {
        item->opened = FATE_DEAD;
        item->cause = DEAD_UNKNOWN_TYPE;
        snprintf(item->detail, sizeof item->detail, "worker %s does not handle %s", lane->module,
                 envelope->message->type);
        return 0;
    }
    item->command = (struct command){
        .tenant = envelope->tenant,
        .actor = envelope->actor,
        .at = envelope->time,
        .id = envelope->id,
        .body = envelope->body,
        .settings = lane->options.settings,
    };
    if (envelope->actor.kind == ACTOR_PRODUCER)
        item->delay_ms = quota_take(lane, envelope->actor.text, envelope->message->cost);
    item->over_quota = item->delay_ms > 0;
    return 0;
}

/* Did a command before this one change the rights in its tenant? Then it must be judged by what
 * that one commits. */
static bool waits_for_rights(const struct batch *batch, const struct item *item)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct item *before = &batch->items[i];

        if (before->opened == FATE_OPEN && before->envelope->message->changes_rights &&
            uuid_equal(before->envelope->tenant.uuid, item->envelope->tenant.uuid))
            return true;
    }
    return false;
}

int batch_open(struct batch *batch)
{
    bool rights_change = false;

    for (batch->count = 0; batch->count < batch->most; batch->count++) {
        struct item *item = &batch->items[batch->count];
        int r = item->opened == FATE_UNREAD ? open_item(batch->lane, batch->messages, item) : 0;

        if (r == -ENOMEM && batch->count > 0)
            break; /* the rest goes into the next batch */
        if (r < 0)
            return r;
        if (batch->parked && item->over_quota) {
            if (batch->count == 0)
                return -EDQUOT;
            break;
        }
        if (item->opened == FATE_OPEN && rights_change && waits_for_rights(batch, item))
            break;
        rights_change |= item->opened == FATE_OPEN && item->envelope->message->changes_rights;
        item->fate = item->opened;
        item->insert = item->update = false;
    }
    return 0;
}

/* A suspect waits until its row says that it is tried, and whatever goes wrong is found out when
 * its turn comes. */
void open_ahead(struct lane *lane)
{
    struct arena *arena = lane->messages[lane->front ^ 1];

    for (size_t i = lane->front_count; i < lane->queued; i++) {
        struct item *item = &lane->queue[i];

        if (suspect_is(item) || (item->opened == FATE_UNREAD && open_item(lane, arena, item) < 0))
            return;
    }
}
