/* What was committed and could not be published waits in the outbox, and who claims the partition
 * next publishes all of it, in its order. */
#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "support/broker.h"
#include "support/counters.h"
#include "support/database.h"
#include "support/program.h"
#include "support/topic.h"

enum { LOAD = 200, WAITING = 100, WAIT_MS = 60000, LONG_MS = 5500, NOISE = 4000 };

#define STOPPED "idpmc_stopped_partitions{module=\"tally\""

static const char dlq[] = "idpmc.tally.dlq";

static bool many_wait(void)
{
    return sql_becomes(1, WAIT_MS,
                       "select (count(*) >= %d)::int from tally.outbox"
                       " where topic = 'idpmc.tally.commands'",
                       WAITING);
}

/* A worker that takes one message at a time has fetched all of them when the broker stands still.
 */
static struct program start_before_the_broker_stands_still(void)
{
    struct program worker;

    letters_arrive();
    setenv("IDPMC_BATCH_MAX", "1", 1);
    worker = program_start("worker-tally", "FREEZE_AT=before-commit");
    unsetenv("IDPMC_BATCH_MAX");
    CU_ASSERT_TRUE(program_freezes(&worker, WAIT_MS));
    sleep_ms(2000);
    broker_signal(SIGSTOP);
    program_signal(&worker, SIGCONT);
    return worker;
}

static struct program fill_the_outbox(struct counters *counters)
{
    for (int i = 0; i < LOAD; i++) {
        struct letter letter = counters_next(counters, 0);

        letter_post(&letter);
    }
    return start_before_the_broker_stands_still();
}

void test_what_a_dead_worker_could_not_publish_is_published_by_the_next(void)
{
    struct counters counters = counters_new();
    struct program worker = fill_the_outbox(&counters);

    CU_ASSERT_TRUE(many_wait());
    program_kill(&worker);
    broker_signal(SIGCONT);
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
    broker_signal(SIGCONT);
    counters_send(&counters, 1); /* its controller may have missed it: then it takes this later */
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* Dead letters of one key, for it was changed on its way what they say. The first is a large one,
 * which no compression makes smaller. */
static void post_wrong_ones(struct counters *counters, char noise[static NOISE])
{
    struct letter letter = counters_next(counters, 0);
    uint32_t random = 1;

    for (int i = 0; i < NOISE; i++)
        noise[i] = (char)((random = random * 1103515245 + 12345) >> 16);
    letter.big_value = noise;
    letter.value_size = NOISE;
    letter_post(&letter);
    for (int i = 1; i < LOAD; i++) {
        letter = counters_next(counters, 0);
        letter.value[letter.value_size - 1] ^= 1;
        letter_post(&letter);
    }
}

static int64_t place_of(const struct topic_record *copy)
{
    return strtoll(topic_header(copy, "dl_offset").data, NULL, 10);
}

/* The broker refuses the first of what is under way. What is behind it waits until the first is
 * taken, though the broker would take it. */
void test_nothing_overtakes_what_its_topic_refuses(void)
{
    struct counters counters = counters_new();
    struct program worker;
    struct topic copies;
    char noise[NOISE];

    broker_limit_dlq(dlq, NOISE);
    post_wrong_ones(&counters, noise);
    worker = start_before_the_broker_stands_still();
    CU_ASSERT_TRUE(many_wait());
    broker_signal(SIGCONT);
    CU_ASSERT_TRUE(program_metric_reaches(&worker, STOPPED, 1, WAIT_MS));
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
    broker_limit_dlq(dlq, 1048576);
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(sql_becomes(0, WAIT_MS, "select count(*) from tally.outbox"));
    copies = topic_read(dlq, counters.tenant);
    CU_ASSERT_TRUE_FATAL(copies.count >= LOAD);
    CU_ASSERT_EQUAL(copies.records[0].value.size, NOISE);
    for (size_t i = 0, next = 0; i < copies.count; i++) {
        size_t at = (size_t)(place_of(&copies.records[i]) - place_of(&copies.records[0]));

        CU_ASSERT_TRUE(at <= next);
        next += at == next;
    }
    topic_free(&copies);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}
