/* A batch as one unit of work in one transaction: two pipelined round trips, however many messages
 * it holds.
 *
 *   open     verify and decode each message, once
 *   load     begin; what the inbox knows; for each tenant its rights and rows
 *   decide   each command in offset order, in memory
 *   save     the fence; for each tenant its changed rows; inbox, dead letters, outbox; commit
 *   publish  what the outbox got
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/map.h"
#include "runtime/crash.h"
#include "runtime/lane_state.h"
#include "runtime/record.h"

enum {
    ATTEMPTS = 2, /* once more at once, then it is a dead letter */
    OUTCOME_FAILED = -1,
};

/* The batch under way: the first `count` of the lane's queue, and the answers that are waited for.
 */
struct batch {
    struct lane *lane;
    struct item *items;
    size_t count;
    struct arena *arena; /* of this attempt */
    struct map ids;      /* the first item of each (tenant, id) */
    struct item **asked; /* those whom the inbox was asked about */
    size_t asked_count;
    int inbox_answer, insert_statement;
};

static bool is_known_to_inbox(const struct item *item)
{
    /* What nobody proved must not be able to use up somebody's id. */
    return item->envelope && item->envelope->proven && item->cause != DEAD_WRONG_PROOF &&
           item->opened != FATE_PASSED;
}

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

static int open_item(struct lane *lane, struct item *item)
{
    const struct envelope_rules rules = {.keys = lane->keys,
                                         .partitions = item->partition->topic_partitions,
                                         .now = timestamp_now()};
    struct envelope *envelope = arena_alloc(lane->messages, sizeof *envelope);
    int r;

    if (!envelope)
        return -ENOMEM;
    if (passes(lane, item)) {
        item->opened = FATE_PASSED;
        return 0;
    }
    r = envelope_open(&item->message, &rules, lane->messages, envelope, item->detail);
    if (r < 0)
        return r;
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
    return 0;
}

/* Did a command before this one change the rights in its tenant? Then it must be judged by what
 * that one commits. */
static bool waits_for_rights(const struct lane *lane, size_t count, const struct item *item)
{
    for (size_t i = 0; i < count; i++) {
        const struct item *before = &lane->queue[i];

        if (before->opened == FATE_OPEN && before->envelope->message->changes_rights &&
            uuid_equal(before->envelope->tenant.uuid, item->envelope->tenant.uuid))
            return true;
    }
    return false;
}

/* Opens as many of the queue as make up the batch. */
static int open_batch(struct batch *batch)
{
    struct lane *lane = batch->lane;
    size_t most = lane->queued < lane->limit ? lane->queued : lane->limit;
    bool rights_change = false;

    for (batch->count = 0; batch->count < most; batch->count++) {
        struct item *item = &lane->queue[batch->count];
        int r = item->opened == FATE_UNREAD ? open_item(lane, item) : 0;

        if (r == -ENOMEM && batch->count > 0)
            break; /* the rest goes into the next batch */
        if (r < 0)
            return r;
        if (item->opened == FATE_OPEN && rights_change &&
            waits_for_rights(lane, batch->count, item))
            break;
        rights_change |= item->opened == FATE_OPEN && item->envelope->message->changes_rights;
        item->fate = item->opened;
        item->insert = false;
    }
    return 0;
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
            item->attempts = ATTEMPTS; /* a handler that breaks a rule does so each time: its
                                          message is the culprit */
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
        if (digest.size == DIGEST_BYTES &&
            memcmp(digest.data, item->envelope->digest.bytes, DIGEST_BYTES) == 0)
            item->fate = FATE_KNOWN;
        else
            reuse(item);
    }
    return 0;
}

static int load(struct batch *batch)
{
    struct lane *lane = batch->lane;
    int r = find_twins(batch);

    if (r == 0)
        r = want(batch);
    if (r == 0)
        r = pg_add(lane->pg, "begin isolation level repeatable read", NULL, 0);
    if (r >= 0)
        r = queue_inbox_find(batch);
    if (r >= 0)
        r = uow_queue_loads(lane->uow, lane->pg);
    if (r >= 0)
        r = pg_wait(lane->pg, TRANSACTION_MS);
    if (r >= 0)
        r = uow_take_loads(lane->uow, lane->pg);
    if (r < 0)
        return r;
    crash_point("after-load");
    return take_inbox(batch);
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
    item->attempts++;
    snprintf(item->detail, sizeof item->detail, "its handler failed: %s",
             *uow_fault(uow) ? uow_fault(uow) : strerror(-r));
    return -EFAULT;
}

