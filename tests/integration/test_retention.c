/* What the inbox remembers, and for how long: old rows go, whatever dies meanwhile, and what is
 * needed longer stays. */
#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "runtime/envelope.h"
#include "support/counters.h"
#include "support/database.h"
#include "support/program.h"

enum { LOAD = 300, WAIT_MS = 60000, MANY = 12000, LATE_S = 30, SETTLED_MS = 8000, LOOKS = 110 };

#define DELETED "idpmc_inbox_deleted_total{module=\"tally\"}"
#define SWEEP_AGE "idpmc_inbox_sweep_age_seconds{module=\"tally\"}"
#define PARKED_KEYS "idpmc_parked_keys{module=\"tally\"}"
#define LOST_CLAIMS "idpmc_claims_total{module=\"tally\",result=\"lost\"}"

/* Small enough for one step, and nobody else's rows in it. */
static struct counters fresh(void)
{
    struct counters counters = counters_new();

    sql("truncate tally.inbox");
    return counters;
}

/* So many that were decided so long ago; their ids are the type and a number. */
static void add_rows(const char *type, int count, int outcome, const char *age)
{
    sql("insert into tally.inbox (tenant, id, digest, type, outcome, decided_at)"
        " select md5('%s')::uuid, md5('%s' || i)::uuid, sha256(''), '%s', %d, now() - interval '%s'"
        "   from generate_series(1, %d) i",
        type, type, type, outcome, age, count);
}

static void add_letters(const char *type, const char *resolved)
{
    sql("insert into tally.dead (topic, part, at, cause, attempts, tenant, id, type, resolved)"
        " select 'retention', 0, abs(hashtext(i.id::text)), 'culprit', 1, i.tenant, i.id, i.type, "
        "%s"
        "   from tally.inbox i where i.type = '%s'",
        resolved, type);
}

static int64_t count_rows(const char *type)
{
    return sql_number("select count(*) from tally.inbox where type = '%s'", type);
}

static bool rows_are_gone(const char *type)
{
    return sql_becomes(0, WAIT_MS, "select count(*) from tally.inbox where type = '%s'", type);
}

void test_what_is_old_goes_and_what_may_still_be_asked_for_stays(void)
{
    struct counters counters = fresh();
    struct program worker;

    add_rows("applied", 10, 0, "745 hours"); /* 31 days and one hour */
    add_rows("rejected", 10, 7, "100 days");
    add_rows("young", 10, 0, "743 hours");
    add_rows("parked", 10, -2, "100 days");
    add_rows("open", 10, -1, "100 days");
    add_letters("open", "null");
    add_rows("failed", 10, -1, "30 days");
    add_letters("failed", "'discarded'");
    add_rows("discarded", 10, -1, "100 days");
    add_letters("discarded", "'discarded'");
    add_rows("alone", 10, -1, "100 days");
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(rows_are_gone("applied"));
    CU_ASSERT_EQUAL(count_rows("rejected"), 0);
    CU_ASSERT_EQUAL(count_rows("discarded"), 0);
    CU_ASSERT_EQUAL(count_rows("alone"), 0);
    CU_ASSERT_EQUAL(count_rows("young"), 10);
    CU_ASSERT_EQUAL(count_rows("parked"), 10);
    CU_ASSERT_EQUAL(count_rows("open"), 10);
    CU_ASSERT_EQUAL(count_rows("failed"), 10);
    counters_send(&counters, LOAD);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_metric(&worker, DELETED), 40);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
    sql("delete from tally.dead where topic = 'retention'");
}

/* It begins somewhere, and comes over the end to the blocks before. */
void test_a_sweep_over_many_blocks_leaves_nothing_old(void)
{
    struct counters counters = fresh();
    struct program worker;

    add_rows("applied", MANY, 0, "32 days");
    add_rows("young", 1, 0, "1 hour");
    CU_ASSERT_TRUE(sql_number("select pg_relation_size('tally.inbox') / 8192") > 128);
    worker = program_run("worker-tally", NULL);
    counters_send(&counters, LOAD);
    CU_ASSERT_TRUE(rows_are_gone("applied"));
    CU_ASSERT_EQUAL(count_rows("young"), 1);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_metric(&worker, DELETED), MANY);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

static bool tells(const struct program *worker, const char *metric)
{
    const int64_t end_ms = monotonic_ms() + WAIT_MS;

    while (!program_says(worker, "/metrics", metric)) {
        if (monotonic_ms() > end_ms)
            return false;
        sleep_ms(50);
    }
    return true;
}

