/* What is parked is tried again when it is due: nobody sleeps for it, the lane that has the
 * partition looks, and runs a key's messages in order through the same unit of work. */
#include <errno.h>
#include <stdio.h>

#include "runtime/crash.h"
#include "runtime/lane_batch.h"
#include "runtime/record.h"

enum {
    LOOK_MS = 1000,
    SOONEST_MS = 100, /* where a quota will let more through before the next look */
    COUNT_MS = 5000,
    SLICE_MS = 100,       /* of a turn; then the queue is served again */
    DUE_MOST = 100,       /* keys in one look */
    RUN_MOST = 500,       /* messages of a key in one batch */
    RUN_BYTES = 64 << 20, /* and no more of them behind so many bytes */
    CRASHES = 3,          /* tries that began and did not end: the process died in each */
};

struct due {
    struct parked_key key;
    int64_t at; /* the first of the key */
};

/* What one try works with; in the lane's `parking` arena. */
struct run {
    struct item *items;
    size_t count;
    int32_t attempts, trying; /* of the first, before and with this one */
    bool held;
};

static struct span keep(struct arena *arena, struct span bytes)
{
    return span_of(arena_copy(arena, bytes.data, bytes.size), bytes.size);
}

static int take_due(struct lane *lane, const struct pg_rows *rows, struct due **ret_list,
                    size_t *ret_count)
{
    size_t count = pg_row_count(rows);
    struct due *list = arena_array(lane->parking, count, sizeof *list);

    if (!list)
        return -ENOMEM;
    for (size_t row = 0; row < count; row++) {
        int32_t n = pg_get_int4(rows, row, 0);

        if (n < 1 || (size_t)n > lane->partition_count)
            return -EBADMSG;
        list[row] = (struct due){.key = {.partition = lane->partitions[n - 1],
                                         .hash = pg_get_int4(rows, row, 2),
                                         .key = keep(lane->parking, pg_value(rows, row, 3))},
                                 .at = pg_get_int8(rows, row, 1)};
        if (!list[row].key.key.data)
            return -ENOMEM;
    }
    *ret_list = list;
    *ret_count = count;
    return 0;
}

/* A partition that an alarm stopped has a number that no row has: what waits there is not tried,
 * and must not stand before what waits elsewhere. */
static void add_names(struct lane *lane, struct pg_param params[static 2])
{
    struct arena *arena = uow_arena(lane->uow);
    struct pg_array topics, parts;

    pg_array_init(&topics, arena, PG_TEXT, lane->partition_count);
    pg_array_init(&parts, arena, PG_INT4, lane->partition_count);
    for (size_t i = 0; i < lane->partition_count; i++) {
        const struct partition *p = lane->partitions[i];

        pg_array_add_span(&topics, span_text(p->at.topic));
        pg_array_add_int4(&parts, p->stopped ? -1 : p->at.partition);
    }
    params[0] = pg_array_param(&topics);
    params[1] = pg_array_param(&parts);
}

static int find_due(struct lane *lane, struct due **ret_list, size_t *ret_count)
{
    struct pg_param params[3];
    int answer, r;

    uow_begin(lane->uow);
    add_names(lane, params);
    params[2] = pg_int4(uow_arena(lane->uow), DUE_MOST);
    answer = pg_add(lane->pg, lane->sql.park_due, params, 3);
    r = answer < 0 ? answer : pg_wait(lane->pg, lane_round_trip_ms(lane));
    return r < 0 ? r : take_due(lane, pg_rows(lane->pg, answer), ret_list, ret_count);
}

/* The place of the row that is tried, as the statements have it first. */
static void add_place(const struct lane *lane, struct pg_param params[static 3])
{
    struct arena *arena = uow_arena(lane->uow);

    params[0] = pg_text(arena, span_text(lane->tried.topic));
    params[1] = pg_int4(arena, lane->tried.partition);
    params[2] = pg_int8(arena, lane->tried.offset);
}

