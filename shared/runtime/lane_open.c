/* Opens messages: what each is, whether it is believed, who handles it, and how many make up a
 * batch. */
#include <errno.h>
#include <stdio.h>

#include "base/hash.h"
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

/* Rights that commands of the batch change. Besides one user's, an organization's as a whole: who
 * may act for a player follows from other people's places. */
struct judged {
    struct uuid tenant;
    struct uuid user; /* nobody: the organization's */
    bool anybody;     /* its contract does not say whose: everybody is judged anew */
};

static bool is_judged(const void *a, const void *b)
{
    const struct judged *x = a, *y = b;

    return uuid_equal(x->tenant, y->tenant) && uuid_equal(x->user, y->user);
}

static uint64_t hash_judged(struct uuid tenant, struct uuid user)
{
    return hash_bytes(hash_bytes(0, &tenant, sizeof tenant), &user, sizeof user);
}

static struct judged *find_judged(const struct batch *batch, struct uuid tenant, struct uuid user)
{
    const struct judged key = {.tenant = tenant, .user = user};

    return map_find(&batch->rights, hash_judged(tenant, user), is_judged, &key);
}

static int note_judged(struct batch *batch, struct uuid tenant, struct uuid user, bool anybody)
{
    struct judged *judged = find_judged(batch, tenant, user);

    if (judged) {
        judged->anybody |= anybody;
        return 0;
    }
    judged = arena_alloc(batch->arena, sizeof *judged);
    if (!judged)
        return -ENOMEM;
    *judged = (struct judged){tenant, user, anybody};
    return map_add(&batch->rights, batch->arena, hash_judged(tenant, user), judged);
}

static int note_rights(struct batch *batch, const struct item *item)
{
    const struct field *field = item->envelope->message->rights_field;
    const struct uuid tenant = item->envelope->tenant.uuid;
    struct uuid user;
    int r = note_judged(batch, tenant, (struct uuid){{0}}, !field);

    if (r < 0 || !field)
        return r;
    memcpy(&user, (const char *)item->command.body + field->offset, sizeof user);
    return note_judged(batch, tenant, user, false);
}

/* Did a command before this one change the rights by which it is judged? Then it must be judged by
 * what that one commits. */
static bool waits_for_rights(const struct batch *batch, const struct item *item)
{
    const struct uuid tenant = item->envelope->tenant.uuid;
    const struct judged *all = find_judged(batch, tenant, (struct uuid){{0}});

    return all && item->command.actor.kind == ACTOR_USER &&
           (all->anybody || item->envelope->message->scope == SCOPE_PLAYER ||
            find_judged(batch, tenant, item->command.actor.user.uuid));
}

int batch_open(struct batch *batch)
{
    for (batch->count = 0; batch->count < batch->most; batch->count++) {
        struct item *item = &batch->items[batch->count];
        int r = item->opened == FATE_UNREAD ? open_item(batch->lane, batch->messages, item) : 0;

        if (r == 0 && batch->parked && item->over_quota)
            r = -EDQUOT;
        if (r == 0 && item->opened == FATE_OPEN && waits_for_rights(batch, item))
            break;
        if (r == 0 && item->opened == FATE_OPEN && item->envelope->message->changes_rights)
            r = note_rights(batch, item);
        if ((r == -ENOMEM || r == -EDQUOT) && batch->count > 0)
            break; /* the rest goes into the next batch */
        if (r < 0)
            return r;
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
