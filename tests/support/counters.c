#include "support/counters.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

#include "contracts/tally.h"
#include "support/database.h"
#include "support/topic.h"

/* A group that stays silent after its broker was killed is left after IDPMC_KAFKA_SILENCE_MS only.
 */
enum { APPLIED_MS = 120000, IDLE_MS = 30000 };

/* As tally's domain has it, written again: what the worker must come to. */
static int64_t next_hash(int64_t h, int64_t sequence)
{
    uint64_t x = ((uint64_t)h ^ (uint64_t)sequence) * UINT64_C(0x100000001b3);

    return (int64_t)((x ^ x >> 32) + UINT64_C(0xcbf29ce484222325));
}

struct counters counters_new(void)
{
    struct counters counters = {.tenant = new_tenant(), .actor = new_user()};

    database_ready();
    sql_found_organization(counters.tenant, counters.actor, 4);
    for (size_t i = 0; i < COUNTERS; i++)
        counters.each[i] = new_user().uuid;
    return counters;
}

struct letter counters_next(struct counters *counters, size_t counter)
{
    struct tally_count body = {.sequence = counters->total++};

    body.counter.uuid = counters->each[counter];
    counters->hash[counter] = next_hash(counters->hash[counter], body.sequence);
    counters->sent[counter]++;
    return letter_of(&tally_count_message, counters->tenant, counters->actor, &body);
}

void counters_send(struct counters *counters, int count)
{
    for (int i = 0; i < count; i++) {
        struct letter letter = counters_next(counters, (size_t)counters->total % COUNTERS);

        letter_post(&letter);
    }
    letters_arrive();
}

bool counters_applied(const struct counters *counters, int timeout_ms)
{
    return sql_becomes(counters->total, timeout_ms,
                       "select count(*) from tally.inbox where tenant = '%s' and outcome = 0",
                       id_text(counters->tenant.uuid));
}

static void check_state(const struct counters *counters)
{
    const char *tenant = id_text(counters->tenant.uuid);
    int wrong = 0;

    for (size_t i = 0; i < COUNTERS; i++)
        if (counters->sent[i] > 0)
            wrong += sql_number("select count(*) from tally.counters where tenant = '%s'"
                                " and counter = '%s' and count = %lld and h = %lld",
                                tenant, id_text(counters->each[i]), (long long)counters->sent[i],
                                (long long)counters->hash[i]) != 1;
    CU_ASSERT_EQUAL(wrong, 0);
}

static int by_key_and_sequence(const void *a, const void *b)
{
    const struct topic_record *x = a, *y = b;
    const struct span left = topic_header(x, "ce_sequence"), right = topic_header(y, "ce_sequence");
    int r = memcmp(x->key.data, y->key.data, RECORD_KEY_TEXT);

    CU_ASSERT_FATAL(left.size == 25 && right.size == 25);
    return r ? r : memcmp(left.data, right.data, left.size);
}

/* The first copies, in their order on the topic; a later copy must say the same. */
static void drop_copies(struct topic *events)
{
    size_t kept = 0;

    for (size_t i = 0; i < events->count; i++) {
        const struct topic_record *record = &events->records[i];

        if (kept > 0 && by_key_and_sequence(&events->records[kept - 1], record) == 0) {
            CU_ASSERT_TRUE(span_equal(topic_header(&events->records[kept - 1], "ce_id"),
                                      topic_header(record, "ce_id")));
            CU_ASSERT_TRUE(span_equal(events->records[kept - 1].value, record->value));
            continue;
        }
        events->records[kept++] = *record;
    }
    events->count = kept;
}

static size_t find_counter(const struct counters *counters, struct uuid id)
{
    size_t i = 0;

    while (i < COUNTERS && !uuid_equal(counters->each[i], id))
        i++;
    CU_ASSERT_FATAL(i < COUNTERS);
    return i;
}

/* In the order of ce_sequence each counter's events count from one, and tell the hash over it. */
static void check_events(const struct counters *counters)
{
    struct topic events = topic_read("idpmc.tally.events", counters->tenant);
    int64_t hash[COUNTERS] = {0}, count[COUNTERS] = {0};

    qsort(events.records, events.count, sizeof *events.records, by_key_and_sequence);
    drop_copies(&events);
    CU_ASSERT_EQUAL((int64_t)events.count, counters->total);
    for (size_t n = 0; n < events.count; n++) {
        const struct tally_counted *event =
            topic_body(&events, &events.records[n], &tally_counted_message);
        size_t i = find_counter(counters, event->counter.uuid);

        hash[i] = next_hash(hash[i], event->sequence);
        CU_ASSERT_EQUAL(event->count, ++count[i]);
        CU_ASSERT_EQUAL(event->h, hash[i]);
    }
    for (size_t i = 0; i < COUNTERS; i++)
        CU_ASSERT_EQUAL(count[i], counters->sent[i]);
    topic_free(&events);
}

static void check_rest(const struct counters *counters)
{
    struct topic commands = topic_read("idpmc.tally.commands", counters->tenant);

    CU_ASSERT_TRUE(sql_becomes(0, IDLE_MS, "select count(*) from tally.outbox"));
    CU_ASSERT_TRUE(
        sql_becomes(commands.ends, IDLE_MS,
                    "select sum(next) from tally.position where topic = 'idpmc.tally.commands'"));
    topic_free(&commands);
}

void counters_check(const struct counters *counters)
{
    CU_ASSERT_TRUE(counters_applied(counters, APPLIED_MS));
    check_rest(counters);
    check_state(counters);
    check_events(counters);
}

int64_t counters_versions(void)
{
    return sql_number("select sum(('x' || encode(substring(stripes from s * 8 + 1 for 8), 'hex'))"
                      "::bit(64)::int8) from tally_api.positions, generate_series(0, 127) s"
                      " where topic = 'idpmc.tally.commands'");
}