static int decide(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct item *item = &batch->items[i];
        int r = item->fate == FATE_OPEN ? decide_item(batch, item) : 0;

        if (r < 0)
            return r;
    }
    return 0;
}

/* Where each partition's position goes, and which of its stripes change with it. */
static void find_positions(struct batch *batch)
{
    struct lane *lane = batch->lane;

    for (size_t i = 0; i < lane->partition_count; i++) {
        struct partition *p = lane->partitions[i];

        p->upto = p->confirmed >= 0
                      ? p->next
                      : -1; /* a position that stays is confirmed where rows are deleted */
        buf_clear(&p->records);
        p->record_count = 0;
    }
    for (size_t i = 0; i < batch->count; i++)
        batch->items[i].partition->upto = batch->items[i].message.offset + 1;
}

/* The versions of cached answers: stripes of a partition's aggregates, each the position at its
 * last change. */
static const uint8_t *new_stripes(struct batch *batch, const struct partition *p)
{
    uint8_t *stripes = arena_copy(batch->arena, p->stripes, sizeof p->stripes);

    for (size_t i = 0; stripes && i < batch->count; i++) {
        const struct item *item = &batch->items[i];
        uint8_t *stripe;

        if (item->partition != p || item->fate != FATE_DECIDED || item->outcome != 0)
            continue;
        stripe = stripes + 8 * lane_stripe(item->envelope->key_hash);
        for (int byte = 0; byte < 8; byte++)
            stripe[byte] = (uint8_t)(p->upto >> (56 - 8 * byte));
    }
    return stripes;
}

static int queue_move(struct lane *lane, struct arena *arena, struct batch *batch)
{
    struct pg_array topics, parts, olds, news, epochs, stripes;

    pg_array_init(&topics, arena, PG_TEXT, lane->partition_count);
    pg_array_init(&parts, arena, PG_INT4, lane->partition_count);
    pg_array_init(&olds, arena, PG_INT8, lane->partition_count);
    pg_array_init(&news, arena, PG_INT8, lane->partition_count);
    pg_array_init(&epochs, arena, PG_INT8, lane->partition_count);
    pg_array_init(&stripes, arena, PG_BYTEA, lane->partition_count);
    for (size_t i = 0; i < lane->partition_count; i++) {
        struct partition *p = lane->partitions[i];

        if (p->upto < 0)
            continue;
        p->new_stripes = batch ? new_stripes(batch, p) : p->stripes;
        if (!p->new_stripes)
            return -ENOMEM;
        pg_array_add_span(&topics, span_text(p->at.topic));
        pg_array_add_int4(&parts, p->at.partition);
        pg_array_add_int8(&olds, p->next);
        pg_array_add_int8(&news, p->upto);
        pg_array_add_int8(&epochs, p->epoch);
        pg_array_add_span(&stripes, span_of(p->new_stripes, sizeof p->stripes));
    }
    return pg_add(lane->pg, lane->sql.move,
                  (struct pg_param[]){pg_array_param(&topics), pg_array_param(&parts),
                                      pg_array_param(&olds), pg_array_param(&news),
                                      pg_array_param(&epochs), pg_array_param(&stripes)},
                  6);
}

int batch_queue_move(struct lane *lane, struct arena *arena)
{
    return queue_move(lane, arena, NULL);
}

