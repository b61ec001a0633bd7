/* What the inbox need not know any longer is deleted by a sweep over its heap, a few blocks at a
 * time: an index by time would cost every insert more than all of this. The lane that has the first
 * partition of its module's commands does it. */
#include "base/random.h"
#include "runtime/crash.h"
#include "runtime/lane_state.h"

/* By the database's clock, and a day more than a message is believed: until then clocks may differ
 * without an id being forgotten too early. docs/decisions/0026-retention-by-sweep.md has the sum.
 */
enum { KEPT_HOURS = 24 * (INBOX_RETENTION_DAYS + 1) };

enum { LOOK_MS = 100 }; /* whether it is this lane's to do */

static struct metrics_series *deleted_series(const struct lane *lane)
{
    static const char *const labels[] = {"module", NULL};

    return metrics_series(metrics_counter("idpmc_inbox_deleted_total",
                                          "Rows of the inbox that retention deleted.", labels),
                          (const char *[]){lane->module, NULL});
}

static struct metrics_series *age_series(const struct lane *lane)
{
    static const char *const labels[] = {"module", NULL};

    return metrics_series(
        metrics_gauge("idpmc_inbox_sweep_age_seconds",
                      "Since a sweep had gone over the whole inbox, or this lane took it over.",
                      labels),
        (const char *[]){lane->module, NULL});
}

static int begin_round(struct lane *lane)
{
    int answer = pg_add(lane->pg, lane->sql.inbox_blocks, NULL, 0);
    int r = answer < 0 ? answer : pg_wait(lane->pg, lane_round_trip_ms(lane));
    uint64_t chance;

    if (r < 0)
        return r;
    random_fill(&chance, sizeof chance);
    sweep_begin(&lane->sweep, pg_get_int8(pg_rows(lane->pg, answer), 0, 0), chance, monotonic_ms());
    return 0;
}

/* One transaction, under the fence of the partition by which this lane is the one that sweeps. */
static int delete_old(struct lane *lane, const struct partition *fence,
                      const struct sweep_range *range, int64_t *ret_rows)
{
    struct arena *arena = uow_arena(lane->uow);
    int answer, r;

    r = batch_begin(lane, fence);
    answer =
        r < 0 ? r
              : pg_add(lane->pg, lane->sql.inbox_delete,
                       (struct pg_param[]){pg_int8(arena, range->from), pg_int8(arena, range->to),
                                           pg_int4(arena, KEPT_HOURS)},
                       3);
    if (answer < 0)
        return answer;
    crash_point("before-sweep");
    r = pg_push(lane->pg);
    crash_point("swept");
    if (r >= 0)
        r = batch_commit(lane);
    if (r < 0)
        return r;
    crash_point("after-sweep");
    *ret_rows = pg_get_int8(pg_rows(lane->pg, answer), 0, 0);
    return 0;
}

static void tell_round(const struct lane *lane)
{
    const struct sweep *sweep = &lane->sweep;
    const long long seconds = (sweep->complete_ms - sweep->round_ms) / 1000;

    if (sweep->found > 0)
        log_info(&lane->log, "retention deleted %lld rows of the inbox's %lld blocks in %lld s",
                 (long long)sweep->found, (long long)sweep->blocks, seconds);
    else
        log_debug(&lane->log, "retention found nothing in the inbox's %lld blocks",
                  (long long)sweep->blocks);
}

static int step(struct lane *lane, const struct partition *fence)
{
    struct sweep *sweep = &lane->sweep;
    const struct sweep_range range = sweep_range(sweep);
    int64_t rows = 0;
    int r = delete_old(lane, fence, &range, &rows);

    if (r < 0)
        return r;
    metrics_add(deleted_series(lane), (double)rows);
    if (sweep_done(sweep, range, rows, monotonic_ms()))
        tell_round(lane);
    lane->next_sweep_ms = monotonic_ms() + sweep_wait_ms(sweep, range, rows);
    return 0;
}

/* Another lane sweeps. It may be one of this process, and tells the same series. */
static void give_up(struct lane *lane)
{
    if (lane->sweep.complete_ms != 0)
        metrics_hide(age_series(lane));
    lane->sweep.complete_ms = 0;
}

int retention_turn(struct lane *lane)
{
    const struct partition *fence;
    int r = 0;

    if (monotonic_ms() < lane->next_sweep_ms)
        return 0;
    fence = claim_find(lane, lane->topics[0], 0);
    lane->next_sweep_ms = monotonic_ms() + (fence ? SWEEP_LATE_MS : LOOK_MS);
    if (!fence) {
        give_up(lane);
        return 0;
    }
    if (lane->sweep.complete_ms == 0)
        lane->sweep.complete_ms = monotonic_ms();
    uow_begin(lane->uow);
    if (lane->sweep.left == 0)
        r = begin_round(lane);
    if (r == 0 && lane->sweep.left > 0)
        r = step(lane, fence);
    metrics_set(age_series(lane), (double)(monotonic_ms() - lane->sweep.complete_ms) / 1000);
    return r;
}
