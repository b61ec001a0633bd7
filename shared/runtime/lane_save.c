/* Saves a batch: the fence first, then rows, inbox, dead letters and outbox, each for the whole
 * batch, and the COMMIT. */
#include <endian.h>
#include <errno.h>
#include <stdio.h>

#include "runtime/crash.h"
#include "runtime/lane_batch.h"
#include "runtime/record.h"

/* Where each partition's position goes, and which of its stripes change with it. */
static void find_positions(struct batch *batch)
{
    struct lane *lane = batch->lane;

    for (size_t i = 0; i < lane->partition_count; i++) {
        struct partition *p = lane->partitions[i];

        p->upto = p->confirmed.upto >= 0
                      ? p->next
                      : -1; /* a position that stays is confirmed where rows are deleted */
        p->upto_place = p->place;
        buf_clear(&p->records);
        p->record_count = 0;
    }
    if (batch->parked) { /* its messages lie behind the position already */
        batch->parked->partition->upto = batch->parked->partition->next;
        batch->parked->partition->upto_place++;
        return;
    }
    for (size_t i = 0; i < batch->count; i++) {
        batch->items[i].partition->upto = batch->items[i].message.offset + 1;
        batch->items[i].partition->upto_place = 0;
    }
}

/* A change raises its stripe to the place of its batch; by one, where the stripe is beyond that
 * place because the topic was made again and its positions began anew. */
static void raise_stripe(uint8_t *stripe, const uint8_t *before, uint64_t place)
{
    uint64_t version;

    memcpy(&version, before, sizeof version);
    version = be64toh(version) + 1;
    version = htobe64(version > place ? version : place);
    memcpy(stripe, &version, sizeof version);
}

/* The versions of cached answers: stripes of a partition's aggregates, each the place of the batch
 * that changed something under it last. */
static const uint8_t *new_stripes(struct batch *batch, const struct partition *p)
{
    uint64_t place = (uint64_t)p->upto << 24 | ((uint32_t)p->upto_place & 0xffffff);
    uint8_t *stripes = arena_copy(batch->arena, p->stripes, sizeof p->stripes);

    for (size_t i = 0; stripes && i < batch->count; i++) {
        const struct item *item = &batch->items[i];
        size_t at;

        if (item->partition != p || item->fate != FATE_DECIDED || item->outcome != 0)
            continue;
        at = 8 * (size_t)lane_stripe(item->envelope->key_hash);
        raise_stripe(stripes + at, p->stripes + at, place);
    }
    return stripes;
}

static int queue_move(struct lane *lane, struct arena *arena, struct batch *batch)
{
    struct pg_array topics, parts, olds, news, epochs, stripes, lasts, digests;

    pg_array_init(&lasts, arena, PG_INT8, lane->partition_count);
    pg_array_init(&digests, arena, PG_BYTEA, lane->partition_count);
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
        position_plan(p, batch ? batch->items : NULL, batch ? batch->count : 0);
        pg_array_add_int8(&lasts, p->new_last);
        pg_array_add(&digests, p->new_has_digest ? p->new_digest.bytes : NULL,
                     p->new_has_digest ? DIGEST_BYTES : 0);
    }
    return pg_add(lane->pg, lane->sql.move,
                  (struct pg_param[]){pg_array_param(&topics), pg_array_param(&parts),
                                      pg_array_param(&olds), pg_array_param(&news),
                                      pg_array_param(&epochs), pg_array_param(&stripes),
                                      pg_array_param(&lasts), pg_array_param(&digests)},
                  8);
}

int batch_queue_move(struct lane *lane, struct arena *arena)
{
    return queue_move(lane, arena, NULL);
}

int batch_begin(struct lane *lane, const struct partition *only)
{
    int r = pg_add(lane->pg, "begin isolation level repeatable read", NULL, 0);

    for (size_t i = 0; i < lane->partition_count; i++)
        lane->partitions[i]->upto = lane->partitions[i] == only ? only->next : -1;
    return r < 0 ? r : batch_queue_move(lane, uow_arena(lane->uow));
}

int batch_commit(struct lane *lane)
{
    int r = pg_add(lane->pg, "commit", NULL, 0);

    return r < 0 ? r : pg_wait(lane->pg, lane_round_trip_ms(lane));
}

static int32_t outcome_of(const struct item *item)
{
    switch (item->fate) {
    case FATE_DEAD:
        return OUTCOME_FAILED;
    case FATE_PARKED:
        return OUTCOME_PARKED;
    default:
        return item->outcome;
    }
}

static int queue_inbox_update(struct batch *batch)
{
    struct pg_array tenants, ids, outcomes;
    size_t count = 0;

    pg_array_init(&tenants, batch->arena, PG_UUID, batch->count);
    pg_array_init(&ids, batch->arena, PG_UUID, batch->count);
    pg_array_init(&outcomes, batch->arena, PG_INT4, batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        const struct item *item = &batch->items[i];

        if (!item->update)
            continue;
        count++;
        pg_array_add_uuid(&tenants, item->envelope->tenant.uuid);
        pg_array_add_uuid(&ids, item->envelope->id.uuid);
        pg_array_add_int4(&outcomes, outcome_of(item));
    }
    return count == 0 ? 0
                      : pg_add(batch->lane->pg, batch->lane->sql.inbox_update,
                               (struct pg_param[]){pg_array_param(&tenants), pg_array_param(&ids),
                                                   pg_array_param(&outcomes)},
                               3);
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
        pg_array_add_int4(&outcomes, outcome_of(item));
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
    struct pg_array topics, parts, uptos, places, records;
    size_t count = 0;

    pg_array_init(&topics, batch->arena, PG_TEXT, lane->partition_count);
    pg_array_init(&parts, batch->arena, PG_INT4, lane->partition_count);
    pg_array_init(&uptos, batch->arena, PG_INT8, lane->partition_count);
    pg_array_init(&places, batch->arena, PG_INT4, lane->partition_count);
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
        pg_array_add_int4(&places, p->upto_place);
        pg_array_add_span(&records, buf_span(&p->records));
    }
    if (count == 0)
        return 0;
    return pg_add(lane->pg, lane->sql.outbox_add,
                  (struct pg_param[]){pg_array_param(&topics), pg_array_param(&parts),
                                      pg_array_param(&uptos), pg_array_param(&places),
                                      pg_array_param(&records)},
                  5);
}

int batch_save(struct batch *batch)
{
    struct lane *lane = batch->lane;
    int r;

    find_positions(batch);
    r = queue_move(lane, batch->arena, batch);
    if (r >= 0)
        r = pg_push(lane->pg);
    if (r >= 0)
        r = uow_queue_saves(lane->uow, lane->pg);
    if (r >= 0)
        r = queue_inbox_add(batch);
    if (r >= 0)
        r = queue_inbox_update(batch);
    if (r >= 0)
        r = park_queue_save(batch);
    if (r < 0)
        return r;
    crash_point("before-commit");
    r = pg_push(lane->pg);
    crash_point("rows-sent");
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
    if (r >= 0)
        r = pg_pump(lane->pg);
    if (r < 0)
        return r;
    open_ahead(lane);
    return pg_wait(lane->pg, lane_round_trip_ms(lane));
}
