/* A batch as one unit of work in one transaction: two pipelined round trips, however many messages
 * it holds.
 *
 *   open     verify and decode each message, once
 *   load     begin; what the inbox knows; for each tenant its rights and rows
 *   decide   each command in offset order, in memory
 *   save     the fence; for each tenant its changed rows; inbox, dead letters, outbox; commit
 *   publish  what the outbox got
 *
 * What does not need the database is done while it works: with a backlog a batch is published, and
 * the one behind it fetched, while the next one's load is under way, its events are signed while
 * its rows are being written, and the messages behind it are opened while it is being committed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "runtime/crash.h"
#include "runtime/lane_batch.h"

enum {
    ATTEMPTS = 2,           /* once more at once, then it is parked or a dead letter */
    EMISSIONS_MOST = 20000, /* of a batch, and what its last message emits */
};

static bool is_known_to_inbox(const struct item *item)
{
    /* What nobody proved must not be able to use up somebody's id. */
    return item->envelope && item->envelope->proven && item->cause != DEAD_WRONG_PROOF &&
           item->opened != FATE_PASSED;
}

static bool same_id(const void *a, const void *b)
{
    const struct item *x = a, *y = b;

    return uuid_equal(x->envelope->id.uuid, y->envelope->id.uuid) &&
           uuid_equal(x->envelope->tenant.uuid, y->envelope->tenant.uuid);
}

static void reuse(struct item *item)
{
    item->fate = FATE_DEAD;
    item->cause = DEAD_ID_REUSED;
    item->insert = false;
    snprintf(item->detail, sizeof item->detail, "the id came before with another payload");
}

/* The same id twice in one batch: the first one is decided, the others are known or a misuse of the
 * id. */
