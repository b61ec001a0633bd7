/* Partitions come and go. A claim raises the partition's epoch, so that every transaction of who
 * had it before fails from then on, and what that one committed but did not publish is published
 * first. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/crash.h"
#include "runtime/lane_state.h"

enum { BROKER_MS = 3000, FLUSH_ON_REVOKE_MS = 1000 };

struct partition *claim_find(struct lane *lane, const char *topic, int32_t partition)
{
    for (size_t i = 0; i < lane->partition_count; i++) {
        struct partition *p = lane->partitions[i];
        if (p->at.partition == partition && strcmp(p->at.topic, topic) == 0)
            return p;
    }
    return NULL;
}

static struct metrics_series *lag_series(const char *name, const char *help,
                                         const struct lane *lane, const struct partition *p)
{
    static const char *const labels[] = {"module", "partition", NULL};
    char partition[BUS_TOPIC_BYTES + 16];
    bool own = strcmp(p->at.topic, lane->topics[0]) == 0;

    /* A module's own commands are told by number; other topics that it reads by their name too. */
    if (own)
        snprintf(partition, sizeof partition, "%d", p->at.partition);
    else
        snprintf(partition, sizeof partition, "%s/%d", p->at.topic, p->at.partition);
    return metrics_series(metrics_gauge(name, help, labels),
                          (const char *[]){lane->module, partition, NULL});
}

static struct partition *partition_new(struct lane *lane, const struct bus_partition *at)
{
    struct partition *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->at = *at;
    p->confirmed.upto = p->last = p->trying = p->reached = p->end = -1;
    p->rows_end = &p->rows;
    p->lag_messages = lag_series("idpmc_lag_messages",
                                 "Messages between the position and the partition's end.", lane, p);
    p->lag_seconds =
        lag_series("idpmc_lag_seconds",
                   "Age of the oldest message that is not covered by the position.", lane, p);
    return p;
}

static void partition_free(struct lane *lane, struct partition *p)
{
    suspect_forget(lane, p);
    queue_forget(lane, p);
    outbox_abandon(p);
    if (p->stopped)
        lane_tell_stopped(lane, -1);
    metrics_hide(p->lag_messages);
    metrics_hide(p->lag_seconds);
    buf_deinit(&p->records);
    free(p);
}

static void drop_partitions(struct lane *lane)
{
    for (size_t i = 0; i < lane->partition_count; i++)
        partition_free(lane, lane->partitions[i]);
    lane->partition_count = 0;
    fetch_forget_kept(lane);
}

void claim_drop_all(struct lane *lane)
{
    drop_partitions(lane);
    free(lane->assignment);
    lane->assignment = NULL;
    lane->assignment_count = 0;
}

void claim_stop(struct lane *lane, struct partition *partition)
{
    if (!partition->stopped)
        lane_tell_stopped(lane, 1);
    partition->stopped = true;
    watch_stopped(lane);
    if (lane->started && bus_consumer_pause(lane->consumer, &partition->at, 1) < 0)
        log_debug(&lane->log, "partition %s/%d was stopped after it was given up",
                  partition->at.topic, partition->at.partition);
}

void claim_assigned(void *context, const struct bus_partition *partitions, size_t count)
{
    struct lane *lane = context;

    crash_point("assigned");
    watch_silence(lane, false);
    claim_drop_all(lane);
    lane->assignment = calloc(count + 1, sizeof *lane->assignment);
    if (!lane->assignment) {
        lane->rejoin = true;
        return;
    }
    memcpy(lane->assignment, partitions, count * sizeof *partitions);
    lane->assignment_count = count;
}

void claim_revoked(void *context, const struct bus_partition *partitions, size_t count, bool lost)
{
    struct lane *lane = context;

    (void)partitions; /* the eager protocol takes all of them */
    log_info(&lane->log, "%zu partitions are %s", count, lost ? "lost" : "revoked");
    if (!lost && lane->producer) {
        outbox_publish_committed(lane);
        bus_producer_flush(lane->producer, FLUSH_ON_REVOKE_MS);
    }
    crash_point("revoked");
    claim_drop_all(lane);
    watch_silence(lane, true);
    lane->paused = false;
}

