/* What a position knows of the record before it: a topic that is not the one it was is never read
 * as if it were, and a partition that stopped for it goes on once somebody has mended it. */
#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/broker.h"
#include "support/counters.h"
#include "support/database.h"
#include "support/program.h"
#include "support/refusal.h"

enum { LOAD = 300, MORE = 40, WAIT_MS = 30000, QUIET_MS = 6000 };

#define TOPIC "idpmc.tally.commands"
#define STOPPED "idpmc_stopped_partitions{module=\"tally\"}"

/* A worker that has applied some messages of every partition, and is gone. */
static struct counters counters_with_a_past(void)
{
    struct counters counters = counters_new();
    struct program worker = program_run("worker-tally", NULL);

    counters_send(&counters, LOAD);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
    return counters;
}

static bool stop_becomes(const struct program *worker, int partitions)
{
    for (int waited = 0; waited < WAIT_MS; waited += 50) {
        if ((int)program_metric(worker, STOPPED) == partitions)
            return true;
        sleep_ms(50);
    }
    return false;
}

static int count_positions(void)
{
    return (int)sql_number("select count(*) from tally.position where topic = '" TOPIC "'"
                           " and digest is not null");
}

/* Whom a signal has made to look again has claimed anew. */
static void mended(struct program *worker, struct counters *counters)
{
    program_signal(worker, SIGHUP);
    CU_ASSERT_TRUE(stop_becomes(worker, 0));
    counters_send(counters, MORE);
    counters_check(counters);
    CU_ASSERT_EQUAL(program_stop(worker), 0);
}

void test_a_position_has_the_digest_of_its_last_record(void)
{
    counters_with_a_past();
    CU_ASSERT_EQUAL(count_positions(), 12);
    CU_ASSERT_EQUAL(sql_number("select count(*) from tally.position where topic = '" TOPIC "'"
                               " and last = next - 1 and octet_length(digest) = 32"),
                    12);
}

/* Also where one of them has nothing new. */
void test_a_partition_goes_on_behind_the_record_that_it_knows(void)
{
    struct counters counters = counters_with_a_past();
    struct program worker;

    for (int i = 0; i < 2; i++) {
        worker = program_run("worker-tally", NULL);
        counters_send(&counters, 5);
        counters_check(&counters);
        CU_ASSERT_EQUAL(program_metric(&worker, STOPPED), 0);
        CU_ASSERT_EQUAL(program_stop(&worker), 0);
    }
}

void test_a_partition_whose_last_record_is_another_one_stops_and_goes_on_once_mended(void)
{
    struct counters counters = counters_with_a_past();
    struct program worker;
    int64_t next;

    sql("update tally.position set digest = sha256('another') where topic = '" TOPIC "'"
        " and part = 3");
    next = sql_number("select next from tally.position where topic = '" TOPIC "' and part = 3");
    counters_send(&counters, LOAD);
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(stop_becomes(&worker, 1));
    CU_ASSERT_TRUE(program_says(&worker, "/readyz", "HTTP/1.1 200"));
    CU_ASSERT_TRUE(program_says(&worker, "/readyz", "1 stopped partitions"));
    CU_ASSERT_TRUE(sql_becomes(0, WAIT_MS,
                               "select count(*) from tally.position where topic = '" TOPIC "'"
                               " and part <> 3 and claims > 0"));
    CU_ASSERT_EQUAL(
        sql_number("select next from tally.position where topic = '" TOPIC "' and part = 3"), next);
    sql("update tally.position set digest = null where topic = '" TOPIC "' and part = 3");
    mended(&worker, &counters);
}

/* Keys that were parked in a partition that stopped are due long before all others. */
void test_what_waits_in_a_stopped_partition_holds_up_no_other(void)
{
    struct counters counters = counters_with_a_past();
    struct program worker;

    refusal_prepare();
    for (size_t i = 0; i < 12; i++)
        refuse_counter(&counters, i, "55P03");
    sql("update tally.position set digest = sha256('another') where topic = '" TOPIC "'"
        " and part = 3");
    counters_send(&counters, COUNTERS);
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(stop_becomes(&worker, 1));
    sql("insert into tally.parked (topic, part, at, hash, key, headers, value, appended, cause,"
        " next_try) select '" TOPIC "', 3, 1000000 + n, n, 'another', '', '', now(), 'quota',"
        " now() - interval '1 h' from generate_series(1, 200) n");
    CU_ASSERT_TRUE(
        sql_becomes(1, WAIT_MS, "select (count(*) > 0)::int from tally.parked where part <> 3"));
    refusal_end();
    CU_ASSERT_TRUE(sql_becomes(0, WAIT_MS, "select count(*) from tally.parked where part <> 3"));
    CU_ASSERT_EQUAL(sql_number("select count(*) from tally.parked where key = 'another'"), 200);
    sql("delete from tally.parked where key = 'another'");
    sql("update tally.position set digest = null where topic = '" TOPIC "' and part = 3");
    mended(&worker, &counters);
}

