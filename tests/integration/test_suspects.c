/* A message that ends the process that runs it is found, dies alone, and all others are applied;
 * who dies of anything else condemns nobody. */
#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "contracts/tally.h"
#include "support/counters.h"
#include "support/database.h"
#include "support/program.h"

enum {
    LOAD = 120,
    KILLS = 666, /* tally's weights: tests/support/tally/README.md */
    HANGS = 667,
    LIVES = 24, /* more than any message is worth */
    LIFE_MS = 30000,
    FOUND_MS = 120000,
    STORM = 24,
    WORKERS = 3,
};

/* What a killed process holds is free the sooner. */
static void shorten_sessions(void)
{
    setenv("IDPMC_KAFKA_SESSION_MS", "6000", 1);
}

static struct letter letter_with(const struct counters *counters, size_t counter, int64_t weight)
{
    struct tally_count body = {.sequence = 1, .has_weight = true, .weight = weight};

    body.counter.uuid = counters->each[counter];
    return letter_of(&tally_count_message, counters->tenant, counters->actor, &body);
}

static int64_t count_dead(const struct counters *counters)
{
    return sql_number("select count(*) from tally.dead where tenant = '%s'",
                      id_text(counters->tenant.uuid));
}

static bool is_condemned(const struct letter *letter)
{
    return sql_number("select count(*) from tally.dead where tenant = '%s' and id = '%s'"
                      " and cause = 'crash' and attempts = 3",
                      letter->tenant, letter->id) == 1;
}

/* As a supervisor does: a worker that ends is started again, until the letter is dead. The last one
 * runs on. Returns how many have ended so, or -1. */
static int supervise(struct program *worker, const struct letter *letter, int wanted)
{
    int64_t end_ms = monotonic_ms() + FOUND_MS;
    int ends = 0;

    *worker = program_start("worker-tally", NULL);
    while (!is_condemned(letter)) {
        int code = program_wait(worker, 20);

        if (monotonic_ms() > end_ms || ends > LIVES || (worker->pid == 0 && code != wanted))
            return -1;
        if (worker->pid > 0)
            continue;
        ends++;
        *worker = program_start("worker-tally", NULL);
    }
    return ends;
}