/* How many partitions each topic has; those of one stand behind one another. */
static int count_partitions(struct lane *lane, struct partition **list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct partition *p = list[i];
        bool same = i > 0 && strcmp(list[i - 1]->at.topic, p->at.topic) == 0;

        lane_lives(lane);
        p->topic_partitions = same
                                  ? list[i - 1]->topic_partitions
                                  : bus_consumer_partitions(lane->consumer, p->at.topic, BROKER_MS);
        if (p->topic_partitions < 0)
            return p->topic_partitions;
    }
    return 0;
}

/* Where each partition begins, for those that nobody claimed before, and where it ends. */
static int ask_broker(struct lane *lane, struct partition **list, size_t count)
{
    struct bus_partition ends[LANE_MAX_PARTITIONS], lows[LANE_MAX_PARTITIONS];
    int r;

    for (size_t i = 0; i < count; i++)
        ends[i] = lows[i] = list[i]->at;
    lane_lives(lane);
    r = bus_consumer_ends(lane->consumer, ends, count, BROKER_MS);
    if (r == 0)
        r = bus_consumer_lows(lane->consumer, lows, count, BROKER_MS);
    for (size_t i = 0; i < count && r == 0; i++) {
        list[i]->end = ends[i].offset;
        list[i]->at.offset = lows[i].offset;
    }
    return r < 0 ? r : count_partitions(lane, list, count);
}

static void take_claim(struct lane *lane, const struct pg_rows *rows, size_t row)
{
    char topic[BUS_TOPIC_BYTES];
    struct span text = pg_value(rows, row, 0);
    struct partition *p;

    snprintf(topic, sizeof topic, "%.*s", (int)text.size, text.data);
    p = claim_find(lane, topic, pg_get_int4(rows, row, 1));
    if (!p)
        return;
    position_take(lane, p, rows, row);
    suspect_claimed(lane, p, p->end);
}

static int publish_rows(struct lane *lane, const struct pg_rows *rows)
{
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        int32_t n = pg_get_int4(rows, row, 0);
        const struct outbox_place at = {pg_get_int8(rows, row, 1), pg_get_int4(rows, row, 2)};
        struct partition *p;
        int r;

        if (n < 1 || (size_t)n > lane->partition_count)
            return -EBADMSG;
        p = lane->partitions[n - 1];
        if (at.upto == p->next)
            p->place = at.place;
        r = outbox_publish(lane, p, at, pg_value(rows, row, 3));
        if (r < 0)
            return r;
    }
    if (pg_row_count(rows) > 0)
        log_info(&lane->log, "%zu outbox rows of earlier owners are published first",
                 pg_row_count(rows));
    return 0;
}

void claim_names(struct lane *lane, struct pg_param params[static 2])
{
    struct arena *arena = uow_arena(lane->uow);
    struct pg_array topics, parts;

    pg_array_init(&topics, arena, PG_TEXT, lane->partition_count);
    pg_array_init(&parts, arena, PG_INT4, lane->partition_count);
    for (size_t i = 0; i < lane->partition_count; i++) {
        pg_array_add_span(&topics, span_text(lane->partitions[i]->at.topic));
        pg_array_add_int4(&parts, lane->partitions[i]->at.partition);
    }
    params[0] = pg_array_param(&topics);
    params[1] = pg_array_param(&parts);
}

static int add_claim(struct lane *lane, const struct pg_param names[static 2])
{
    static const uint8_t stripes[STRIPES * 8];
    struct arena *arena = uow_arena(lane->uow);
    struct pg_array lows;

    pg_array_init(&lows, arena, PG_INT8, lane->partition_count);
    for (size_t i = 0; i < lane->partition_count; i++)
        pg_array_add_int8(&lows, lane->partitions[i]->at.offset);
    return pg_add(lane->pg, lane->sql.claim,
                  (struct pg_param[]){names[0], names[1], pg_array_param(&lows),
                                      pg_bytea(arena, span_of(stripes, sizeof stripes))},
                  4);
}

