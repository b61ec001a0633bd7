/* A message that may succeed later is parked, and behind it what follows of its key, while all
 * other keys flow; it is tried again in order, and in the end it is applied, a dead letter, or
 * held. The database is made to refuse one counter, or one weight, as a locked row would. */
#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "contracts/tally.h"
#include "support/counters.h"
#include "support/database.h"
#include "support/program.h"
#include "support/refusal.h"
#include "support/topic.h"

enum { WAIT_MS = 40000, HEAVY = 77, TOO_HEAVY = 500 };

#define LAG "idpmc_lag_seconds{module=\"tally\""

static int64_t count_parked(const struct counters *counters, const char *condition)
{
    return sql_number("select count(*) from tally.parked where tenant = '%s' and %s",
                      id_text(counters->tenant.uuid), condition);
}

static bool parked_becomes(const struct counters *counters, int64_t wanted, const char *condition)
{
    return sql_becomes(wanted, WAIT_MS,
                       "select count(*) from tally.parked where tenant = '%s' and %s",
                       id_text(counters->tenant.uuid), condition);
}

static struct letter letter_heavy(const struct counters *counters, size_t i, int64_t weight)
{
    struct tally_count body = {.sequence = 1, .has_weight = true, .weight = weight};

    body.counter.uuid = counters->each[i];
    return letter_of(&tally_count_message, counters->tenant, counters->actor, &body);
}

static int64_t outcome_of(const struct letter *letter)
{
    return sql_number("select outcome from tally.inbox where tenant = '%s' and id = '%s'",
                      letter->tenant, letter->id);
}

void test_a_key_that_fails_for_a_while_waits_in_order_and_all_others_flow(void)
{
    struct counters counters = counters_new();
    struct program worker;
    int64_t before;

    refusal_prepare();
    refuse_counter(&counters, 0, "55P03");
    refuse_counter(&counters, 7, "55P03");
    counters_send(&counters, 3 * COUNTERS);
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(sql_becomes(3 * (COUNTERS - 2), WAIT_MS,
                               "select count(*) from tally.inbox where tenant = '%s'"
                               " and outcome = 0",
                               id_text(counters.tenant.uuid)));
    counters_send(&counters, COUNTERS);
    CU_ASSERT_TRUE(parked_becomes(&counters, 8, "true"));
    CU_ASSERT_EQUAL(count_parked(&counters, "next_try is not null and cause = 'transient' and"
                                            " first_error like '%%55P03%%'"),
                    2);
    CU_ASSERT_EQUAL(count_parked(&counters, "next_try is null and cause = 'behind' and not held"),
                    6);
    CU_ASSERT_EQUAL(sql_number("select count(*) from tally.inbox where tenant = '%s'"
                               " and outcome = -2",
                               id_text(counters.tenant.uuid)),
                    8);
    CU_ASSERT_TRUE(parked_becomes(&counters, 2, "attempts >= 4 and last_error is not null"));
    before = counters_versions();
    refusal_end();
    counters_check(&counters);
    CU_ASSERT_TRUE(counters_versions() > before);
    CU_ASSERT_TRUE(parked_becomes(&counters, 0, "true"));
    CU_ASSERT_EQUAL(sql_number("select count(*) from tally.dead where tenant = '%s'",
                               id_text(counters.tenant.uuid)),
                    0);
    CU_ASSERT_TRUE(program_metric(&worker, "idpmc_messages_total{module=\"tally\",type=\"tally."
                                           "count.v1\",outcome=\"parked\"}") == 8);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* Six connections are lost in its tries, but its process lives: that is no crash. */
void test_a_try_that_its_connection_does_not_outlive_is_none(void)
{
    struct counters counters = counters_new();
    struct program worker;
    int64_t before;

    refusal_prepare();
    before = sql_number("select last_value from tally.gone");
    refuse_counter(&counters, 3, "55P03");
    worker = program_run("worker-tally", NULL);
    counters_send(&counters, 2 * COUNTERS);
    CU_ASSERT_TRUE(parked_becomes(&counters, 2, "true"));
    refuse_counter(&counters, 3, "gone");
    CU_ASSERT_TRUE(sql_becomes(6, WAIT_MS, "select least(6, last_value - %lld) from tally.gone",
                               (long long)before));
    refusal_end();
    counters_check(&counters);
    CU_ASSERT_EQUAL(sql_number("select count(*) from tally.dead where tenant = '%s'",
                               id_text(counters.tenant.uuid)),
                    0);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* Sent again while it is parked it is known, and behind a rebalance it is still there. */
void test_what_is_parked_outlives_its_worker_and_is_known_when_it_comes_again(void)
{
    struct counters counters = counters_new();
    struct program worker, other;
    struct letter letter;

    refusal_prepare();
    refuse_counter(&counters, 3, "55P03");
    worker = program_run("worker-tally", NULL);
    letter = counters_next(&counters, 3);
    letter_post(&letter);
    letters_arrive();
    CU_ASSERT_TRUE(parked_becomes(&counters, 1, "attempts >= 2"));
    letter_post(&letter);
    counters_send(&counters, COUNTERS);
    other = program_run("worker-tally", NULL);
    program_kill(&worker);
    CU_ASSERT_TRUE(parked_becomes(&counters, 2, "true"));
    refusal_end();
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&other), 0);
}