static int take_item(struct lane *lane, const struct due *due, const struct pg_rows *rows,
                     size_t row, struct item *item)
{
    struct span headers = keep(lane->parking, pg_value(rows, row, 1));
    struct span value = keep(lane->parking, pg_value(rows, row, 2));
    int count;

    if (!headers.data || !value.data)
        return -ENOMEM;
    *item = (struct item){.partition = due->key.partition,
                          .message = {.topic = due->key.partition->at.topic,
                                      .partition = due->key.partition->at.partition,
                                      .offset = pg_get_int8(rows, row, 0),
                                      .append_ms = pg_get_timestamp(rows, row, 3).us / 1000,
                                      .key = due->key.key,
                                      .value = value},
                          .remembered = pg_get_bool(rows, row, 6)};
    count = record_unpack_headers(headers, lane->parking, &item->message.headers);
    item->message.header_count = count < 0 ? 0 : (size_t)count;
    return count < 0 ? count : 0;
}

/* As many as find room; what is behind them has its turn. */
static int take_run(struct lane *lane, const struct due *due, const struct pg_rows *rows,
                    struct run *ret_run)
{
    const size_t count = pg_row_count(rows);
    struct run run = {.items = arena_array(lane->parking, count, sizeof *run.items)};
    size_t bytes = 0;

    if (!run.items)
        return -ENOMEM;
    for (; run.count < count && bytes < RUN_BYTES; run.count++) {
        int r = take_item(lane, due, rows, run.count, &run.items[run.count]);

        if (r < 0)
            return r;
        bytes += bus_message_bytes(&run.items[run.count].message);
    }
    run.held = run.count > 0 && pg_get_bool(rows, 0, 5);
    *ret_run = run;
    return 0;
}

/* Says in the table that a try begins, and reads what waits under the key. A try that never ends
 * leaves its trace, for the process may have died of it. */
static int begin_try(struct lane *lane, const struct due *due, struct run *ret_run)
{
    const struct config *config = lane->options.config;
    struct arena *arena = uow_arena(lane->uow);
    struct pg_param params[5];
    const struct pg_rows *tried;
    int try, run, r;

    uow_begin(lane->uow);
    add_place(lane, params);
    params[3] = pg_int8(arena, config->park_first_ms);
    params[4] = pg_int8(arena, config->park_most_ms);
    r = batch_begin(lane, due->key.partition);
    try = r < 0 ? r : pg_add(lane->pg, lane->sql.park_try, params, 5);
    run = try < 0 ?
    try : pg_add(lane->pg, lane->sql.park_run,
                 (struct pg_param[]){pg_int4(arena, due->key.hash), params[0], params[1],
                                     pg_bytea(arena, due->key.key), pg_int4(arena, RUN_MOST)},
                 5)
        ;
    r = run < 0 ? run : batch_commit(lane);
    if (r < 0)
        return r;
    *ret_run = (struct run){.count = 0};
    tried = pg_rows(lane->pg, try);
    if (pg_row_count(tried) == 0)
        return 0; /* it is not due any more */
    r = take_run(lane, due, pg_rows(lane->pg, run), ret_run);
    ret_run->attempts = pg_get_int4(tried, 0, 0);
    ret_run->trying = pg_get_int4(tried, 0, 1);
    crash_point("retry");
    return r;
}

/* The try failed by the message's own fault. */
static int note_failure(struct lane *lane, const struct due *due, const struct item *item,
                        bool held)
{
    struct arena *arena = uow_arena(lane->uow);
    struct pg_param params[5];
    int r;

    uow_begin(lane->uow);
    add_place(lane, params);
    params[3] = pg_text(arena, span_text(item->detail));
    params[4] = pg_bool(arena, held);
    r = batch_begin(lane, due->key.partition);
    if (r >= 0)
        r = pg_add(lane->pg, lane->sql.park_failed, params, 5);
    return r < 0 ? r : batch_commit(lane);
}

