/* What was committed and could not be published waits in the outbox, and who claims the partition
 * next publishes all of it, in its order. */
#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/counters.h"
#include "support/database.h"
#include "support/program.h"

enum { LOAD = 200, WAITING = 100, WAIT_MS = 60000, LONG_MS = 5500 };

static void signal_broker(int number)
{
    char path[4096];
    FILE *file;
    int pid = 0;

    snprintf(path, sizeof path, "%s/kafka.pid", getenv("RUN_ROOT"));
    file = fopen(path, "re");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_FATAL(fscanf(file, "%d", &pid) == 1 && pid > 1);
    fclose(file);
    CU_ASSERT_EQUAL_FATAL(kill(pid, number), 0);
}

static bool many_wait(void)
{
    return sql_becomes(1, WAIT_MS,
                       "select (count(*) >= %d)::int from tally.outbox"
                       " where topic = 'idpmc.tally.commands'",
                       WAITING);
}

/* A worker that takes one message at a time has fetched all of them when the broker stands still.
 */
static struct program fill_the_outbox(struct counters *counters)
{
    struct program worker;

    for (int i = 0; i < LOAD; i++) {
        struct letter letter = counters_next(counters, 0);

        letter_post(&letter);
    }
    letters_arrive();
    setenv("IDPMC_BATCH_MAX", "1", 1);
    worker = program_start("worker-tally", "FREEZE_AT=before-commit");
    unsetenv("IDPMC_BATCH_MAX");
    CU_ASSERT_TRUE(program_freezes(&worker, WAIT_MS));
    sleep_ms(500);
    signal_broker(SIGSTOP);
    program_signal(&worker, SIGCONT);
    return worker;
}

void test_what_a_dead_worker_could_not_publish_is_published_by_the_next(void)
{
    struct counters counters = counters_new();
    struct program worker = fill_the_outbox(&counters);

    CU_ASSERT_TRUE(many_wait());
    program_kill(&worker);
    signal_broker(SIGCONT);
    worker = program_run("worker-tally", NULL);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

void test_what_a_broker_does_not_take_for_long_is_published_in_the_end(void)
{
    struct counters counters = counters_new();
    struct program worker = fill_the_outbox(&counters);

    CU_ASSERT_TRUE(many_wait());
    sleep_ms(LONG_MS);
    CU_ASSERT_TRUE(many_wait());
    signal_broker(SIGCONT);
    counters_send(&counters, 1); /* its controller may have missed it: then it takes this later */
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}