void test_what_fails_too_often_is_a_dead_letter_and_its_key_goes_on(void)
{
    struct counters counters = counters_new();
    struct letter heavy = letter_heavy(&counters, 5, HEAVY);
    struct program worker;

    refusal_prepare();
    setenv("IDPMC_PARK_ATTEMPTS", "4", 1);
    refuse_weight(HEAVY, "55P03");
    counters_send(&counters, COUNTERS);
    letter_post(&heavy);
    counters_send(&counters, 2 * COUNTERS);
    worker = program_run("worker-tally", NULL);
    counters_check(&counters);
    CU_ASSERT_EQUAL(outcome_of(&heavy), -1);
    CU_ASSERT_EQUAL(sql_number("select attempts from tally.dead where id = '%s' and"
                               " cause = 'attempts_exhausted' and detail like '%%55P03%%' and"
                               " length(fingerprint) = 16 and appended is not null",
                               heavy.id),
                    4);
    CU_ASSERT_EQUAL(count_parked(&counters, "true"), 0);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* Killed in each of its tries it loses nothing; and what kills each time is found. */
void test_a_worker_that_dies_while_it_tries_again_loses_nothing(void)
{
    struct counters counters = counters_new();
    struct program worker;

    refusal_prepare();
    refuse_counter(&counters, 2, "55P03");
    counters_send(&counters, 2 * COUNTERS);
    worker = program_start("worker-tally", "CRASH_AT=retry");
    CU_ASSERT_EQUAL(program_wait(&worker, WAIT_MS), -SIGKILL);
    refusal_end();
    worker = program_run("worker-tally", NULL);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

void test_a_parked_message_that_kills_its_worker_each_time_is_a_dead_letter(void)
{
    struct counters counters = counters_new();
    struct letter heavy = letter_heavy(&counters, 5, HEAVY);
    struct program worker;

    refusal_prepare();
    refuse_weight(HEAVY, "55P03");
    letter_post(&heavy);
    counters_send(&counters, COUNTERS);
    for (int i = 0; i < 3; i++) {
        worker = program_start("worker-tally", "CRASH_AT=retry");
        CU_ASSERT_EQUAL(program_wait(&worker, WAIT_MS), -SIGKILL);
    }
    worker = program_run("worker-tally", NULL);
    counters_check(&counters);
    CU_ASSERT_TRUE(sql_becomes(1, WAIT_MS,
                               "select count(*) from tally.dead where id = '%s'"
                               " and cause = 'crash'",
                               heavy.id));
    CU_ASSERT_EQUAL(outcome_of(&heavy), -1);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* Data that the table refuses, in a message whose contract holds its key. */
void test_a_key_is_held_where_its_contract_says_so(void)
{
    struct counters counters = counters_new();
    struct tally_count_strictly body = {.sequence = 1, .has_weight = true, .weight = TOO_HEAVY};
    struct program worker;
    struct letter strict;

    refusal_prepare();
    body.counter.uuid = counters.each[9];
    strict = letter_of(&tally_count_strictly_message, counters.tenant, counters.actor, &body);
    letter_post(&strict);
    counters_send(&counters, 2 * COUNTERS);
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(parked_becomes(&counters, 3, "true"));
    CU_ASSERT_EQUAL(count_parked(&counters, "held and next_try is null and cause = 'culprit' and"
                                            " first_error like '%%23514%%'"),
                    1);
    CU_ASSERT_EQUAL(outcome_of(&strict), -2);
    sql("with gone as (delete from tally.parked where held returning *)" /* as an operator would */
        " update tally.inbox i set outcome = -1 from gone g where i.tenant = g.tenant"
        "    and i.id = g.id");
    sql("update tally.parked set next_try = now() where at = (select min(at) from tally.parked)");
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* More than a producer may send is parked, dropped by nobody, and applied in order. */
void test_what_a_producer_sends_above_its_quota_waits(void)
{
    struct counters counters = counters_new();
    struct producer producer = producer_make(counters.tenant, "tally.count.v1");
    struct program worker;

    refusal_prepare();
    setenv("IDPMC_PRODUCER_PER_S", "40", 1);
    setenv("IDPMC_PRODUCER_BURST", "20", 1);
    for (size_t i = 0; i < 100; i++) {
        struct letter letter = counters_next(&counters, i % 5);

        letter_from(&letter, &producer);
        letter_post(&letter);
    }
    counters_send(&counters, COUNTERS);
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(sql_becomes(1, WAIT_MS,
                               "select (count(*) > 0)::int from tally.parked where tenant = '%s'"
                               " and cause = 'quota'",
                               id_text(counters.tenant.uuid)));
    counters_check(&counters);
    CU_ASSERT_EQUAL(sql_number("select count(*) from tally.dead where tenant = '%s'",
                               id_text(counters.tenant.uuid)),
                    0);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
    unsetenv("IDPMC_PRODUCER_PER_S");
    unsetenv("IDPMC_PRODUCER_BURST");
}

/* A table that refuses everything is no message's fault: after some keys the lane stops, and goes
 * on by itself when that was mended. */
void test_a_table_that_refuses_every_message_does_not_empty_the_topic(void)
{
    struct counters counters = counters_new();
    struct program worker;

    refusal_prepare();
    setenv("IDPMC_CULPRIT_KEYS", "3", 1);
    sql("alter table tally.counters add constraint broken check (false) not valid");
    for (size_t i = 0; i < 30; i++) {
        struct letter letter = letter_heavy(&counters, i, 1);
        letter_post(&letter);
    }
    letters_arrive();
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(sql_becomes(3, WAIT_MS, "select count(*) from tally.dead where tenant = '%s'",
                               id_text(counters.tenant.uuid)));
    sleep_ms(3000);
    CU_ASSERT_EQUAL(sql_number("select count(*) from tally.inbox where tenant = '%s'",
                               id_text(counters.tenant.uuid)),
                    3);
    sql("alter table tally.counters drop constraint broken");
    CU_ASSERT_TRUE(sql_becomes(27, WAIT_MS,
                               "select count(*) from tally.inbox where tenant = '%s'"
                               " and outcome = 0",
                               id_text(counters.tenant.uuid)));
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* The row is really locked, by somebody who thinks for a while. */
void test_a_locked_row_holds_up_its_own_key_only(void)
{
    struct counters counters = counters_new();
    struct program worker = program_run("worker-tally", NULL);
    FILE *psql;

    refusal_prepare();
    program_stop(&worker);
    worker = program_run("worker-tally", NULL);
    counters_send(&counters, COUNTERS);
    CU_ASSERT_TRUE(counters_applied(&counters, WAIT_MS));
    psql = popen("psql -qAt \"$DATABASE_URL\" >/dev/null", "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(psql);
    fprintf(psql, "begin; select 1 from tally.counters where counter = '%s' for update;\n",
            id_text(counters.each[4]));
    fflush(psql);
    CU_ASSERT_TRUE(sql_becomes(1, WAIT_MS,
                               "select (count(*) > 0)::int from pg_locks l join pg_class c on"
                               " c.oid = l.relation where c.relname = 'counters' and"
                               " l.mode = 'RowShareLock' and c.relnamespace ="
                               " 'tally'::regnamespace"));
    counters_send(&counters, 3 * COUNTERS);
    CU_ASSERT_TRUE(sql_becomes(COUNTERS + 3 * (COUNTERS - 1), WAIT_MS,
                               "select count(*) from tally.inbox where tenant = '%s'"
                               " and outcome = 0",
                               id_text(counters.tenant.uuid)));
    CU_ASSERT_TRUE(parked_becomes(&counters, 3, "true"));
    fprintf(psql, "rollback;\n");
    pclose(psql);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* A full disk, for example. Nobody is blamed; who asks is told, and the lag grows. */
void test_a_database_that_is_out_of_something_is_told_until_it_has_passed(void)
{
    struct counters counters = counters_new();
    struct program worker;

    refusal_prepare();
    worker = program_run("worker-tally", NULL);
    for (size_t i = 0; i < COUNTERS; i++)
        refuse_counter(&counters, i, "53100");
    counters_send(&counters, COUNTERS);
    CU_ASSERT_TRUE(program_metric_reaches(&worker, LAG, 3, WAIT_MS));
    CU_ASSERT_TRUE(program_says(&worker, "/readyz", "1 of 1 lanes"));
    CU_ASSERT_EQUAL(count_parked(&counters, "true"), 0);
    refusal_end();
    counters_check(&counters);
    CU_ASSERT_TRUE(program_ready(&worker));
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}