/* The try ended, and says nothing of the message; the next one is due after `delay_ms`, or when the
 * try said (-1). Without the fence, for it acquits only, and who lost the claim meanwhile must say
 * it too. */
static int release(struct lane *lane, int64_t delay_ms)
{
    struct pg_param params[4];
    int r;

    uow_begin(lane->uow);
    add_place(lane, params);
    params[3] = pg_int8(uow_arena(lane->uow), delay_ms);
    if (delay_ms < 0)
        params[3].data = NULL;
    r = pg_add(lane->pg, lane->sql.park_released, params, 4);
    if (r >= 0)
        r = pg_wait(lane->pg, lane_round_trip_ms(lane));
    if (r >= 0)
        lane->tried.topic[0] = 0;
    return r < 0 ? r : 0;
}

int park_release(struct lane *lane)
{
    return lane->tried.topic[0] ? release(lane, -1) : 0;
}

/* Which would come late: a bucket is full long before. */
static void look_sooner(struct lane *lane, int64_t delay_ms)
{
    int64_t at_ms = monotonic_ms() + (delay_ms > SOONEST_MS ? delay_ms : SOONEST_MS);

    if (at_ms < lane->next_park_ms)
        lane->next_park_ms = at_ms;
}

/* One attempt with the first `most` of them. What fails by a message's fault is rolled back, and
 * its detail says why. */
static int attempt(struct lane *lane, const struct due *due, struct run *run, size_t most,
                   enum blame *ret_blame)
{
    struct batch batch = {.lane = lane,
                          .items = run->items,
                          .most = most,
                          .parked = &due->key,
                          .messages = lane->parking};
    int r;

    lane->careful_until_ms = monotonic_ms() + LOOK_MS; /* the queue does not wait for its locks */
    r = batch_apply(&batch);
    outbox_publish_committed(lane);
    if ((r >= 0 && batch.count < most) || r == -EDQUOT)
        look_sooner(lane, run->items[batch.count].delay_ms);
    if (r >= 0 || r == -EDQUOT)
        return r;
    *ret_blame = batch_blame(&batch, r);
    if (*ret_blame == BLAME_NOBODY)
        return r;
    batch_describe(&batch, batch.failed ? batch.failed : &batch.items[0], r);
    if (lane_roll_back(lane) < 0) {
        *ret_blame = BLAME_NOBODY;
        return -EIO;
    }
    return r;
}

/* Nothing helps: a dead letter in its stead, and the key goes on. */
static int bury(struct lane *lane, const struct due *due, struct run *run, enum dead_cause cause)
{
    struct item *first = &run->items[0];
    enum blame blame;

    if (first->opened == FATE_UNREAD)
        first->condemned = cause;
    else
        first->opened = FATE_DEAD;
    first->cause = cause;
    first->attempts = (unsigned)run->attempts + (cause != DEAD_CRASH);
    return attempt(lane, due, run, 1, &blame);
}

/* The first of the key failed alone. */
static int judge(struct lane *lane, const struct due *due, struct run *run, enum blame blame)
{
    const struct config *config = lane->options.config;
    const struct item *first = &run->items[0];
    bool last = blame == BLAME_CULPRIT || run->attempts + 1 >= config->park_attempts;

    if (!last || first->opened != FATE_OPEN)
        return note_failure(lane, due, first, false);
    if (!blame_is_believed(lane, first))
        return release(lane, config->park_most_ms);
    if (first->envelope->message->holds_key)
        return note_failure(lane, due, first, true);
    return bury(lane, due, run, blame == BLAME_CULPRIT ? DEAD_CULPRIT : DEAD_EXHAUSTED);
}

