/* Once per id: whatever comes again changes nothing, and an id that comes with another payload is a
 * dead letter. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

#include "bus/bus_consumer.h"
#include "contracts/tally.h"
#include "support/counters.h"
#include "support/database.h"
#include "support/program.h"

enum { LOAD = 200, WAIT_MS = 20000, FORBIDDEN = 1000 };

static int64_t outcome_of(const struct letter *letter)
{
    return sql_number("select outcome from tally.inbox where tenant = '%s' and id = '%s'",
                      letter->tenant, letter->id);
}

static bool is_decided(const struct letter *letter)
{
    return sql_becomes(1, WAIT_MS,
                       "select count(*) from tally.inbox where tenant = '%s' and id = '%s'",
                       letter->tenant, letter->id);
}

void test_the_same_record_twice_in_a_batch_and_over_batches_counts_once(void)
{
    struct counters counters = counters_new();
    struct letter letters[LOAD];
    struct program worker;

    for (int i = 0; i < LOAD; i++) {
        letters[i] = counters_next(&counters, (size_t)i % COUNTERS);
        letter_post(&letters[i]);
        letter_post(&letters[i]);
        letter_post(&letters[i / 2]);
    }
    letters_arrive();
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(counters_applied(&counters, WAIT_MS));
    for (int i = 0; i < LOAD; i++)
        letter_post(&letters[i]);
    letters_arrive();
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_metric(&worker, "idpmc_messages_total{module=\"tally\",type=\"tally."
                                            "count.v1\",outcome=\"duplicate\"}"),
                    3 * LOAD);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

void test_records_that_are_read_again_count_once(void)
{
    struct counters counters = counters_new();
    struct program worker = program_run("worker-tally", NULL);

    counters_send(&counters, LOAD);
    CU_ASSERT_TRUE(counters_applied(&counters, WAIT_MS));
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
    sql("update tally.position set next = greatest(0, next - %d)", LOAD);
    worker = program_run("worker-tally", NULL);
    counters_check(&counters);
    CU_ASSERT_TRUE(program_metric(&worker, "idpmc_messages_total{module=\"tally\",type=\"tally."
                                           "count.v1\",outcome=\"duplicate\"}") >= LOAD);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

static void rewind_all(void *context, const struct bus_partition *partitions, size_t count)
{
    struct bus_partition *list = calloc(count, sizeof *list);

    CU_ASSERT_PTR_NOT_NULL_FATAL(list);
    memcpy(list, partitions, count * sizeof *list);
    for (size_t i = 0; i < count; i++)
        list[i].offset = 0;
    bus_consumer_commit(*(struct bus_consumer **)context, list, count);
    *(struct bus_consumer **)context = NULL; /* done */
    free(list);
}

static void ignore_revocation(void *context, const struct bus_partition *partitions, size_t count,
                              bool lost)
{
    (void)context;
    (void)partitions;
    (void)count;
    (void)lost;
}

/* Commits offset 0 for the whole group. */
static void rewind_group(void)
{
    static const char *const topic = "idpmc.tally.commands";
    struct bus_consumer *consumer, *waiting;
    const struct bus_consumer_options options = {
        .brokers = getenv("IDPMC_KAFKA_BROKERS"),
        .group = "idpmc.tally",
        .client_id = "tests",
        .topics = &topic,
        .topic_count = 1,
        .session_timeout_ms = 10000,
        .queued_kbytes = 1024,
        .assigned = rewind_all,
        .revoked = ignore_revocation,
        .context = &waiting,
    };
    char error[256];
    struct bus_message message;

    waiting = consumer = bus_consumer_new(&options, error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(consumer);
    for (int64_t end_ms = monotonic_ms() + WAIT_MS; waiting && monotonic_ms() < end_ms;)
        CU_ASSERT_EQUAL(bus_consumer_poll(consumer, 10, &message), 0);
    CU_ASSERT_PTR_NULL(waiting);
    sleep_ms(300); /* the commit is on its way, and nobody waits for it */
    bus_consumer_close(consumer, 5000);
}

/* The position is the truth; what the group committed is told to tools. */
void test_the_groups_offsets_are_a_hint_that_nobody_follows(void)
{
    struct counters counters = counters_new();
    struct program worker = program_run("worker-tally", NULL);

    counters_send(&counters, LOAD);
    CU_ASSERT_TRUE(counters_applied(&counters, WAIT_MS));
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
    rewind_group();
    worker = program_run("worker-tally", NULL);
    counters_send(&counters, 1);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_metric(&worker, "idpmc_messages_total"), 1);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* The letter's id with another sequence, and so another payload. */
static struct letter other_payload(const struct letter *letter, const struct counters *counters)
{
    struct tally_count body = {.sequence = 1000000};
    struct letter other;

    body.counter.uuid = counters->each[0];
    other = letter_of(&tally_count_message, counters->tenant, counters->actor, &body);
    memcpy(other.id, letter->id, sizeof other.id);
    letter_sign(&other);
    return other;
}

void test_an_id_with_another_payload_is_a_dead_letter_and_the_first_outcome_stays(void)
{
    struct counters counters = counters_new();
    struct letter letter = counters_next(&counters, 0), other = other_payload(&letter, &counters);
    struct program worker;

    letter_post(&letter); /* all three in one batch */
    letter_post(&other);
    letter_post(&letter);
    letters_arrive();
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(is_decided(&letter));
    letter_post(&other); /* and in a later one */
    letters_arrive();
    CU_ASSERT_TRUE(sql_becomes(2, WAIT_MS,
                               "select count(*) from tally.dead where tenant = '%s'"
                               " and id = '%s' and cause = 'id_reused'",
                               letter.tenant, letter.id));
    CU_ASSERT_EQUAL(outcome_of(&letter), 0);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

void test_what_was_refused_stays_refused_when_it_comes_again(void)
{
    struct counters counters = counters_new();
    struct program worker = program_run("worker-tally", NULL);
    struct user_id stranger = new_user();
    struct tally_count body = {.sequence = 7};
    struct letter letter;

    body.counter.uuid = counters.each[0];
    letter = letter_of(&tally_count_message, counters.tenant, stranger, &body);
    letter_post(&letter);
    letters_arrive();
    CU_ASSERT_TRUE(is_decided(&letter));
    CU_ASSERT_EQUAL(outcome_of(&letter), FORBIDDEN);
    sql("insert into core.members (tenant, member, roles) values ('%s', '%s', 4)", letter.tenant,
        id_text(stranger.uuid));
    letter_post(&letter);
    counters_send(&counters, COUNTERS); /* also behind it, of the same key */
    counters_check(&counters);
    CU_ASSERT_EQUAL(outcome_of(&letter), FORBIDDEN);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}