static int queue_inbox_add(struct batch *batch)
{
    struct pg_array tenants, ids, digests, actors, types, outcomes;
    size_t count = 0;

    pg_array_init(&tenants, batch->arena, PG_UUID, batch->count);
    pg_array_init(&ids, batch->arena, PG_UUID, batch->count);
    pg_array_init(&digests, batch->arena, PG_BYTEA, batch->count);
    pg_array_init(&actors, batch->arena, PG_UUID, batch->count);
    pg_array_init(&types, batch->arena, PG_TEXT, batch->count);
    pg_array_init(&outcomes, batch->arena, PG_INT4, batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        const struct item *item = &batch->items[i];
        const struct envelope *envelope = item->envelope;

        if (!item->insert)
            continue;
        count++;
        pg_array_add_uuid(&tenants, envelope->tenant.uuid);
        pg_array_add_uuid(&ids, envelope->id.uuid);
        pg_array_add_span(&digests, span_of(envelope->digest.bytes, DIGEST_BYTES));
        if (envelope->actor.kind == ACTOR_USER)
            pg_array_add_uuid(&actors, envelope->actor.user.uuid);
        else
            pg_array_add(&actors, NULL, 0);
        pg_array_add_span(&types,
                          span_text(envelope->message ? envelope->message->type : "unknown"));
        pg_array_add_int4(&outcomes, item->fate == FATE_DEAD ? OUTCOME_FAILED : item->outcome);
    }
    if (count == 0)
        return 0;
    batch->insert_statement =
        pg_add(batch->lane->pg, batch->lane->sql.inbox_add,
               (struct pg_param[]){pg_array_param(&tenants), pg_array_param(&ids),
                                   pg_array_param(&digests), pg_array_param(&actors),
                                   pg_array_param(&types), pg_array_param(&outcomes)},
               6);
    return batch->insert_statement;
}

static int pack_emission(struct batch *batch, const struct uow_emission *emission)
{
    const struct item *cause =
        (const void *)((const char *)emission->cause - offsetof(struct item, command));
    const struct envelope *envelope = cause->envelope;
    const char *module = batch->lane->module;
    const bool event = emission->message->kind == MESSAGE_EVENT;
    struct trace child =
        envelope->has_trace ? trace_child(&envelope->trace) : (struct trace){.flags = 0};
    char system[64];
    struct record_fields fields = {
        .message = emission->message,
        .tenant = envelope->tenant,
        .aggregate = emission->aggregate,
        .id = derive_caused(module, envelope->tenant, envelope->id, emission->place),
        .worker = module,
        .actor = envelope->actor.text,
        .time = envelope->time,
        .value = emission->value,
        .trace = envelope->has_trace ? &child : NULL,
        .causation = &envelope->id,
        .correlation = &envelope->correlation,
        .source_offset = event ? cause->message.offset : -1,
        .place = emission->place,
    };
    struct bus_record record;
    int r;

    if (!event) { /* a command of the fleet's own, which needs nobody's permission */
        snprintf(system, sizeof system, "system:%s", module);
        fields.actor = span_text(system);
    }
    r = record_build(&fields, keyring_signer(batch->lane->keys), batch->arena, &record);
    if (r < 0)
        return r;
    record_pack(&record, &cause->partition->records);
    cause->partition->record_count++;
    return 0;
}

static int pack_emissions(struct batch *batch)
{
    const struct uow_emission *list;
    size_t count = uow_emissions(batch->lane->uow, &list);
    int r = 0;

    for (size_t i = 0; i < count && r == 0; i++)
        r = pack_emission(batch, &list[i]);
    return r;
}

static int queue_outbox_add(struct batch *batch)
{
    struct lane *lane = batch->lane;
    struct pg_array topics, parts, uptos, records;
    size_t count = 0;

    pg_array_init(&topics, batch->arena, PG_TEXT, lane->partition_count);
    pg_array_init(&parts, batch->arena, PG_INT4, lane->partition_count);
    pg_array_init(&uptos, batch->arena, PG_INT8, lane->partition_count);
    pg_array_init(&records, batch->arena, PG_BYTEA, lane->partition_count);
    for (size_t i = 0; i < lane->partition_count; i++) {
        const struct partition *p = lane->partitions[i];

        if (p->record_count == 0)
            continue;
        if (buf_failed(&p->records))
            return -ENOMEM;
        count++;
        pg_array_add_span(&topics, span_text(p->at.topic));
        pg_array_add_int4(&parts, p->at.partition);
        pg_array_add_int8(&uptos, p->upto);
        pg_array_add_span(&records, buf_span(&p->records));
    }
    if (count == 0)
        return 0;
    return pg_add(lane->pg, lane->sql.outbox_add,
                  (struct pg_param[]){pg_array_param(&topics), pg_array_param(&parts),
                                      pg_array_param(&uptos), pg_array_param(&records)},
                  4);
}

