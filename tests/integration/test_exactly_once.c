/* Exactly once, whatever happens in the middle: workers die at each step of a batch, are frozen and
 * overtaken, and crowd each other. tally's counters show what went wrong. */
#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdio.h>

#include "base/date.h"
#include "support/counters.h"
#include "support/database.h"
#include "support/program.h"

enum { LOAD = 300, DEATH_MS = 60000 };

#define LOST_CLAIMS "idpmc_claims_total{module=\"tally\",result=\"lost\"}"

static const char *const points[] = {
    "before-claim",  "after-claim",    "after-load",       "before-commit",
    "rows-sent",     "after-commit",   "after-send",       "after-send:20",
    "after-publish", "after-delivery", "after-delivery:7", "after-delete",
};

static size_t count_dead(struct program *workers)
{
    size_t dead = 0;

    for (size_t i = 0; i < COUNT_OF(points); i++) {
        if (workers[i].pid > 0 && program_wait(&workers[i], 0) == -SIGKILL)
            printf("# died at %s\n", points[i]);
        dead += workers[i].pid == 0;
    }
    return dead;
}

/* All of them share the partitions; each one's work goes to the others once Kafka misses it. */
void test_deaths_at_each_step_of_a_batch_neither_lose_nor_double(void)
{
    struct counters counters = counters_new();
    struct program workers[COUNT_OF(points)], survivor;
    int64_t end_ms = monotonic_ms() + DEATH_MS;
    char setting[64];

    for (size_t i = 0; i < COUNT_OF(points); i++) {
        snprintf(setting, sizeof setting, "CRASH_AT=%s", points[i]);
        workers[i] = program_start("worker-tally", setting);
    }
    survivor = program_start("worker-tally", NULL);
    while (count_dead(workers) < COUNT_OF(points) && monotonic_ms() < end_ms) {
        counters_send(&counters, LOAD);
        sleep_ms(500); /* time to be idle: what was sent is deleted then */
    }
    CU_ASSERT_EQUAL(count_dead(workers), COUNT_OF(points));
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&survivor), 0);
    for (size_t i = 0; i < COUNT_OF(points); i++)
        program_kill(&workers[i]);
}

/* Between its commit and Kafka it stands still for longer than its session: the next owner
 * publishes what it had committed, and both do so in the end. */
void test_a_worker_that_wakes_after_its_commit_doubles_nothing(void)
{
    struct counters counters = counters_new();
    struct program frozen = program_run("worker-tally", "FREEZE_AT=after-commit"), other;

    counters_send(&counters, LOAD);
    CU_ASSERT_TRUE(program_freezes(&frozen, DEATH_MS));
    other = program_start("worker-tally", NULL);
    counters_send(&counters, LOAD);
    CU_ASSERT_TRUE(counters_applied(&counters, DEATH_MS));
    program_signal(&frozen, SIGCONT);
    counters_send(&counters, LOAD);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&frozen), 0);
    CU_ASSERT_EQUAL(program_stop(&other), 0);
}

/* Its transaction is open and everything read when it stands still, and somebody else claims the
 * partitions meanwhile. */
void test_a_worker_that_wakes_before_its_commit_is_fenced(void)
{
    struct counters counters = counters_new();
    struct program frozen = program_run("worker-tally", "FREEZE_AT=after-load");

    counters_send(&counters, LOAD);
    CU_ASSERT_TRUE(program_freezes(&frozen, DEATH_MS));
    sql("update tally.position set epoch = epoch + 1 where topic = 'idpmc.tally.commands'");
    program_signal(&frozen, SIGCONT);
    counters_send(&counters, LOAD);
    counters_check(&counters);
    CU_ASSERT_TRUE(program_metric(&frozen, LOST_CLAIMS) >= 1);
    CU_ASSERT_EQUAL(program_stop(&frozen), 0);
}

/* Somebody claims the partitions behind a lane's back, again and again: each of its transactions
 * fails, and it claims anew. */
void test_a_lane_whose_claim_is_lost_commits_nothing_and_claims_again(void)
{
    struct counters counters = counters_new();
    struct program worker = program_run("worker-tally", NULL);

    for (int i = 0; i < 4; i++) {
        counters_send(&counters, LOAD);
        sql("update tally.position set epoch = epoch + 1 where topic = 'idpmc.tally.commands'");
        counters_send(&counters, LOAD);
        sleep_ms(100);
    }
    counters_check(&counters);
    CU_ASSERT_TRUE(program_metric(&worker, LOST_CLAIMS) >= 1);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* Two that start at once, and others that come and go under load. */
static void join_and_leave(const char *setting)
{
    struct counters counters = counters_new();
    struct program one = program_start("worker-tally", setting);
    struct program two = program_start("worker-tally", setting);

    for (int i = 0; i < 3; i++) {
        struct program guest = program_start("worker-tally", "IDPMC_LANES=2");

        counters_send(&counters, 2 * LOAD);
        CU_ASSERT_TRUE(program_ready(&guest));
        counters_send(&counters, 2 * LOAD);
        CU_ASSERT_EQUAL(program_stop(&guest), 0);
        counters_send(&counters, LOAD);
    }
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&one), 0);
    CU_ASSERT_EQUAL(program_stop(&two), 0);
}

void test_workers_that_join_and_leave_under_load_share_the_work(void)
{
    join_and_leave(NULL);
}

/* The group says what it has to say while a batch is under way, and more is fetched beside it. */
void test_workers_that_join_and_leave_beside_full_batches_share_the_work(void)
{
    join_and_leave("IDPMC_BATCH_MAX=10");
}

/* Each step of a drain replaced by a death: the next owner finds what was left. */
void test_a_drain_that_dies_at_any_step_neither_loses_nor_doubles(void)
{
    static const char *const steps[] = {"CRASH_AT=drain-flush", "CRASH_AT=drain-clean",
                                        "CRASH_AT=drain-leave"};
    struct counters counters = counters_new();
    struct program worker;

    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        worker = program_start("worker-tally", steps[i]);
        counters_send(&counters, LOAD);
        CU_ASSERT_TRUE(counters_applied(&counters, DEATH_MS));
        counters_send(&counters, LOAD);
        program_signal(&worker, SIGTERM);
        CU_ASSERT_EQUAL(program_wait(&worker, DEATH_MS), -SIGKILL);
    }
    worker = program_start("worker-tally", NULL);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}
