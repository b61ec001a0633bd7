/* Parking: a message that may succeed later waits in a table, and behind it what follows of its
 * key; all other keys flow. This is the side of the batch that parks; lane_retry.c tries again. */
#include <errno.h>
#include <stdio.h>

#include "runtime/crash.h"
#include "runtime/lane_batch.h"
#include "runtime/record.h"

const char *park_cause_name(enum park_cause cause)
{
    static const char *const names[] = {
        [PARK_BEHIND] = "behind",
        [PARK_TRANSIENT] = "transient",
        [PARK_CULPRIT] = "culprit",
        [PARK_QUOTA] = "quota",
    };

    return names[cause];
}

/* ---- a batch of the queue: who waits --------------------------------------------------------- */

int park_queue_find(struct batch *batch)
{
    struct pg_array hashes;
    struct pg_param param;

    if (batch->parked)
        return 0;
    batch->open = arena_array(batch->arena, batch->count, sizeof *batch->open);
    if (!batch->open)
        return -ENOMEM;
    batch->open_count = 0;
    pg_array_init(&hashes, batch->arena, PG_INT4, batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->items[i].fate != FATE_OPEN)
            continue;
        batch->open[batch->open_count++] = &batch->items[i];
        pg_array_add_int4(&hashes, (int32_t)batch->items[i].envelope->key_hash);
    }
    if (batch->open_count == 0)
        return 0;
    param = pg_array_param(&hashes);
    batch->parked_answer = pg_add(batch->lane->pg, batch->lane->sql.park_find, &param, 1);
    return batch->parked_answer < 0 ? batch->parked_answer : 0;
}

static void park_behind(struct item *item)
{
    item->fate = FATE_PARKED;
    item->park = PARK_BEHIND;
    item->delay_ms = 0;
}

int park_take_found(struct batch *batch)
{
    const struct pg_rows *rows;

    if (batch->parked_answer < 0)
        return 0;
    rows = pg_rows(batch->lane->pg, batch->parked_answer);
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        int32_t n = pg_get_int4(rows, row, 0);

        if (n < 1 || (size_t)n > batch->open_count)
            return -EBADMSG;
        if (batch->open[n - 1]->fate == FATE_OPEN)
            park_behind(batch->open[n - 1]);
    }
    return 0;
}

static bool same_key(const void *a, const void *b)
{
    const struct item *x = a, *y = b;

    return x->partition == y->partition && span_equal(x->message.key, y->message.key);
}

/* In offset order, so that whoever comes behind a parked one of its key is parked too. */
int park_if_behind(struct batch *batch, struct item *item)
{
    uint64_t hash;

    if (item->fate != FATE_OPEN && item->fate != FATE_PARKED)
        return 0;
    hash = item->envelope->key_hash;
    if (batch->parked_keys.count > 0 && map_find(&batch->parked_keys, hash, same_key, item)) {
        park_behind(item);
        item->delay_ms = PARK_FOLLOWER;
        return 0;
    }
    if (item->fate == FATE_OPEN && item->over_quota && !batch->parked) {
        item->fate = FATE_PARKED;
        item->park = PARK_QUOTA;
    }
    return item->fate == FATE_PARKED ? map_add(&batch->parked_keys, batch->arena, hash, item) : 0;
}

/* ---- what a batch writes -----------------------------------------------------------------------
 */

/* The arrays of the statement, in its order. */
enum {
    TOPIC,
    PART,
    AT,
    HASH,
    KEY,
    HEADERS,
    VALUE,
    APPENDED,
    TENANT,
    ID,
    TYPE,
    TRACE,
    CAUSE,
    TRIES,
    ERROR,
    DELAY,
    COLUMNS
};

static int add_bytes(struct arena *arena, struct pg_array *arrays, const struct item *item)
{
    const struct span headers =
        record_keep_headers(item->envelope->headers, item->envelope->header_count, arena);

    if (!headers.data)
        return -ENOMEM;
    pg_array_add_span(&arrays[KEY], item->message.key);
    pg_array_add_span(&arrays[HEADERS], headers);
    pg_array_add_span(&arrays[VALUE], item->message.value);
    return 0;
}

static void add_trace(struct pg_array *array, const struct envelope *envelope)
{
    char trace[TRACE_ID_TEXT + 1];

    if (envelope->has_trace)
        pg_array_add_span(array, span_text(trace_id_format(&envelope->trace, trace)));
    else
        pg_array_add(array, NULL, 0);
}

