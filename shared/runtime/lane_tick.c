/* What happens by the clock: the position's hint to Kafka, producers' keys, and the worker's
 * timers. */
#include <errno.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/zone.h"
#include "runtime/lane_state.h"
#include "runtime/record.h"

enum {
    HINT_MS = 1000,
    REPEAT_MS = 30000, /* a tick that is still due then was lost, or cannot be decided */
    SOON_MS = 1000,    /* after something was due, more may be */
    TENANTS_A_TRIP = 100,
    DUE_A_TENANT = 500, /* most rows of one tenant in one look */
};

/* What day it is somewhere is found out here as everywhere, by our own zones: the database's may
 * differ. */
static const char tenants_sql[] =
    "select t.tenant, t.zone, now() from platform.tenants t order by t.tenant";

static const char keys_sql[] =
    "select p.keyid, p.secret, array_to_string(p.tenants, ','), array_to_string(p.types, ','), "
    "p.revoked_at from platform.producers p";

static void hint(struct lane *lane)
{
    struct bus_partition list[LANE_MAX_PARTITIONS];
    size_t count = 0;

    for (size_t i = 0; i < lane->partition_count; i++) {
        struct partition *p = lane->partitions[i];

        if (!p->moved)
            continue;
        list[count] = p->at;
        list[count++].offset = p->next;
        p->moved = false;
    }
    if (count > 0)
        bus_consumer_commit(lane->consumer, list, count);
}

/* The next part of "a,b,c". */
static bool next_part(struct span *rest, struct span *ret_part)
{
    const char *comma;

    if (rest->size == 0)
        return false;
    comma = memchr(rest->data, ',', rest->size);
    ret_part->data = rest->data;
    ret_part->size = comma ? (size_t)(comma - rest->data) : rest->size;
    *rest = comma ? span_of(comma + 1, rest->size - ret_part->size - 1) : span_of(NULL, 0);
    return true;
}

static int add_producer(struct keyring *keys, struct arena *arena, const struct pg_rows *rows,
                        size_t row)
{
    struct span tenants = pg_value(rows, row, 2), types = pg_value(rows, row, 3), part;
    struct tenant_id *tenant_list =
        arena_array(arena, tenants.size / UUID_TEXT + 1, sizeof *tenant_list);
    struct span *type_list = arena_array(arena, types.size + 1, sizeof *type_list);
    struct keyring_producer producer = {.id = pg_value(rows, row, 0),
                                        .secret = pg_value(rows, row, 1),
                                        .tenants = tenant_list,
                                        .types = type_list};

    if (!tenant_list || !type_list)
        return -ENOMEM;
    while (next_part(&tenants, &part))
        if (uuid_parse(part, &tenant_list[producer.tenant_count].uuid) == 0)
            producer.tenant_count++;
    while (next_part(&types, &part))
        type_list[producer.type_count++] = part;
    producer.revoked = !pg_null(rows, row, 4);
    if (producer.revoked)
        producer.revoked_at = pg_get_timestamp(rows, row, 4);
    return keyring_add_producer(keys, &producer);
}

static int add_all(struct lane *lane, struct keyring *keys)
{
    const struct config_keys *fleet = atomic_load(&lane->fleet_keys);
    int answer, r = 0;

    for (size_t i = 0; i < fleet->count && r == 0; i++)
        r = keyring_add_fleet(keys, span_text(fleet->items[i].keyid), fleet->items[i].secret);
    if (r < 0)
        return r;
    answer = pg_add(lane->pg, keys_sql, NULL, 0);
    r = answer < 0 ? answer : pg_wait(lane->pg, lane_round_trip_ms(lane));
    if (r < 0)
        return r;
    for (size_t row = 0; row < pg_row_count(pg_rows(lane->pg, answer)); row++) {
        r = add_producer(keys, uow_arena(lane->uow), pg_rows(lane->pg, answer), row);
        if (r == -ENOMEM)
            return r; /* its good messages would become dead letters */
        if (r < 0)
            log_error(&lane->log, "a row of platform.producers is unusable, and its producer's "
                                  "messages will be refused");
    }
    return 0;
}

int lane_load_keys(struct lane *lane)
{
    struct keyring *keys = keyring_new();
    int64_t loaded_ms;
    int r;

    if (!keys)
        return -ENOMEM;
    loaded_ms = monotonic_ms();
    uow_begin(lane->uow);
    r = add_all(lane, keys);
    if (r < 0) {
        keyring_free(keys);
        return r;
    }
    keyring_free(lane->keys);
    lane->keys = keys;
    lane->keys_loaded_ms = loaded_ms;
    return 0;
}