static int claim_in_database(struct lane *lane)
{
    struct pg_param names[2];
    int stuck, begin, claim, leftovers, commit, r;

    uow_begin(lane->uow);
    claim_names(lane, names);
    stuck = pg_add(lane->pg, lane_end_stuck_sql, NULL, 0);
    begin = pg_add(lane->pg, "begin", NULL, 0);
    claim = add_claim(lane, names);
    leftovers = pg_add(lane->pg, lane->sql.outbox_read, names, 2);
    commit = pg_add(lane->pg, "commit", NULL, 0);
    if (stuck < 0 || begin < 0 || claim < 0 || leftovers < 0 || commit < 0)
        return -ENOMEM;
    crash_point("before-claim");
    r = pg_wait(lane->pg, lane_round_trip_ms(lane));
    if (r < 0)
        return r;
    crash_point("after-claim");
    for (size_t row = 0; row < pg_row_count(pg_rows(lane->pg, claim)); row++)
        take_claim(lane, pg_rows(lane->pg, claim), row);
    return publish_rows(lane, pg_rows(lane->pg, leftovers));
}

int claim_publish_leftovers(struct lane *lane)
{
    struct pg_param names[2];
    int answer, r;

    uow_begin(lane->uow);
    claim_names(lane, names);
    answer = pg_add(lane->pg, lane->sql.outbox_read, names, 2);
    if (answer < 0)
        return answer;
    r = pg_wait(lane->pg, lane_round_trip_ms(lane));
    return r < 0 ? r : publish_rows(lane, pg_rows(lane->pg, answer));
}

static int make_claims(struct lane *lane)
{
    int r;

    if (lane->assignment_count > LANE_MAX_PARTITIONS)
        return -E2BIG;
    for (size_t i = 0; i < lane->assignment_count; i++) {
        struct partition *p = partition_new(lane, &lane->assignment[i]);
        if (!p)
            return -ENOMEM;
        lane->partitions[lane->partition_count++] = p;
    }
    r = ask_broker(lane, lane->partitions, lane->partition_count);
    if (r == 0 && lane->partition_count > 0)
        r = claim_in_database(lane);
    return r;
}

/* Only what may be consumed is started; the group counts the others as ours all the same. */
static int start(struct lane *lane)
{
    size_t count = 0;
    int r;

    for (size_t i = 0; i < lane->partition_count; i++)
        if (!lane->partitions[i]->stopped)
            lane->assignment[count++] = lane->partitions[i]->at;
    crash_point("before-start");
    r = bus_consumer_start(lane->consumer, lane->assignment, count);
    free(lane->assignment);
    lane->assignment = NULL;
    lane->assignment_count = 0;
    lane->started = r == 0;
    watch_consuming(lane);
    if (r < 0)
        lane->rejoin = true; /* the assignment must be answered, or none follows it */
    log_info(&lane->log, "consumes %zu partitions", count);
    return r;
}

/* Rows that may still be delivered, of partitions that may go on. */
static bool waits_for_leftovers(const struct lane *lane)
{
    for (size_t i = 0; i < lane->partition_count; i++)
        if (!lane->partitions[i]->stopped && lane->partitions[i]->rows)
            return true;
    return false;
}

int claim_pending(struct lane *lane)
{
    int r;

    if (!lane->assignment)
        return 0;
    if (lane->partition_count == 0) {
        r = make_claims(lane);
        lane_count_claims(lane, r == 0 ? "claimed" : "failed", lane->assignment_count);
        if (r < 0) {
            drop_partitions(lane);
            return r;
        }
    }
    /* An earlier owner's records are acknowledged before anything newer of the partition is
     * published. */
    return waits_for_leftovers(lane) ? 0 : start(lane);
}
