/* What an envelope makes of the sender's time, the broker's, and this machine's own. */
#include "runtime/envelope.h"

#include <CUnit/CUnit.h>

#include "codec/codec.h"
#include "contracts/tally.h"
#include "runtime/record.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

static const struct timestamp appended = {INT64_C(1795370400) * 1000000};
static const struct tenant_id tenant = {{{1}}};
static struct arena *arena;
static struct keyring *keys;

static struct timestamp later(int64_t seconds)
{
    return (struct timestamp){appended.us + seconds * 1000000};
}

static void make_keys(void)
{
    const uint8_t secret[MAC_KEY_BYTES] = {7};
    const struct span type = span_text("tally.count.v1");
    const struct keyring_producer producer = {.id = span_text("school"),
                                              .secret = span_of(secret, sizeof secret),
                                              .tenants = &tenant,
                                              .tenant_count = 1,
                                              .types = &type,
                                              .type_count = 1};

    if (keys)
        return;
    arena = arena_new(1 << 20);
    keys = keyring_new();
    CU_ASSERT_EQUAL_FATAL(keyring_add_fleet(keys, span_text("k1"), secret), 0);
    CU_ASSERT_EQUAL_FATAL(keyring_add_producer(keys, &producer), 0);
}

/* As an outside producer sends it; record_build names a worker of the fleet as the source. */
static void send_as_producer(struct bus_record *record, struct bus_header *headers)
{
    memcpy(headers, record->headers, record->header_count * sizeof *headers);
    for (size_t i = 0; i < record->header_count; i++)
        if (span_is(headers[i].name, "ce_source"))
            headers[i].value = span_text("/producers/school");
    record->headers = headers;
}

/* A message of the sender's time, which the broker appended at `appended`, opened by the clock of
 * a machine that says `now`. */
static int open_message(const char *key, struct timestamp time, struct timestamp now,
                        struct envelope *ret_envelope)
{
    const struct tally_count body = {.counter = {{{2}}}, .sequence = 1};
    const struct envelope_rules rules = {.keys = keys, .partitions = 1, .now = now};
    cleanup(buf_deinit) struct buf value = {0};
    struct bus_header headers[BUS_MAX_HEADERS];
    struct record_fields fields = {
        .message = &tally_count_message,
        .tenant = tenant,
        .aggregate = body.counter.uuid,
        .id = {{{3}}},
        .worker = "ingress",
        .actor = span_text(strcmp(key, "school") == 0 ? "producer:school" : "system:ingress"),
        .time = time,
        .source_offset = -1,
    };
    struct bus_record record;
    struct bus_message message;
    char detail[DETAIL_BYTES];

    CU_ASSERT_EQUAL_FATAL(codec_encode_msgpack(&tally_count_message, &body, &value), 0);
    fields.value = span_of(arena_copy(arena, value.data, value.size), value.size);
    CU_ASSERT_EQUAL_FATAL(record_build(&fields, keyring_find(keys, span_text(key)), arena, &record),
                          0);
    if (strcmp(key, "school") == 0)
        send_as_producer(&record, headers);
    message = (struct bus_message){.topic = "idpmc.tally.commands",
                                   .append_ms = appended.us / 1000,
                                   .key = record.key,
                                   .value = record.value,
                                   .headers = record.headers,
                                   .header_count = record.header_count};
    return envelope_open(&message, &rules, arena, ret_envelope, detail);
}

static void check_time(const char *key, int64_t sent_s, int64_t now_s, int cause, int64_t time_s)
{
    struct envelope envelope;

    make_keys();
    CU_ASSERT_EQUAL(open_message(key, later(sent_s), later(now_s), &envelope), cause);
    if (cause == DEAD_NONE)
        CU_ASSERT_EQUAL(envelope.time.us, later(time_s).us);
}

void test_a_message_has_its_senders_time(void)
{
    check_time("k1", -5, 1, DEAD_NONE, -5);
    check_time("k1", -HOUR_S, 1, DEAD_NONE, -HOUR_S);
    check_time("school", -HOUR_S, 1, DEAD_NONE, -HOUR_S);
}

void test_a_sender_whose_clock_is_ahead_is_served_at_the_brokers_time(void)
{
    check_time("k1", 240, 1, DEAD_NONE, 0);
    check_time("school", HOUR_S, 1, DEAD_NONE, 0);
}

void test_a_worker_whose_clock_was_set_back_refuses_nobody(void)
{
    check_time("k1", -5, -HOUR_S, DEAD_NONE, -5);
    check_time("school", -5, -HOUR_S, DEAD_NONE, -5);
    check_time("k1", -5, HOUR_S, DEAD_NONE, -5);
}

void test_what_the_inbox_may_have_forgotten_is_too_old(void)
{
    check_time("k1", -31 * DAY_S, 1, DEAD_TOO_OLD, 0);
    check_time("k1", 0, 31 * DAY_S, DEAD_TOO_OLD, 0);
    check_time("school", HOUR_S, 31 * DAY_S, DEAD_TOO_OLD, 0);
}

/* The same record, appended once more: its inbox row may be gone, whatever this machine's clock
 * says.
 */
void test_a_worker_whose_clock_was_set_back_takes_nothing_that_is_too_old(void)
{
    check_time("k1", -31 * DAY_S, -2 * DAY_S, DEAD_TOO_OLD, 0);
    check_time("school", -31 * DAY_S, -2 * DAY_S, DEAD_TOO_OLD, 0);
    check_time("k1", -30 * DAY_S, -2 * DAY_S, DEAD_NONE, -30 * DAY_S);
}

/* However late it is looked at. */
void test_a_time_more_than_five_minutes_ahead_is_too_new(void)
{
    check_time("k1", HOUR_S, 1, DEAD_TOO_NEW, 0);
    check_time("k1", 2 * DAY_S, 3 * DAY_S, DEAD_TOO_NEW, 0);
}