static enum pg_type due_type(enum column_type type)
{
    return type == COLUMN_DATE ? PG_DATE : PG_UUID;
}

/* Fills a column of the command, and says it in the text that its id derives from. */
static int take_column(const struct column *column, const struct pg_rows *rows, size_t row,
                       unsigned i, char *body, struct buf *about)
{
    char text[UUID_TEXT + 1];

    if (pg_column_type(rows, i) != (uint32_t)due_type(column->type))
        return -EBADMSG;
    if (i > 0)
        buf_add_char(about, '/');
    if (column->type == COLUMN_DATE) {
        *(struct date *)(body + column->offset) = pg_get_date(rows, row, i);
        buf_add_text(about, date_format(*(struct date *)(body + column->offset), text));
    } else {
        *(struct uuid *)(body + column->offset) = pg_get_uuid(rows, row, i);
        buf_add_text(about, uuid_format(*(struct uuid *)(body + column->offset), text));
    }
    return 0;
}

/* Was this tick published a moment ago? It may not have been decided yet, or never will be: it is
 * not repeated at each look. Two ticks that share a place merely repeat more often. */
static bool is_fresh(struct lane *lane, struct message_id id)
{
    uint64_t hash = hash_bytes(0, &id, sizeof id);
    struct tick *tick = &lane->ticks[hash % LANE_TICKS];
    int64_t now_ms = monotonic_ms();

    if (tick->hash == hash && now_ms < tick->until_ms)
        return true;
    *tick = (struct tick){.hash = hash, .until_ms = now_ms + REPEAT_MS};
    return false;
}

struct due_tenant {
    struct tenant_id tenant;
    struct date today;
    struct timestamp now; /* the database's: our own clock may be wrong */
    int answer;
};

/* 1: published; 0: it was a moment ago; or negative. */
static int publish_due(struct lane *lane, const struct timer *timer,
                       const struct due_tenant *tenant, const void *body, struct span about)
{
    struct arena *arena = uow_arena(lane->uow);
    cleanup(buf_deinit) struct buf value = {0};
    char system[64];
    struct trace trace = trace_new();
    struct record_fields fields = {
        .message = timer->emit,
        .tenant = tenant->tenant,
        .aggregate = message_aggregate(timer->emit, tenant->tenant, body),
        .id = derive_tick(lane->module, tenant->tenant, timer->emit->type, about),
        .worker = lane->module,
        .time = tenant->now,
        .trace = &trace,
        .source_offset = -1,
    };
    struct bus_record record;
    int r;

    if (is_fresh(lane, fields.id))
        return 0;
    r = codec_encode_msgpack(timer->emit, body, &value);
    if (r < 0)
        return r;
    snprintf(system, sizeof system, "system:%s", lane->module);
    fields.actor = span_text(system);
    fields.value = buf_span(&value);
    r = record_build(&fields, keyring_signer(lane->keys), arena, &record);
    if (r == 0)
        r = bus_producer_send(lane->producer, &record, NULL);
    return r < 0 ? r : 1;
}

static int publish_row(struct lane *lane, const struct timer *timer,
                       const struct due_tenant *tenant, const struct pg_rows *rows, size_t row)
{
    cleanup(buf_deinit) struct buf about = {0};
    char *body = uow_alloc(lane->uow, 1, timer->emit->size);
    int r = body ? 0 : -ENOMEM;

    for (unsigned i = 0; i < timer->column_count && r == 0; i++)
        r = take_column(&timer->columns[i], rows, row, i, body, &about);
    if (r == 0 && buf_failed(&about))
        r = -ENOMEM; /* the id would be another one's */
    if (r < 0)
        return r;
    if (timer->fill)
        timer->fill(body);
    return publish_due(lane, timer, tenant, body, buf_span(&about));
}

/* How many were published, or negative. */
static int publish_rows(struct lane *lane, const struct timer *timer,
                        const struct due_tenant *tenant, const struct pg_rows *rows)
{
    int published = 0;

    if (pg_column_count(rows) != timer->column_count)
        return -EBADMSG;
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        int r = publish_row(lane, timer, tenant, rows, row);

        if (r == -EAGAIN)
            break; /* the queue is full: a later look finds it again */
        if (r < 0)
            return r;
        published += r;
    }
    return published;
}

static int add_due(struct lane *lane, const struct timer *timer, struct uuid tenant,
                   struct date today)
{
    struct arena *arena = uow_arena(lane->uow);
    char text[UUID_TEXT + 1];
    struct pg_param setting = pg_text(arena, span_text(uuid_format(tenant, text)));
    int r = pg_add(lane->pg, "select set_config('app.tenant', $1, true)", &setting, 1);