/* In the middle of a backlog, with others of its partition before and behind it. */
static void is_found(int64_t weight, int code)
{
    struct counters counters = counters_new();
    struct program worker;
    struct letter letter;
    int ends;

    shorten_sessions();
    counters_send(&counters, LOAD);
    letter = letter_with(&counters, 7, weight);
    letter_post(&letter);
    counters_send(&counters, LOAD);
    ends = supervise(&worker, &letter, code);
    printf("# note: it took %d processes\n", ends);
    CU_ASSERT_TRUE(ends >= 3 && ends <= 8);
    counters_check(&counters);
    CU_ASSERT_EQUAL(count_dead(&counters), 1);
    CU_ASSERT_EQUAL(sql_number("select outcome from tally.inbox where tenant = '%s' and id = '%s'",
                               letter.tenant, letter.id),
                    -1);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

void test_a_message_that_crashes_the_process_dies_alone(void)
{
    is_found(KILLS, -SIGKILL);
}

void test_a_message_whose_handler_never_returns_dies_alone(void)
{
    setenv("IDPMC_LANE_HANG_MS", "1000", 1);
    setenv("IDPMC_DATABASE_LANE_MS", "2000", 1);
    is_found(HANGS, 75);
    unsetenv("IDPMC_LANE_HANG_MS");
    unsetenv("IDPMC_DATABASE_LANE_MS");
}

/* A try that its lane survived is none: here three others are said to have died of the message
 * already, and a fourth loses its claim in the middle. */
void test_a_try_that_was_survived_is_taken_back(void)
{
    struct counters counters = counters_new();
    struct program worker = program_run("worker-tally", NULL);

    counters_send(&counters, LOAD);
    CU_ASSERT_TRUE(counters_applied(&counters, LIFE_MS));
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
    sql("update tally.position set claims = 3, tries = -1, trying = next + 1000"
        " where topic = 'idpmc.tally.commands'");
    counters_send(&counters, LOAD);
    worker = program_start("worker-tally", "FREEZE_AT=after-trying");
    CU_ASSERT_TRUE_FATAL(program_freezes(&worker, LIFE_MS));
    CU_ASSERT_EQUAL(sql_number("select count(*) from tally.position where tries = 1"), 1);
    sql("update tally.position set tries = 3, epoch = epoch + 1 where tries = 1");
    program_signal(&worker, SIGCONT);
    counters_check(&counters);
    CU_ASSERT_EQUAL(count_dead(&counters), 0);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

static bool claims_become(int64_t most)
{
    return sql_becomes(most, LIFE_MS,
                       "select max(claims) from tally.position where topic ="
                       " 'idpmc.tally.commands'");
}

/* Rebalances and drains of the living lead to no suspicion, where nothing came meanwhile or nothing
 * could be done: only deaths are counted. */
void test_a_claim_that_was_survived_is_taken_back(void)
{
    struct counters counters = counters_new();
    struct program worker = program_run("worker-tally", NULL);

    counters_send(&counters, LOAD);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
    sql("update tally.position set claims = 0");
    for (int i = 0; i < 3; i++) {
        worker = program_run("worker-tally", NULL);
        CU_ASSERT_TRUE(claims_become(1));
        CU_ASSERT_EQUAL(program_stop(&worker), 0);
        CU_ASSERT_TRUE(claims_become(0));
    }
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(claims_become(1));
    program_kill(&worker);
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(claims_become(2));
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
    CU_ASSERT_TRUE(claims_become(1));
}

/* One that ends the process as soon as it is looked at: nobody looks at it again, and the letter
 * knows only what came. */
void test_a_message_that_cannot_even_be_opened_dies_unopened(void)
{
    struct counters counters = counters_new();
    struct program worker = program_run("worker-tally", NULL);
    struct letter letter;

    counters_send(&counters, LOAD);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
    letter = counters_next(&counters, 3);
    letter_post(&letter);
    letters_arrive();
    counters.total--; /* it will not be applied */
    sql("update tally.position set claims = 9, trying = next, tries = 4"
        " where topic = 'idpmc.tally.commands'");
    worker = program_start("worker-tally", NULL);
    CU_ASSERT_TRUE(sql_becomes(1, LIFE_MS,
                               "select count(*) from tally.dead where cause = 'crash'"
                               " and tenant is null and key = convert_to('%s', 'UTF8')",
                               letter.key));
    CU_ASSERT_EQUAL(
        sql_number("select count(*) from tally.inbox where tenant = '%s'", letter.tenant),
        counters.total);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
    sql("update tally.position set trying = -1, tries = 0"); /* where nothing came */
}

static const char *const points[] = {
    "CRASH_AT=assigned",       "CRASH_AT=after-load",   "CRASH_AT=before-claim",
    "CRASH_AT=after-trying",   "CRASH_AT=after-claim",  "CRASH_AT=before-commit",
    "CRASH_AT=before-start",   "CRASH_AT=after-commit", "CRASH_AT=revoked",
    "CRASH_AT=after-trying:3", "CRASH_AT=after-send",   NULL,
};

/* Each round one of them dies, at a step of its own or wherever it is, and another one comes. */
void test_a_storm_of_kills_condemns_nobody(void)
{
    struct counters counters = counters_new();
    struct program workers[WORKERS];
    unsigned seed = (unsigned)monotonic_us();
    int deaths = 0;

    shorten_sessions();
    printf("# note: seed %u\n", seed);
    for (size_t i = 0; i < WORKERS; i++)
        workers[i] = program_start("worker-tally", points[i]);
    for (size_t round = 0; round < STORM; round++) {
        struct program *worker = &workers[round % WORKERS];

        counters_send(&counters, LOAD);
        sleep_ms(rand_r(&seed) % 1500);
        for (size_t i = 0; i < WORKERS; i++)
            deaths += workers[i].pid > 0 && program_wait(&workers[i], 0) == -SIGKILL;
        deaths += worker->pid > 0;
        program_kill(worker);
        *worker = program_start("worker-tally", points[round % COUNT_OF(points)]);
    }
    for (size_t i = 0; i < WORKERS; i++) {
        program_kill(&workers[i]);
        workers[i] = program_start("worker-tally", NULL);
    }
    printf("# note: %d deaths\n", deaths);
    CU_ASSERT_TRUE(deaths >= STORM / 2);
    counters_check(&counters);
    CU_ASSERT_EQUAL(count_dead(&counters), 0);
    for (size_t i = 0; i < WORKERS; i++)
        CU_ASSERT_EQUAL(program_stop(&workers[i]), 0);
}