void test_an_empty_inbox_is_swept_and_then_filled(void)
{
    struct counters counters = fresh();
    struct program worker = program_run("worker-tally", NULL);

    CU_ASSERT_TRUE(tells(&worker, SWEEP_AGE));
    CU_ASSERT_EQUAL(program_metric(&worker, DELETED), 0);
    counters_send(&counters, LOAD);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* Of the lanes of a process one tells what the module has, and the others do not take it away. */
void test_what_one_lane_tells_of_the_module_stays_told(void)
{
    struct counters counters = fresh();
    struct program worker = program_run("worker-tally", "IDPMC_LANES=2");
    int missing = 0;

    CU_ASSERT_TRUE(tells(&worker, SWEEP_AGE));
    CU_ASSERT_TRUE(tells(&worker, PARKED_KEYS));
    sleep_ms(SETTLED_MS);
    for (int i = 0; i < LOOKS; i++) {
        missing += !program_says(&worker, "/metrics", SWEEP_AGE);
        missing += !program_says(&worker, "/metrics", PARKED_KEYS);
        sleep_ms(100);
    }
    CU_ASSERT_EQUAL(missing, 0);
    counters_send(&counters, LOAD);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* Killed before its commit it has deleted nothing; who comes next does. */
void test_a_worker_that_dies_in_a_sweep_neither_loses_nor_doubles(void)
{
    static const struct {
        const char *setting;
        int left;
    } points[] = {
        {"CRASH_AT=before-sweep", 10},
        {"CRASH_AT=swept", 10},
        {"CRASH_AT=after-sweep", 0},
    };
    struct counters counters = fresh();
    struct program worker;

    for (size_t i = 0; i < COUNT_OF(points); i++) {
        sql("delete from tally.inbox where type = 'applied'");
        add_rows("applied", 10, 0, "32 days");
        counters_send(&counters, LOAD);
        worker = program_start("worker-tally", points[i].setting);
        CU_ASSERT_EQUAL_FATAL(program_wait(&worker, WAIT_MS), -SIGKILL);
        CU_ASSERT_EQUAL(count_rows("applied"), points[i].left);
    }
    worker = program_run("worker-tally", NULL);
    counters_check(&counters);
    CU_ASSERT_TRUE(rows_are_gone("applied"));
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* Somebody has claimed the partition meanwhile, and done nothing yet. */
void test_a_sweep_of_a_worker_whose_claim_is_lost_deletes_nothing(void)
{
    struct counters counters = fresh();
    struct program frozen, next;

    setenv("IDPMC_KAFKA_SESSION_MS", "6000", 1);
    add_rows("applied", 10, 0, "32 days");
    frozen = program_start("worker-tally", "FREEZE_AT=before-sweep");
    CU_ASSERT_TRUE_FATAL(program_freezes(&frozen, WAIT_MS));
    next = program_start("worker-tally", "FREEZE_AT=after-claim");
    CU_ASSERT_TRUE_FATAL(program_freezes(&next, WAIT_MS));
    program_signal(&frozen, SIGCONT);
    sleep_ms(2000);
    CU_ASSERT_EQUAL(count_rows("applied"), 10);
    program_signal(&next, SIGCONT);
    CU_ASSERT_TRUE(rows_are_gone("applied"));
    CU_ASSERT_TRUE(program_metric(&frozen, LOST_CLAIMS) >= 1);
    counters_send(&counters, LOAD);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&frozen), 0);
    CU_ASSERT_EQUAL(program_stop(&next), 0);
    unsetenv("IDPMC_KAFKA_SESSION_MS");
}

/* It frees the ids of messages that nobody believes any more: one that was applied when it was
 * nearly too old comes again after its row is gone. */
void test_a_message_that_comes_again_after_its_row_is_gone_is_refused(void)
{
    struct counters counters = fresh();
    struct program worker = program_run("worker-tally", NULL);
    const int64_t then_us = timestamp_now().us - INT64_C(1000000) * (86400 * INBOX_RETENTION_DAYS);
    struct letter letter = counters_next(&counters, 5);

    timestamp_format((struct timestamp){then_us + INT64_C(1000000) * LATE_S}, letter.time);
    letter_sign(&letter);
    letter_post(&letter);
    letters_arrive();
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
    sql("update tally.inbox set decided_at = now() - interval '32 days'");
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(sql_becomes(0, WAIT_MS, "select count(*) from tally.inbox"));
    while (timestamp_now().us <=
           then_us + INT64_C(1000000) * (86400 * INBOX_RETENTION_DAYS + LATE_S))
        sleep_ms(200);
    letter_post(&letter);
    letters_arrive();
    CU_ASSERT_TRUE(sql_becomes(1, WAIT_MS,
                               "select count(*) from tally.dead where id = '%s'"
                               " and cause = 'too_old'",
                               letter.id));
    CU_ASSERT_EQUAL(sql_number("select count from tally.counters where counter = '%s'",
                               id_text(counters.each[5])),
                    1);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}
