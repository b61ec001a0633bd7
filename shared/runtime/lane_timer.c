/* A worker's timers: time is a producer, and what is due becomes a command. */
#include <errno.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/zone.h"
#include "runtime/lane_state.h"
#include "runtime/record.h"

enum {
    REPEAT_MS = 30000, /* a tick that is still due then was lost, or cannot be decided */
    LIST_MS = 1000,    /* how late a new tenant, or a date, may be noticed; with more than a
                          thousand tenants so many milliseconds as there are */
    TENANTS_A_LOOK = 100,
    DUE_A_TENANT = 500, /* most rows of one tenant in one look */
};

/* What day it is somewhere is found out here as everywhere, by our own zones: the database's may
 * differ. */
static const char tenants_sql[] =
    "select t.tenant, t.zone, now() from platform.tenants t order by t.tenant";

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

/* Of which tenant, and when by the database's clock: our own may be wrong. */
struct due_at {
    struct tenant_id tenant;
    struct timestamp now;
};

/* 1: published; 0: it was a moment ago; or negative. */
static int publish_due(struct lane *lane, const struct timer *timer, const struct due_at *at,
                       const void *body, struct span about)
{
    struct arena *arena = uow_arena(lane->uow);
    cleanup(buf_deinit) struct buf value = {0};
    char system[64];
    struct trace trace = trace_new();
    struct record_fields fields = {
        .message = timer->emit,
        .tenant = at->tenant,
        .aggregate = message_aggregate(timer->emit, at->tenant, body),
        .id = derive_tick(lane->module, at->tenant, timer->emit->type, about),
        .worker = lane->module,
        .time = at->now,
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

static int publish_row(struct lane *lane, const struct timer *timer, const struct due_at *at,
                       const struct pg_rows *rows, size_t row)
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
    return publish_due(lane, timer, at, body, buf_span(&about));
}

/* How many were published, or negative. */
static int publish_rows(struct lane *lane, const struct timer *timer, const struct due_at *at,
                        const struct pg_rows *rows)
{
    int published = 0;

    if (pg_column_count(rows) != timer->column_count)
        return -EBADMSG;
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        int r = publish_row(lane, timer, at, rows, row);

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

/* Asks what is due for some tenants in one round trip, and publishes it. How much that was, or
 * negative. */
static int look(struct lane *lane, const struct timer *timer, const struct lane_timer *state,
                struct turn **tenants, size_t count)
{
    int answers[TENANTS_A_LOOK], total = 0;
    int r = pg_add(lane->pg, "begin read only", NULL, 0);

    for (size_t i = 0; i < count && r >= 0; i++)
        r = answers[i] = add_due(lane, timer, tenants[i]->tenant.uuid, tenants[i]->today);
    if (r >= 0)
        r = pg_add(lane->pg, "commit", NULL, 0);
    if (r >= 0)
        r = pg_wait(lane->pg, lane_round_trip_ms(lane));
    for (size_t i = 0; i < count && r >= 0; i++) {
        const struct pg_rows *rows = pg_rows(lane->pg, answers[i]);
        const struct due_at at = {tenants[i]->tenant, {state->ahead_us + monotonic_us()}};

        tenants[i]->due = pg_row_count(rows) > 0;
        r = publish_rows(lane, timer, &at, rows);
        total += r > 0 ? r : 0;
    }
    return r < 0 ? r : total;
}

/* A tenant whose zone nobody knows has no days to close, and one whose zone cannot be read now has
 * none until tenants are listed again; the others go on. */
static void take_tenant(struct lane *lane, const struct pg_rows *rows, size_t row,
                        struct turn *list, size_t *count)
{
    const struct tenant_id tenant = {pg_get_uuid(rows, row, 0)};
    struct log_context log = lane->log;
    const struct zone *zone;
    int r = zone_find(pg_value(rows, row, 1), &zone);

    if (r == 0) {
        list[(*count)++] = (struct turn){.tenant = tenant,
                                         .today = zone_date(zone, pg_get_timestamp(rows, row, 2))};
        return;
    }
    log.tenant = &tenant;
    log.error = strerror(-r);
    log_error(&log, r == -ENOENT ? "the organization's time zone is not known to this machine: see "
                                   "that its tzdata is up to date"
                                 : "the organization's time zone cannot be read");
}

static int list_tenants(struct lane *lane, struct lane_timer *state)
{
    int answer = pg_add(lane->pg, tenants_sql, NULL, 0);
    int r = answer < 0 ? answer : pg_wait(lane->pg, lane_round_trip_ms(lane));
    const struct pg_rows *rows;
    struct turn *list;
    size_t count = 0;

    if (r < 0)
        return r;
    rows = pg_rows(lane->pg, answer);
    list = uow_alloc(lane->uow, pg_row_count(rows), sizeof *list);
    if (!list)
        return -ENOMEM;
    for (size_t row = 0; row < pg_row_count(rows); row++)
        take_tenant(lane, rows, row, list, &count);
    if (pg_row_count(rows) > 0)
        state->ahead_us = pg_get_timestamp(rows, 0, 2).us - monotonic_us();
    return turns_list(&state->turns, list, count);
}

static int run_timer(struct lane *lane, const struct timer *timer, struct lane_timer *state)
{
    struct turn *tenants[TENANTS_A_LOOK];
    int64_t now_ms = monotonic_ms();
    bool more;
    size_t count;
    int r = 0;

    uow_begin(lane->uow);
    if (now_ms >= state->next_list_ms) {
        r = list_tenants(lane, state);
        state->next_list_ms =
            now_ms + (state->turns.count > LIST_MS ? (int64_t)state->turns.count : LIST_MS);
    }
    if (r < 0)
        return r;
    count =
        turns_pick(&state->turns, now_ms, timer->interval_ms, COUNT_OF(tenants), tenants, &more);
    if (count > 0)
        r = look(lane, timer, state, tenants, count);
    if (r < 0) {
        turns_forget(&state->turns); /* nobody was asked */
        state->next_list_ms = 0;
        return r;
    }
    if (r > 0)
        log_info(&lane->log, "timer %s: %d are due", timer->name, r);
    state->next_ms = more ? now_ms : now_ms + timer->interval_ms;
    return 0;
}

/* One lane of the module ticks: the one that has the first partition of its commands. A second one
 * would do no harm. */
int timers_run(struct lane *lane)
{
    const struct timer *timers = lane->options.worker->timers;

    if (!timers || !claim_find(lane, lane->topics[0], 0))
        return 0;
    for (size_t i = 0; timers[i].name; i++) {
        int r = monotonic_ms() >= lane->timers[i].next_ms
                    ? run_timer(lane, &timers[i], &lane->timers[i])
                    : 0;
        if (r < 0)
            return r;
    }
    return 0;
}
