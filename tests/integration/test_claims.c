/* A claim fences whoever had the partitions before, from its commit on. */
#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdlib.h>

#include "base/date.h"
#include "support/counters.h"
#include "support/database.h"
#include "support/program.h"

enum { LOAD = 300, DEATH_MS = 60000 };

static struct program freeze_under_load(struct counters *counters, const char *point)
{
    struct program program = program_run("worker-tally", point);

    counters_send(counters, LOAD);
    CU_ASSERT_TRUE(program_freezes(&program, DEATH_MS));
    return program;
}

/* The next owner has claimed the partitions and done nothing yet: the position says nothing of it,
 * its epoch does. Faster than the server ends the frozen one's idle transaction. */
void test_a_transaction_that_was_open_at_the_claim_is_fenced(void)
{
    struct counters counters = counters_new();
    struct program frozen, next;

    setenv("IDPMC_KAFKA_SESSION_MS", "6000", 1);
    frozen = freeze_under_load(&counters, "FREEZE_AT=before-commit");
    next = program_start("worker-tally", "FREEZE_AT=after-claim");
    CU_ASSERT_TRUE(program_freezes(&next, DEATH_MS));
    program_signal(&frozen, SIGCONT);
    sleep_ms(2000);
    CU_ASSERT_EQUAL(sql_number("select count(*) from tally.inbox where tenant = '%s'",
                               id_text(counters.tenant.uuid)),
                    0);
    program_signal(&next, SIGCONT);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&frozen), 0);
    CU_ASSERT_EQUAL(program_stop(&next), 0);
    unsetenv("IDPMC_KAFKA_SESSION_MS");
}

/* With its rows sent it holds the locks of its positions: its successor ends its session. */
void test_a_worker_that_stands_still_with_its_rows_sent_is_ended_by_the_next(void)
{
    struct counters counters = counters_new();
    struct program frozen, next;

    setenv("IDPMC_KAFKA_SESSION_MS", "6000", 1);
    frozen = freeze_under_load(&counters, "FREEZE_AT=rows-sent");
    next = program_run("worker-tally", NULL);
    counters_check(&counters);
    program_signal(&frozen, SIGCONT);
    counters_send(&counters, LOAD);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&frozen), 0);
    CU_ASSERT_EQUAL(program_stop(&next), 0);
    unsetenv("IDPMC_KAFKA_SESSION_MS");
}

static int64_t count_decided(const struct counters *counters)
{
    return sql_number("select count(*) from tally.inbox where tenant = '%s'",
                      id_text(counters->tenant.uuid));
}

#define LOST_CLAIMS "idpmc_claims_total{module=\"tally\",result=\"lost\"}"

/* It goes on with what it fetched, in a new transaction, before it hears that it lost the
 * partitions: their positions are as it left them, and only the claim's epoch tells. */
void test_a_transaction_that_begins_after_the_claim_is_fenced_by_its_epoch(void)
{
    struct counters counters = counters_new();
    struct program frozen, next;

    setenv("IDPMC_KAFKA_SESSION_MS", "6000", 1);
    counters_send(&counters, LOAD);
    frozen = program_start("worker-tally", "FREEZE_AT=before-load");
    CU_ASSERT_TRUE(program_freezes(&frozen, DEATH_MS));
    next = program_start("worker-tally", "FREEZE_AT=after-claim");
    CU_ASSERT_TRUE(program_freezes(&next, DEATH_MS));
    program_signal(&frozen, SIGCONT);
    CU_ASSERT_TRUE(program_metric_reaches(&frozen, LOST_CLAIMS, 1, DEATH_MS));
    CU_ASSERT_EQUAL(count_decided(&counters), 0);
    program_signal(&next, SIGCONT);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&frozen), 0);
    CU_ASSERT_EQUAL(program_stop(&next), 0);
    unsetenv("IDPMC_KAFKA_SESSION_MS");
}