/* All that waits under the key; where that fails, the first alone. */
static int try_run(struct lane *lane, const struct due *due, struct run *run)
{
    enum blame blame = BLAME_NOBODY;
    int r = attempt(lane, due, run, run->count, &blame);

    if (r < 0 && blame != BLAME_NOBODY && run->count > 1)
        r = attempt(lane, due, run, 1, &blame);
    if (r == -EDQUOT)
        return release(lane, run->items[0].delay_ms);
    return r < 0 && blame != BLAME_NOBODY ? judge(lane, due, run, blame) : r;
}

/* 0 or more: it is known how the try ended, and the table says so. */
static int try_one(struct lane *lane, const struct due *due)
{
    struct run run;
    int r = begin_try(lane, due, &run);

    if (r == -ENOMEM && (lane_roll_back(lane) < 0 || park_release(lane) < 0))
        return -EIO;
    if (r < 0 || run.count == 0 || run.held)
        return r;
    if (run.trying > CRASHES) {
        snprintf(run.items[0].detail, sizeof run.items[0].detail,
                 "the process died in each of %d tries", CRASHES);
        return bury(lane, due, &run, DEAD_CRASH);
    }
    r = try_run(lane, due, &run);
    if (r >= 0 || r == -EIO)
        return r;
    lane_failed(lane, r, "tries a parked message");
    return lane->pg && park_release(lane) < 0 ? -EIO : 1;
}

/* A try that never ends is taken for the death of its process. One that the connection did not
 * outlive is remembered, to be released over the next one. */
static int retry(struct lane *lane, const struct due *due)
{
    int r;

    lane->tried = due->key.partition->at;
    lane->tried.offset = due->at;
    r = try_one(lane, due);
    if (r >= 0 && lane->pg)
        lane->tried.topic[0] = 0;
    return r;
}

/* Keys that wait, of the whole module: one lane tells it, the one that has its first partition. */
static int measure(struct lane *lane)
{
    static const char *const labels[] = {"module", NULL};
    struct metrics_series *series = metrics_series(
        metrics_gauge("idpmc_parked_keys",
                      "Keys whose messages wait to be tried again, or for an operator.", labels),
        (const char *[]){lane->module, NULL});
    int answer, r;

    lane->next_park_count_ms = monotonic_ms() + COUNT_MS;
    if (!claim_find(lane, lane->topics[0], 0)) {
        if (lane->tells_parked) /* else another lane of this process may */
            metrics_hide(series);
        lane->tells_parked = false;
        return 0;
    }
    lane->tells_parked = true;
    answer = pg_add(lane->pg, lane->sql.park_count, NULL, 0);
    r = answer < 0 ? answer : pg_wait(lane->pg, lane_round_trip_ms(lane));
    if (r == 0)
        metrics_set(series, (double)pg_get_int8(pg_rows(lane->pg, answer), 0, 0));
    return r;
}

int park_turn(struct lane *lane)
{
    int64_t began_ms = monotonic_ms();
    struct arena_mark mark;
    struct due *list = NULL;
    size_t count = 0;
    int r = park_release(lane);

    if (r < 0)
        return r;
    if (began_ms < lane->next_park_ms || !lane->started || lane->assignment ||
        lane->partition_count == 0)
        return 0;
    lane->next_park_ms = began_ms + LOOK_MS;
    arena_reset(lane->parking);
    r = began_ms >= lane->next_park_count_ms ? measure(lane) : 0;
    if (r == 0)
        r = find_due(lane, &list, &count);
    if (r < 0)
        return r;
    mark = arena_mark(lane->parking);
    for (size_t i = 0; i < count && r == 0; i++) {
        if (monotonic_ms() - began_ms > SLICE_MS || i + 1 == DUE_MOST)
            lane->next_park_ms = 0; /* there is more */
        if (monotonic_ms() - began_ms > SLICE_MS)
            break;
        if (!list[i].key.partition->stopped)
            r = retry(lane, &list[i]);
        arena_rewind(lane->parking, mark);
    }
    return r;
}