static int find_twins(struct batch *batch)
{
    batch->asked = arena_array(batch->arena, batch->count, sizeof *batch->asked);
    if (!batch->asked)
        return -ENOMEM;
    for (size_t i = 0; i < batch->count; i++) {
        struct item *item = &batch->items[i], *first;
        uint64_t hash;

        if (!is_known_to_inbox(item))
            continue;
        hash = hash_bytes(0, &item->envelope->id, sizeof item->envelope->id);
        first = map_find(&batch->ids, hash, same_id, item);
        if (first) {
            if (digest_equal(&first->envelope->digest, &item->envelope->digest))
                item->fate = FATE_KNOWN;
            else
                reuse(item);
            continue;
        }
        item->insert = true;
        batch->asked[batch->asked_count++] = item;
        if (map_add(&batch->ids, batch->arena, hash, item) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int queue_inbox_find(struct batch *batch)
{
    struct pg_array tenants, ids;

    pg_array_init(&tenants, batch->arena, PG_UUID, batch->asked_count);
    pg_array_init(&ids, batch->arena, PG_UUID, batch->asked_count);
    for (size_t i = 0; i < batch->asked_count; i++) {
        pg_array_add_uuid(&tenants, batch->asked[i]->envelope->tenant.uuid);
        pg_array_add_uuid(&ids, batch->asked[i]->envelope->id.uuid);
    }
    batch->inbox_answer =
        pg_add(batch->lane->pg, batch->lane->sql.inbox_find,
               (struct pg_param[]){pg_array_param(&tenants), pg_array_param(&ids)}, 2);
    return batch->inbox_answer < 0 ? batch->inbox_answer : 0;
}

/* The player whom a command is about, where its scope asks for one. */
static const struct user_id *subject_of(const struct item *item)
{
    const struct field *field = item->envelope->message->scope_field;

    return field ? (const void *)((const char *)item->command.body + field->offset) : NULL;
}

static bool needs_permission(const struct item *item)
{
    const struct message *message = item->envelope->message;

    return message->kind == MESSAGE_COMMAND && message->permission &&
           item->command.actor.kind == ACTOR_USER;
}

static int want(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct item *item = &batch->items[i];
        int r;

        if (item->fate != FATE_OPEN)
            continue;
        uow_enter(batch->lane->uow, batch->lane->module, &item->command);
        if (needs_permission(item))
            uow_want_permission(batch->lane->uow, item->command.actor.user,
                                item->envelope->message->permission, subject_of(item));
        item->handler->load(batch->lane->uow, &item->command);
        r = uow_leave_load(batch->lane->uow);
        if (r == -EFAULT)
            batch->failed = item;
        if (r < 0)
            return r;
    }
    return 0;
}

static int take_inbox(struct batch *batch)
{
    const struct pg_rows *rows = pg_rows(batch->lane->pg, batch->inbox_answer);

    for (size_t row = 0; row < pg_row_count(rows); row++) {
        int32_t n = pg_get_int4(rows, row, 0);
        struct span digest = pg_value(rows, row, 1);
        struct item *item;

        if (n < 1 || (size_t)n > batch->asked_count)
            return -EBADMSG;
        item = batch->asked[n - 1];
        item->insert = false;
        if (digest.size != DIGEST_BYTES ||
            memcmp(digest.data, item->envelope->digest.bytes, DIGEST_BYTES) != 0)
            reuse(item);
        else if (batch->parked && pg_get_int4(rows, row, 2) < 0)
            item->update = true; /* it is this one that the inbox knows, and it is not decided */
        else
            item->fate = FATE_KNOWN;
    }
    return 0;
}

/* What the messages' ids and keys ask for, on its way before their handlers say what they want. */
static int ask(struct batch *batch)
{
    struct lane *lane = batch->lane;
    int r = find_twins(batch);

    if (r == 0)
        r = pg_add(lane->pg, "begin isolation level repeatable read", NULL, 0);
    if (r >= 0 && monotonic_ms() < lane->careful_until_ms)
        r = pg_add(lane->pg, lane_impatient_sql, NULL, 0);
    if (r >= 0)
        r = queue_inbox_find(batch);
    if (r >= 0)
        r = park_queue_find(batch);
    if (r >= 0)
        r = pg_push(lane->pg);
    if (r >= 0)
        r = want(batch);
    if (r >= 0)
        r = uow_queue_loads(lane->uow, lane->pg);
    return r < 0 ? r : pg_pump(lane->pg);
}

/* Each answer is taken when it is in, while the server reads what the next one says. */
static int take(struct batch *batch)
{
    struct lane *lane = batch->lane;
    const int last = batch->parked_answer < 0 ? batch->inbox_answer : batch->parked_answer;
    const int wait_ms = lane_round_trip_ms(lane);
    int r = pg_wait_answer(lane->pg, last, wait_ms);

    if (r >= 0)
        r = take_inbox(batch);
    if (r >= 0)
        r = park_take_found(batch);
    if (r >= 0)
        r = uow_take_loads(lane->uow, lane->pg, wait_ms);
    return r < 0 ? r : pg_wait(lane->pg, wait_ms);
}

static int load(struct batch *batch)
{
    int r;

    crash_point("before-load");
    r = ask(batch);
    if (r < 0)
        return r;
    outbox_publish_committed(batch->lane); /* while the server reads */
    if (!batch->parked)
        fetch_meanwhile(batch->lane);
    r = take(batch);
    if (r == 0)
        crash_point("after-load");
    return r;
}

static bool permitted(struct batch *batch, const struct item *item)
{
    const struct message *message = item->envelope->message;

    if (needs_permission(item))
        return uow_permitted(batch->lane->uow, item->command.actor.user, message->permission,
                             subject_of(item));
    /* What no permission guards is for the fleet, for producers whose credential allows it, and for
     * anybody where the contract says so. */
    return message->kind == MESSAGE_EVENT || item->command.actor.kind != ACTOR_USER ||
           message->scope == SCOPE_ANYONE;
}

static int decide_item(struct batch *batch, struct item *item)
{
    struct uow *uow = batch->lane->uow;
    int r;

    uow_enter(uow, batch->lane->module, &item->command);
    r = uow_leave(uow, permitted(batch, item) ? item->handler->decide(uow, &item->command)
                                              : REJECT_FORBIDDEN);
    if (r >= 0) {
        item->fate = FATE_DECIDED;
        item->outcome = r;
        return 0;
    }
    if (r == -ENOMEM)
        return r; /* the batch is too large, not the message wrong */
    batch->failed = item;
    return r == -EAGAIN || r == -ECANCELED ? -EIO : r; /* those are the lane's own words */
}

/* Where much comes of a few messages the others have their turn in the next batch: what comes of it
 * is a row of the outbox, and lies in memory more than once. */
static void end_if_much_is_emitted(struct batch *batch, size_t decided)
{
    const struct uow_emission *list;

    if (uow_emissions(batch->lane->uow, &list) >= EMISSIONS_MOST)
        batch->count = decided;
}

static int decide(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct item *item = &batch->items[i];
        int r = park_if_behind(batch, item);

        if (r == 0 && item->fate == FATE_OPEN)
            r = decide_item(batch, item);
        if (r < 0)
            return r;
        end_if_much_is_emitted(batch, i + 1);
    }
    return 0;
}

/* After the commit: the positions are ours to go on from, and what the outbox got is to be
 * published. */
static void committed(struct batch *batch)
{
    struct lane *lane = batch->lane;

    outbox_deleted(lane);
    for (size_t i = 0; i < lane->partition_count; i++) {
        struct partition *p = lane->partitions[i];

        if (p->upto < 0)
            continue;
        memcpy(p->stripes, p->new_stripes, sizeof p->stripes);
        p->moved |= p->upto > p->next;
        position_moved(p);
        p->next = p->upto;
        p->place = p->upto_place;
        p->unpublished = p->record_count > 0;
    }
}

/* It failed twice. What its own data make fail becomes a dead letter, unless its contract holds the
 * key; what may succeed later is parked. Where too many keys fail, it is nobody's fault. */
static int condemn(struct lane *lane, struct item *item, enum blame blame, int r)
{
    bool holds = item->envelope->message->holds_key;

    if (!blame_is_believed(lane, item))
        return blame == BLAME_CULPRIT ? -ECANCELED : r;
    if (blame == BLAME_CULPRIT && !holds) {
        item->opened = FATE_DEAD;
        item->cause = DEAD_CULPRIT;
        return -EAGAIN;
    }
    item->opened = FATE_PARKED;
    item->park = blame == BLAME_CULPRIT ? PARK_CULPRIT : PARK_TRANSIENT;
    item->delay_ms = blame == BLAME_CULPRIT ? PARK_HELD : lane->options.config->park_first_ms;
    return -EAGAIN;
}

/* Where a message may be at fault, the batch is halved until it stands alone, and tried once more
 * at once. */
static int find_culprit(struct batch *batch, int r)
{
    enum blame blame = batch_blame(batch, r);
    struct item *item = batch->failed ? batch->failed : batch->items;

    if (blame == BLAME_NOBODY)
        return r;
    if (!batch->failed && batch->count > 1) {
        batch->lane->limit = batch->count / 2;
        return -EAGAIN;
    }
    if (item->opened != FATE_OPEN)
        return r; /* it is no more tried, so something else fails */
    batch_describe(batch, item, r);
    item->attempts++;
    return item->attempts < ATTEMPTS ? -EAGAIN : condemn(batch->lane, item, blame, r);
}

int batch_apply(struct batch *batch)
{
    int64_t began_us = monotonic_us();
    int r;

    uow_begin(batch->lane->uow);
    batch->arena = uow_arena(batch->lane->uow);
    batch->insert_statement = batch->parked_answer = -1;
    batch->failed = NULL;
    batch->rights = batch->ids = batch->parked_keys = (struct map){.count = 0};
    if ((r = batch_open(batch)) < 0 || (r = load(batch)) < 0 || (r = decide(batch)) < 0 ||
        (r = batch_save(batch)) < 0)
        return r;
    crash_point("after-commit");
    lane_count_batch(batch->lane, batch->items, batch->count,
                     (double)(monotonic_us() - began_us) / 1e6);
    committed(batch);
    return 0;
}

static bool decided_any(const struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        if (batch->items[i].fate == FATE_DECIDED)
            return true;
    return false;
}

int batch_run(struct lane *lane)
{
    struct batch batch = {.lane = lane,
                          .items = lane->queue,
                          .most = suspect_limit(lane),
                          .messages = lane->messages[lane->front]};
    size_t most = (size_t)lane->options.config->batch_max;
    int r = suspect_try(lane);

    lane->front_closed = true;
    if (r < 0)
        return r;
    r = batch_apply(&batch);
    if (r == -ENOMEM && batch.count == 0)
        lane->rejoin = true; /* not even one: what was opened before it holds all the memory */
    if (r == -ENOKEY) {
        lane->next_keys_ms = 0; /* this turn's tick loads them, and the next turn begins anew */
        return 0;
    }
    if (r < 0)
        return find_culprit(&batch, r);
    lane->limit = lane->limit * 2 < most ? lane->limit * 2 : most;
    lane->conflicts = 0;
    if (lane_health(lane) == LANE_STOPPED && decided_any(&batch))
        lane->culprit_count = 0; /* what made them fail was mended */
    queue_drop(lane, batch.count);
    return 0;
}