/* By the clock, without a signal. */
void test_a_stopped_partition_is_looked_at_again(void)
{
    struct counters counters = counters_with_a_past();
    struct program worker;

    sql("update tally.position set digest = sha256('another') where topic = '" TOPIC "'");
    worker = program_run("worker-tally", "IDPMC_LOOK_AGAIN_S=1");
    CU_ASSERT_TRUE(stop_becomes(&worker, 12));
    sql("update tally.position set digest = null where topic = '" TOPIC "'");
    CU_ASSERT_TRUE(stop_becomes(&worker, 0));
    counters_send(&counters, MORE);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* The record that would be compared is gone, and what follows it is all there. */
void test_retention_up_to_the_position_stops_nothing(void)
{
    struct counters counters = counters_with_a_past();
    int64_t next =
        sql_number("select next from tally.position where topic = '" TOPIC "' and part = 5");
    struct program worker;

    broker_delete_records(TOPIC, 5, next);
    counters_send(&counters, LOAD);
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(counters_applied(&counters, WAIT_MS));
    CU_ASSERT_EQUAL(program_metric(&worker, STOPPED), 0);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* A worker that took nothing for a while looks whether the last record is still the same; where it
 * is gone, nothing is missing. */
void test_a_worker_goes_on_after_a_quiet_time(void)
{
    struct counters counters = counters_new();
    struct program worker = program_run("worker-tally", NULL);

    counters_send(&counters, LOAD);
    counters_check(&counters);
    sleep_ms(QUIET_MS);
    broker_delete_records(
        TOPIC, 5,
        sql_number("select next from tally.position where topic = '" TOPIC "' and part = 5"));
    counters_send(&counters, LOAD);
    CU_ASSERT_TRUE(counters_applied(&counters, WAIT_MS));
    CU_ASSERT_EQUAL(program_metric(&worker, STOPPED), 0);
    CU_ASSERT_EQUAL(count_positions(), 12);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

void test_retention_beyond_the_position_stops_the_partition(void)
{
    struct counters counters = counters_with_a_past();
    int64_t next =
        sql_number("select next from tally.position where topic = '" TOPIC "' and part = 5");
    struct program worker;

    counters_send(&counters, LOAD);
    broker_delete_records(TOPIC, 5, next + 1);
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(stop_becomes(&worker, 1));
    sql("update tally.position set next = next + 1 where topic = '" TOPIC "' and part = 5");
    program_signal(&worker, SIGHUP);
    CU_ASSERT_TRUE(stop_becomes(&worker, 0));
    CU_ASSERT_TRUE(
        sql_becomes(counters.total - 1, WAIT_MS,
                    "select count(*) from tally.inbox where tenant = '%s' and outcome = 0",
                    id_text(counters.tenant.uuid)));
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

static void make_topic_again(void)
{
    broker_delete_topic(TOPIC);
    CU_ASSERT_EQUAL_FATAL(system("\"$BIN/fleetctl\" topics tally >/dev/null"), 0);
    broker_await_topic(TOPIC, true);
    letters_forget_topics();
}

static int64_t count_decided(const struct counters *one, const struct counters *other)
{
    return sql_number("select count(*) from tally.inbox where tenant in ('%s', '%s')",
                      id_text(one->tenant.uuid), id_text(other->tenant.uuid));
}

/* What an operator does who has looked at the old topic's messages. */
static void accept_topic(const struct program *worker)
{
    sql("update tally.position set next = 0, digest = null where topic = '" TOPIC "'");
    CU_ASSERT_TRUE(program_ready(worker));
    program_signal(worker, SIGHUP);
    CU_ASSERT_TRUE(stop_becomes(worker, 0));
}

/* Some partitions of the new one are shorter than the old positions, some are longer, and each must
 * stop. */
void test_a_topic_that_was_made_again_is_not_read_as_the_old_one(void)
{
    struct counters counters = counters_with_a_past(), others;
    struct program worker;
    int known = count_positions();

    make_topic_again();
    counters = counters_new();
    counters_send(&counters, 10 * LOAD);
    worker = program_run("worker-tally", NULL);
    others = counters_new();
    counters_send(&others, LOAD); /* also to one that by chance ends right at its position */
    CU_ASSERT_TRUE(stop_becomes(&worker, known));
    sleep_ms(1000);
    CU_ASSERT_EQUAL(count_decided(&counters, &others), 0);
    accept_topic(&worker);
    counters_check(&others);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* While somebody reads it, and for some seconds nothing came of it. */
void test_a_topic_that_is_made_again_under_a_worker_is_not_read_as_the_old_one(void)
{
    struct counters counters = counters_new(), others;
    struct program worker = program_run("worker-tally", NULL);
    int known;

    counters_send(&counters, LOAD);
    counters_check(&counters);
    known = count_positions();
    sleep_ms(QUIET_MS);
    make_topic_again();
    counters = counters_new();
    counters_send(&counters, 10 * LOAD);
    others = counters_new();
    counters_send(&others, LOAD);
    CU_ASSERT_TRUE(stop_becomes(&worker, known));
    sleep_ms(1000);
    CU_ASSERT_EQUAL(count_decided(&counters, &others), 0);
    accept_topic(&worker);
    counters_check(&others);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* Versions are of the old topic's positions, which the new one's will not reach for long. */
void test_versions_of_cached_answers_rise_also_where_positions_began_anew(void)
{
    struct counters counters = counters_with_a_past();
    struct program worker;
    int64_t before;

    sql("update tally.position set stripes = decode(repeat('0000100000000000', 128), 'hex')"
        " where topic = '" TOPIC "'");
    before = counters_versions();
    worker = program_run("worker-tally", NULL);
    counters_send(&counters, LOAD);
    counters_check(&counters);
    CU_ASSERT_TRUE(counters_versions() > before);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}