    return r < 0 ? r
                 : pg_add(lane->pg, timer->due,
                          (struct pg_param[]){pg_uuid(arena, tenant), pg_date(arena, today),
                                              pg_int4(arena, DUE_A_TENANT)},
                          3);
}

/* Asks what is due for some tenants in one round trip, and publishes it. Returns how much that was,
 * or negative. */
static int look(struct lane *lane, const struct timer *timer, struct due_tenant *tenants,
                size_t count)
{
    int r = pg_add(lane->pg, "begin read only", NULL, 0), due = 0;

    for (size_t i = 0; i < count && r >= 0; i++)
        r = tenants[i].answer = add_due(lane, timer, tenants[i].tenant.uuid, tenants[i].today);
    if (r >= 0)
        r = pg_add(lane->pg, "commit", NULL, 0);
    if (r >= 0)
        r = pg_wait(lane->pg, lane_round_trip_ms(lane));
    for (size_t i = 0; i < count && r >= 0; i++) {
        r = publish_rows(lane, timer, &tenants[i], pg_rows(lane->pg, tenants[i].answer));
        due += r > 0 ? r : 0;
    }
    return r < 0 ? r : due;
}

/* A tenant whose zone nobody knows has no days to close; the others go on. */
static void take_tenant(struct lane *lane, const struct pg_rows *rows, size_t row,
                        struct due_tenant *list, size_t *count)
{
    const struct tenant_id tenant = {pg_get_uuid(rows, row, 0)};
    const struct zone *zone = zone_find(pg_value(rows, row, 1));
    const struct timestamp now = pg_get_timestamp(rows, row, 2);
    struct log_context log = lane->log;

    if (zone) {
        list[(*count)++] =
            (struct due_tenant){.tenant = tenant, .today = zone_date(zone, now), .now = now};
        return;
    }
    log.tenant = &tenant;
    log_error(&log, "the organization's time zone is not known to this machine: see that its "
                    "tzdata is up to date");
}

static int list_tenants(struct lane *lane, struct due_tenant **ret_list, size_t *ret_count)
{
    int answer = pg_add(lane->pg, tenants_sql, NULL, 0);
    int r = answer < 0 ? answer : pg_wait(lane->pg, lane_round_trip_ms(lane));
    const struct pg_rows *rows;

    if (r < 0)
        return r;
    rows = pg_rows(lane->pg, answer);
    *ret_count = 0;
    *ret_list = uow_alloc(lane->uow, pg_row_count(rows), sizeof **ret_list);
    if (!*ret_list)
        return -ENOMEM;
    for (size_t row = 0; row < pg_row_count(rows); row++)
        take_tenant(lane, rows, row, *ret_list, ret_count);
    return 0;
}

static int run_timer(struct lane *lane, const struct timer *timer, int64_t *next_ms)
{
    struct due_tenant *tenants;
    size_t count;
    int due = 0, r;

    uow_begin(lane->uow);
    r = list_tenants(lane, &tenants, &count);
    for (size_t i = 0; i < count && r >= 0; i += TENANTS_A_TRIP) {
        r = look(lane, timer, tenants + i, count - i < TENANTS_A_TRIP ? count - i : TENANTS_A_TRIP);
        due += r > 0 ? r : 0;
    }
    if (r < 0)
        return r;
    if (due > 0)
        log_info(&lane->log, "timer %s: %d are due", timer->name, due);
    *next_ms = monotonic_ms() + (due > 0 ? SOON_MS : timer->interval_ms);
    return 0;
}

/* One lane of the module ticks: the one that has the first partition of its commands. A second one
 * would do no harm. */
static int run_timers(struct lane *lane)
{
    const struct timer *timers = lane->options.worker->timers;

    if (!timers || !claim_find(lane, lane->topics[0], 0))
        return 0;
    for (size_t i = 0; timers[i].name; i++) {
        int r = monotonic_ms() >= lane->next_timer_ms[i]
                    ? run_timer(lane, &timers[i], &lane->next_timer_ms[i])
                    : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

int lane_tick(struct lane *lane)
{
    int64_t now_ms = monotonic_ms();
    int r = 0;

    if (now_ms >= lane->next_hint_ms) {
        lane->next_hint_ms = now_ms + HINT_MS;
        hint(lane);
    }
    if (now_ms >= lane->next_keys_ms) {
        r = lane_load_keys(lane);
        lane->next_keys_ms = now_ms + 1000 * lane->options.config->credentials_s;
    }
    if (r == 0)
        r = suspect_acquit(lane);
    return r < 0 ? r : run_timers(lane);
}