static int add_item(struct arena *arena, struct pg_array *arrays, const struct item *item)
{
    const struct envelope *envelope = item->envelope;
    const bool failed = item->park == PARK_TRANSIENT || item->park == PARK_CULPRIT;

    pg_array_add_span(&arrays[TOPIC], span_text(item->message.topic));
    pg_array_add_int4(&arrays[PART], item->message.partition);
    pg_array_add_int8(&arrays[AT], item->message.offset);
    pg_array_add_int4(&arrays[HASH], (int32_t)envelope->key_hash);
    pg_array_add_timestamp(&arrays[APPENDED], (struct timestamp){item->message.append_ms * 1000});
    pg_array_add_uuid(&arrays[TENANT], envelope->tenant.uuid);
    pg_array_add_uuid(&arrays[ID], envelope->id.uuid);
    pg_array_add_span(&arrays[TYPE], span_text(envelope->message->type));
    add_trace(&arrays[TRACE], envelope);
    pg_array_add_span(&arrays[CAUSE], span_text(park_cause_name(item->park)));
    pg_array_add_int4(&arrays[TRIES], failed ? (int32_t)item->attempts : 0);
    if (failed)
        pg_array_add_span(&arrays[ERROR], span_text(item->detail));
    else
        pg_array_add(&arrays[ERROR], NULL, 0);
    if (item->delay_ms == PARK_FOLLOWER)
        pg_array_add(&arrays[DELAY], NULL, 0);
    else
        pg_array_add_int8(&arrays[DELAY], item->delay_ms);
    return add_bytes(arena, arrays, item);
}

static int queue_add(struct batch *batch)
{
    static const enum pg_type types[COLUMNS] = {
        [TOPIC] = PG_TEXT,  [PART] = PG_INT4,     [AT] = PG_INT8,     [HASH] = PG_INT4,
        [KEY] = PG_BYTEA,   [HEADERS] = PG_BYTEA, [VALUE] = PG_BYTEA, [APPENDED] = PG_TIMESTAMPTZ,
        [TENANT] = PG_UUID, [ID] = PG_UUID,       [TYPE] = PG_TEXT,   [TRACE] = PG_TEXT,
        [CAUSE] = PG_TEXT,  [TRIES] = PG_INT4,    [ERROR] = PG_TEXT,  [DELAY] = PG_INT8,
    };
    struct pg_array arrays[COLUMNS];
    struct pg_param params[COLUMNS];

    for (int column = 0; column < COLUMNS; column++)
        pg_array_init(&arrays[column], batch->arena, types[column], batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        int r = batch->items[i].fate == FATE_PARKED
                    ? add_item(batch->arena, arrays, &batch->items[i])
                    : 0;
        if (r < 0)
            return r;
    }
    for (int column = 0; column < COLUMNS; column++)
        params[column] = pg_array_param(&arrays[column]);
    crash_point("parked");
    return pg_add(batch->lane->pg, batch->lane->sql.park_add, params, COLUMNS);
}

/* All of a parked key's batch is decided; what stands behind it comes next. */
static int queue_done(struct batch *batch)
{
    struct lane *lane = batch->lane;
    const struct parked_key *key = batch->parked;
    const struct pg_param topic = pg_text(batch->arena, span_text(key->partition->at.topic));
    const struct pg_param part = pg_int4(batch->arena, key->partition->at.partition);
    const struct pg_param hash = pg_int4(batch->arena, key->hash);
    const struct pg_param bytes = pg_bytea(batch->arena, key->key);
    struct pg_array offsets;
    int r;

    pg_array_init(&offsets, batch->arena, PG_INT8, batch->count);
    for (size_t i = 0; i < batch->count; i++)
        pg_array_add_int8(&offsets, batch->items[i].message.offset);
    r = pg_add(lane->pg, lane->sql.park_done,
               (struct pg_param[]){topic, part, pg_array_param(&offsets), hash, bytes}, 5);
    if (r < 0)
        return r;
    return pg_add(lane->pg, lane->sql.park_wake, (struct pg_param[]){hash, topic, part, bytes}, 4);
}

int park_queue_save(struct batch *batch)
{
    if (batch->parked)
        return queue_done(batch);
    return batch->parked_keys.count > 0 ? queue_add(batch) : 0;
}
