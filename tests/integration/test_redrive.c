/* What an operator does to dead letters and parked messages, with a worker that goes on meanwhile:
 * nothing is lost, doubled, or applied out of its key's order. tally's hash tells. */
#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/date.h"
#include "base/murmur2.h"
#include "contracts/tally.h"
#include "support/counters.h"
#include "support/database.h"
#include "support/program.h"
#include "support/refusal.h"

enum { WAIT_MS = 60000, HEAVY = 77, OLD_S = 31 * 86400 };

/* Runs it for this organization's messages. Its exit code. */
static int fleetctl(const struct counters *counters, const char *words)
{
    char command[512];
    int status;

    snprintf(command, sizeof command,
             "\"${BIN:-bin}/fleetctl\" %s --module tally --tenant %s >\"$RUN_ROOT/said\" 2>&1",
             words, id_text(counters->tenant.uuid));
    status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What it printed has these words. */
static bool said(const char *words)
{
    char command[512];

    snprintf(command, sizeof command,
             "grep -qF -- '%s' \"$RUN_ROOT/said\" || { sed 's/^/# /' \"$RUN_ROOT/said\"; false; }",
             words);
    return system(command) == 0;
}

static void post_next(struct counters *counters, size_t i)
{
    struct letter letter = counters_next(counters, i);

    letter_post(&letter);
    letters_arrive();
}

static struct letter letter_heavy(const struct counters *counters, size_t i)
{
    struct tally_count body = {.sequence = 1, .has_weight = true, .weight = HEAVY};

    body.counter.uuid = counters->each[i];
    return letter_of(&tally_count_message, counters->tenant, counters->actor, &body);
}

static bool open_letters_become(const struct counters *counters, int64_t wanted)
{
    return sql_becomes(wanted, WAIT_MS,
                       "select count(*) from tally.dead where resolved is null and"
                       " split_part(convert_from(key, 'UTF8'), '/', 1) = '%s'",
                       id_text(counters->tenant.uuid));
}

static bool parked_become(const struct counters *counters, int64_t wanted)
{
    return sql_becomes(wanted, WAIT_MS, "select count(*) from tally.parked where tenant = '%s'",
                       id_text(counters->tenant.uuid));
}

static bool outcome_becomes(const struct letter *letter, int64_t wanted)
{
    return sql_becomes(wanted, WAIT_MS,
                       "select outcome from tally.inbox where tenant = '%s' and id = '%s'",
                       letter->tenant, letter->id);
}

void test_what_was_redriven_is_applied_once_and_in_the_order_of_its_key(void)
{
    struct counters counters = counters_new();
    struct program worker;

    refusal_prepare();
    refuse_counter(&counters, 0, "23514");
    counters_send(&counters, 4 * COUNTERS);
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(open_letters_become(&counters, 4));
    refusal_end();
    CU_ASSERT_EQUAL(fleetctl(&counters, "dlq redrive --dry-run"), 0);
    CU_ASSERT_TRUE(said("would redrive 4"));
    CU_ASSERT_EQUAL(fleetctl(&counters, "dlq redrive --rate 2"), 0);
    CU_ASSERT_TRUE(said("redriven 4"));
    post_next(&counters, 0);
    counters_check(&counters);
    CU_ASSERT_EQUAL(fleetctl(&counters, "dlq redrive"), 0);
    CU_ASSERT_TRUE(said("redriven 0"));
    counters_check(&counters);
    CU_ASSERT_EQUAL(sql_number("select count(*) from tally.dead where tenant = '%s' and"
                               " resolved = 'redriven' and replays = 1",
                               id_text(counters.tenant.uuid)),
                    4);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* Killed after some partitions, and started again, while other keys are busy. */
void test_a_redrive_under_load_that_was_killed_is_finished_by_another(void)
{
    enum { REFUSED = 12, EACH = 5 };
    struct counters counters = counters_new();
    struct program worker;
    FILE *redrive;

    refusal_prepare();
    for (size_t i = 0; i < REFUSED; i++)
        refuse_counter(&counters, i, "23514");
    counters_send(&counters, EACH * COUNTERS);
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(open_letters_become(&counters, REFUSED * EACH));
    refusal_end();
    redrive = popen("CRASH_AT=redriven:3 \"${BIN:-bin}/fleetctl\" dlq redrive --module tally"
                    " --cause culprit --rate 10 >/dev/null 2>&1",
                    "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(redrive);
    for (size_t i = 0; i < 2000; i++) {
        struct letter letter = counters_next(&counters, REFUSED + i % (COUNTERS - REFUSED));

        letter_post(&letter);
    }
    letters_arrive();
    CU_ASSERT_NOT_EQUAL(pclose(redrive), 0);
    CU_ASSERT(sql_number("select count(*) from tally.dead where tenant = '%s' and resolved is null",
                         id_text(counters.tenant.uuid)) > 0);
    CU_ASSERT_EQUAL(fleetctl(&counters, "dlq redrive"), 0);
    counters_check(&counters);
    CU_ASSERT_EQUAL(sql_number("select count(*) from tally.dead where tenant = '%s' and"
                               " resolved = 'redriven' and replays = 1",
                               id_text(counters.tenant.uuid)),
                    REFUSED * EACH);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

void test_what_fails_again_is_the_same_dead_letter_and_goes_round_so_often_only(void)
{
    struct counters counters = counters_new();
    struct program worker;

    refusal_prepare();
    refuse_counter(&counters, 3, "23514");
    post_next(&counters, 3);
    worker = program_run("worker-tally", NULL);
    for (int round = 1; round <= 3; round++) {
        CU_ASSERT_TRUE(open_letters_become(&counters, 1));
        CU_ASSERT_EQUAL(fleetctl(&counters, "dlq redrive"), 0);
        CU_ASSERT_TRUE(said("redriven 1"));
    }
    CU_ASSERT_TRUE(open_letters_become(&counters, 1));
    CU_ASSERT_EQUAL(fleetctl(&counters, "dlq redrive"), 1);
    CU_ASSERT_TRUE(said("redriven too often 1"));
    CU_ASSERT_EQUAL(sql_number("select replays from tally.dead where tenant = '%s'",
                               id_text(counters.tenant.uuid)),
                    3);
    CU_ASSERT_EQUAL(sql_number("select outcome from tally.inbox where tenant = '%s'",
                               id_text(counters.tenant.uuid)),
                    -1);
    refusal_end();
    CU_ASSERT_EQUAL(fleetctl(&counters, "dlq redrive --max-replays 4"), 0);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

void test_a_key_that_has_moved_on_is_left_alone_unless_it_is_wanted(void)
{
    struct counters counters = counters_new();
    struct letter heavy = letter_heavy(&counters, 5);
    struct program worker;

    refusal_prepare();
    refuse_weight(HEAVY, "23514");
    letter_post(&heavy);
    counters_send(&counters, 2 * COUNTERS);
    worker = program_run("worker-tally", NULL);
    counters_check(&counters);
    CU_ASSERT_TRUE(open_letters_become(&counters, 1));
    refusal_end();
    CU_ASSERT_EQUAL(fleetctl(&counters, "dlq redrive"), 1);
    CU_ASSERT_TRUE(said("its key has moved on (offset"));
    CU_ASSERT_TRUE(outcome_becomes(&heavy, -1));
    CU_ASSERT_EQUAL(fleetctl(&counters, "dlq redrive --out-of-order"), 0);
    CU_ASSERT_TRUE(outcome_becomes(&heavy, 0));
    CU_ASSERT_EQUAL(sql_number("select count from tally.counters where counter = '%s'",
                               id_text(counters.each[5])),
                    3);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* A lane that has read what waits under a key, and not yet decided it, must not go on with that
 * when something was put in front of it. */
void test_a_letter_redriven_in_the_middle_of_a_try_is_not_overtaken(void)
{
    struct counters counters = counters_new();
    struct program worker;

    refusal_prepare();
    refuse_counter(&counters, 7, "23514");
    post_next(&counters, 7);
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(open_letters_become(&counters, 1));
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
    refuse_counter(&counters, 7, "55P03");
    post_next(&counters, 7);
    worker = program_start("worker-tally", "FREEZE_AT=retry");
    CU_ASSERT_TRUE(program_freezes(&worker, WAIT_MS));
    refusal_end();
    CU_ASSERT_EQUAL(fleetctl(&counters, "dlq redrive"), 0);
    CU_ASSERT_TRUE(said("redriven 1"));
    CU_ASSERT_TRUE(parked_become(&counters, 2));
    program_signal(&worker, SIGCONT);
    CU_ASSERT_TRUE(parked_become(&counters, 0));
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

void test_a_message_discarded_in_the_middle_of_a_try_is_not_applied(void)
{
    struct counters counters = counters_new();
    struct letter heavy = letter_heavy(&counters, 8);
    struct program worker;

    refusal_prepare();
    refuse_weight(HEAVY, "55P03");
    letter_post(&heavy);
    post_next(&counters, 8);
    worker = program_start("worker-tally", "FREEZE_AT=retry");
    CU_ASSERT_TRUE(program_freezes(&worker, WAIT_MS));
    refusal_end();
    CU_ASSERT_EQUAL(fleetctl(&counters, "parked discard --yes --cause transient"), 0);
    CU_ASSERT_TRUE(said("discarded 1"));
    program_signal(&worker, SIGCONT);
    CU_ASSERT_TRUE(parked_become(&counters, 0));
    counters_check(&counters);
    CU_ASSERT_TRUE(outcome_becomes(&heavy, -1));
    CU_ASSERT_EQUAL(sql_number("select count(*) from tally.dead where id = '%s' and"
                               " cause = 'discarded' and resolved = 'discarded'",
                               heavy.id),
                    1);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

void test_a_held_key_goes_on_when_an_operator_says_so(void)
{
    struct counters counters = counters_new();
    struct tally_count_strictly body = {.sequence = 1, .has_weight = true, .weight = HEAVY};
    struct program worker;
    struct letter strict;

    refusal_prepare();
    refuse_weight(HEAVY, "23514");
    body.counter.uuid = counters.each[9];
    strict = letter_of(&tally_count_strictly_message, counters.tenant, counters.actor, &body);
    letter_post(&strict);
    letters_arrive();
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(sql_becomes(1, WAIT_MS,
                               "select count(*) from tally.parked where tenant = '%s' and held",
                               id_text(counters.tenant.uuid)));
    CU_ASSERT_EQUAL(fleetctl(&counters, "parked list"), 0);
    CU_ASSERT_TRUE(said("held"));
    refusal_end();
    CU_ASSERT_EQUAL(fleetctl(&counters, "parked retry"), 0);
    CU_ASSERT_TRUE(said("retried 1 keys"));
    CU_ASSERT_TRUE(outcome_becomes(&strict, 0));
    CU_ASSERT_TRUE(parked_become(&counters, 0));
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* A credential that came after what it signs. */
void test_what_was_not_proven_is_verified_anew(void)
{
    struct counters counters = counters_new();
    struct producer producer = producer_make(counters.tenant, "tally.count.v1");
    struct letter letter = counters_next(&counters, 4);
    struct program worker;
    char command[512];

    refusal_prepare();
    sql("create table if not exists tally.kept (like platform.producers)");
    sql("with gone as (delete from platform.producers where keyid = '%s' returning *)"
        " insert into tally.kept select * from gone",
        producer.id);
    letter_from(&letter, &producer);
    letter_post(&letter);
    letters_arrive();
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(open_letters_become(&counters, 1));
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
    sql("insert into platform.producers select * from tally.kept where keyid = '%s'", producer.id);
    sql("drop table tally.kept");
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_EQUAL(sql_number("select count(*) from tally.dead where tenant = '%s'",
                               id_text(counters.tenant.uuid)),
                    0); /* nobody proved whose it is: it is found by its key */
    snprintf(command, sizeof command,
             "\"${BIN:-bin}/fleetctl\" dlq redrive --module tally --cause wrong_proof --key %s"
             " >\"$RUN_ROOT/said\" 2>&1",
             letter.key);
    CU_ASSERT_EQUAL(system(command), 0);
    CU_ASSERT_TRUE(said("redriven 1"));
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* As a redrive does it. */
static void park_dead(const struct letter *letter)
{
    sql("insert into tally.parked (topic, part, at, hash, key, headers, value, appended, tenant,"
        " id, type, cause, next_try) select topic, part, at, %d, key, headers, value, appended,"
        " tenant, id, type, 'redrive', now() from tally.dead where tenant = '%s' and id = '%s'",
        (int)murmur2(span_text(letter->key)), letter->tenant, letter->id);
    sql("update tally.dead set resolved = 'redriven' where tenant = '%s' and id = '%s'",
        letter->tenant, letter->id);
}

/* The inbox keeps what an operator has not decided, however long that takes. Of what was too old
 * when it came it may have forgotten that it was applied. */
void test_what_waited_for_an_operator_is_never_too_old(void)
{
    struct counters counters = counters_new();
    struct letter kept = counters_next(&counters, 0), late = letter_heavy(&counters, 1);
    struct letter *letters[] = {&kept, &late};
    struct program worker;

    for (size_t i = 0; i < COUNT_OF(letters); i++) {
        timestamp_format((struct timestamp){timestamp_now().us - (int64_t)OLD_S * 1000000},
                         letters[i]->time);
        letter_sign(letters[i]);
        letter_post(letters[i]);
    }
    letters_arrive();
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(open_letters_become(&counters, 2));
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
    sql("update tally.dead set cause = 'culprit' where tenant = '%s' and id = '%s'", kept.tenant,
        kept.id);
    sql("update tally.inbox set outcome = -2 where tenant = '%s'", kept.tenant);
    for (size_t i = 0; i < COUNT_OF(letters); i++)
        park_dead(letters[i]);
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(outcome_becomes(&kept, 0));
    CU_ASSERT_TRUE(sql_becomes(1, WAIT_MS,
                               "select count(*) from tally.dead where tenant = '%s' and id = '%s'"
                               " and cause = 'too_old' and resolved is null",
                               late.tenant, late.id));
    CU_ASSERT_TRUE(parked_become(&counters, 0));
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}
