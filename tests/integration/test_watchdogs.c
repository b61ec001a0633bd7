/* What stops without a word is noticed: a consumer whose client fetches no more though it believes
 * that all is well, a group that says nothing, a thread that hangs. */
#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "bus/bus_consumer.h"
#include "contracts/tally.h"
#include "support/counters.h"
#include "support/database.h"
#include "support/kafka_proxy.h"
#include "support/program.h"

enum { LOAD = 200, STALL_MS = 60000, SOON_MS = 30000, QUIET_MS = 8000, ANSWERED_MS = 1000 };

#define REPAIRS(reason) "idpmc_consumer_repairs_total{module=\"tally\",reason=\"" reason "\"}"

/* At work already, by way of the proxy. */
static struct program worker_behind_proxy(struct counters *counters)
{
    struct program worker;

    setenv("IDPMC_KAFKA_STALL_MS", "1500", 1);
    setenv("IDPMC_KAFKA_SESSION_MS", "6000", 1);
    worker = program_run("worker-tally", kafka_proxy_start());
    counters_send(counters, LOAD);
    CU_ASSERT_TRUE(counters_applied(counters, SOON_MS));
    CU_ASSERT_TRUE(kafka_proxy_connections() > 0);
    return worker;
}

/* A request that the broker has already would still be answered: it answers within 100 ms. */
static void stall(struct counters *counters)
{
    kafka_proxy_swallow(true);
    sleep_ms(ANSWERED_MS);
    counters_send(counters, LOAD);
}

void test_a_consumer_that_is_merely_idle_is_left_alone(void)
{
    struct counters counters = counters_new();
    struct program worker = worker_behind_proxy(&counters);

    sleep_ms(QUIET_MS);
    CU_ASSERT_EQUAL(program_metric(&worker, "idpmc_consumer_repairs_total"), 0);
    counters_send(&counters, LOAD);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

void test_a_stalled_consumer_joins_anew_and_goes_on(void)
{
    struct counters counters = counters_new();
    struct program worker = worker_behind_proxy(&counters);

    stall(&counters);
    CU_ASSERT_TRUE(
        program_metric_reaches(&worker, "idpmc_lag_messages{module=\"tally\"", LOAD / 2, STALL_MS));
    CU_ASSERT_TRUE(program_metric_reaches(&worker, REPAIRS("stalled"), 1, STALL_MS));
    CU_ASSERT_TRUE(kafka_proxy_swallowed() > 0);
    kafka_proxy_swallow(false);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

void test_a_consumer_that_stalls_again_is_made_anew(void)
{
    struct counters counters = counters_new();
    struct program worker = worker_behind_proxy(&counters);

    stall(&counters);
    CU_ASSERT_TRUE(program_metric_reaches(&worker, REPAIRS("stalled_again"), 1, STALL_MS));
    kafka_proxy_swallow(false);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

void test_a_process_whose_consumer_stays_stalled_ends_for_its_supervisor(void)
{
    struct counters counters = counters_new();
    struct program worker = worker_behind_proxy(&counters);

    stall(&counters);
    CU_ASSERT_EQUAL(program_wait(&worker, STALL_MS), 75);
    program_kill(&worker);
    kafka_proxy_swallow(false);
    worker = program_start("worker-tally", NULL);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

static void on_assigned(void *context, const struct bus_partition *list, size_t count)
{
    (void)list;
    *(size_t *)context = count;
}

static void on_revoked(void *context, const struct bus_partition *list, size_t count, bool lost)
{
    (void)context, (void)list, (void)count, (void)lost;
}

/* A member that holds the group up: its client says that it lives, and nobody answers for it. */
static struct bus_consumer *member_that_hangs(void)
{
    static const char *const topics[] = {"idpmc.tally.commands"};
    int64_t end_ms = monotonic_ms() + SOON_MS;
    size_t partitions = 0;
    const struct bus_consumer_options options = {
        .brokers = getenv("IDPMC_KAFKA_BROKERS"),
        .group = "idpmc.tally",
        .client_id = "test",
        .topics = topics,
        .topic_count = 1,
        .session_timeout_ms = 30000,
        .queued_kbytes = 1024,
        .assigned = on_assigned,
        .revoked = on_revoked,
        .context = &partitions,
    };
    struct bus_message message;
    char error[256];
    struct bus_consumer *member = bus_consumer_new(&options, error);

    CU_ASSERT_PTR_NOT_NULL_FATAL(member);
    while (partitions == 0 && monotonic_ms() < end_ms)
        if (bus_consumer_poll(member, 10, &message) == 1)
            bus_message_release(&message);
    CU_ASSERT_EQUAL_FATAL(bus_consumer_start(member, NULL, 0), 0);
    return member;
}

void test_a_lane_without_a_word_of_its_group_makes_its_consumer_anew(void)
{
    struct counters counters = counters_new();
    struct bus_consumer *member = member_that_hangs();
    struct program worker;

    setenv("IDPMC_KAFKA_SILENCE_MS", "5000", 1);
    worker = program_start("worker-tally", NULL);
    unsetenv("IDPMC_KAFKA_SILENCE_MS");
    counters_send(&counters, LOAD);
    CU_ASSERT_TRUE(program_metric_reaches(&worker, REPAIRS("silent"), 1, STALL_MS));
    bus_consumer_close(member, 5000);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* A process that stood still as a whole has no thread that hangs. */
void test_a_process_that_was_frozen_goes_on(void)
{
    struct counters counters = counters_new();
    struct program worker;

    setenv("IDPMC_LANE_HANG_MS", "1000", 1);
    setenv("IDPMC_DATABASE_LANE_MS", "1000", 1);
    worker = program_run("worker-tally", NULL);
    unsetenv("IDPMC_LANE_HANG_MS");
    unsetenv("IDPMC_DATABASE_LANE_MS");
    program_signal(&worker, SIGSTOP);
    sleep_ms(6000);
    program_signal(&worker, SIGCONT);
    counters_send(&counters, LOAD);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}