static int save(struct batch *batch)
{
    struct lane *lane = batch->lane;
    int r;

    find_positions(batch);
    r = queue_move(lane, batch->arena, batch);
    if (r >= 0)
        r = uow_queue_saves(lane->uow, lane->pg);
    if (r >= 0)
        r = queue_inbox_add(batch);
    if (r >= 0)
        r = pack_emissions(batch);
    if (r >= 0)
        r = dead_queue_add(lane, batch->arena, batch->items, batch->count);
    if (r >= 0)
        r = queue_outbox_add(batch);
    if (r >= 0)
        r = outbox_queue_delete(lane, batch->arena);
    if (r >= 0)
        r = pg_add(lane->pg, "commit", NULL, 0);
    if (r < 0) {
        lane_disconnect(lane); /* takes what was queued with it */
        return r;
    }
    crash_point("before-commit");
    return pg_wait(lane->pg, TRANSACTION_MS);
}

/* After the commit: the positions are ours to go on from, and what the outbox got is published. */
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
        p->next = p->upto;
        if (p->record_count > 0 && outbox_publish(lane, p, p->upto, buf_span(&p->records)) < 0)
            lane->rejoin = true; /* no memory: who claims next publishes it */
    }
}

static void drop_items(struct lane *lane, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bus_message_release(&lane->queue[i].message);
    memmove(lane->queue, lane->queue + count, (lane->queued - count) * sizeof *lane->queue);
    lane->queued -= count;
}

void batch_forget(struct lane *lane, const struct partition *partition)
{
    size_t kept = 0;

    for (size_t i = 0; i < lane->queued; i++) {
        if (lane->queue[i].partition == partition)
            bus_message_release(&lane->queue[i].message);
        else
            lane->queue[kept++] = lane->queue[i];
    }
    lane->queued = kept;
}

/* A data error or a handler's fault is some message's own: the batch is halved until it stands
 * alone. */
static int find_culprit(struct batch *batch, int r)
{
    const struct pg_failure *failure = pg_failure(batch->lane->pg);
    struct item *item = batch->items;

    if (r == -EPROTO && (pg_classify(failure->sqlstate) != PG_CULPRIT ||
                         failure->answer == batch->insert_statement))
        return r; /* the database's trouble; a conflict in the inbox is somebody else's decision
                     meanwhile */
    if (r != -EPROTO && r != -EFAULT && r != -ENOMEM && r != -EOVERFLOW)
        return r;
    if (batch->count > 1) {
        batch->lane->limit = batch->count / 2;
        return -EAGAIN;
    }
    if (r == -EPROTO)
        snprintf(item->detail, sizeof item->detail, "the database refuses it: %s %s",
                 failure->sqlstate, failure->message);
    else if (!*item->detail)
        snprintf(item->detail, sizeof item->detail, "%s",
                 *uow_fault(batch->lane->uow) ? uow_fault(batch->lane->uow) : strerror(-r));
    if (r != -EFAULT)
        item->attempts++;
    if (item->attempts >= ATTEMPTS) {
        item->opened = FATE_DEAD;
        item->cause = DEAD_CULPRIT;
    }
    return -EAGAIN;
}

int batch_run(struct lane *lane)
{
    struct batch batch = {
        .lane = lane, .items = lane->queue, .arena = uow_arena(lane->uow), .insert_statement = -1};
    int64_t began_us = monotonic_us();
    int r;

    uow_begin(lane->uow);
    if ((r = open_batch(&batch)) < 0 || (r = load(&batch)) < 0 || (r = decide(&batch)) < 0 ||
        (r = save(&batch)) < 0)
        return find_culprit(&batch, r);
    crash_point("after-commit");
    lane->limit =
        lane->limit * 2 < lane->options.batch_max ? lane->limit * 2 : lane->options.batch_max;
    lane_count_batch(lane, batch.count, (double)(monotonic_us() - began_us) / 1e6);
    committed(&batch);
    crash_point("after-publish");
    drop_items(lane, batch.count);
    return 0;
}
