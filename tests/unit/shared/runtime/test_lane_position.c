/* The digest of a partition's last record, and what it decides. */
#include <CUnit/CUnit.h>
#include <string.h>

#include "runtime/lane_state.h"

/* sha256(append time in 8 bytes, big endian, then sha256("key"), then sha256("value")), computed
 * elsewhere. */
static const char known[] = "19dd22ca85fcfe1344e7365cc3c3ae28"
                            "2fcf91ab916f64f86f3ce3806c2f661e";

static struct bus_message message_at(int64_t offset)
{
    return (struct bus_message){.topic = "t",
                                .offset = offset,
                                .append_ms = INT64_C(1700000000123),
                                .key = span_text("key"),
                                .value = span_text("value")};
}

/* Just claimed, behind the record at 6. */
static struct partition partition_that_proves(void)
{
    struct partition p = {
        .at = {.topic = "t"}, .next = 7, .fetched = 6, .last = 6, .proves = true, .prove_at = 6};

    CU_ASSERT_EQUAL_FATAL(digest_parse(span_text(known), &p.digest), 0);
    p.prove_digest = p.digest;
    return p;
}

static struct lane *lane_for_alarms(void)
{
    static const struct config config = {.look_again_s = 60};
    static struct lane lane;

    lane = (struct lane){.module = "tally", .options = {.config = &config}};
    return &lane;
}

void test_the_last_record_of_a_batch_is_remembered_by_a_known_digest(void)
{
    struct partition p = {.next = 5, .upto = 7, .last = 4}, other = {.next = 0};
    struct item items[] = {
        {.partition = &p, .message = message_at(5)},
        {.partition = &p, .message = message_at(6)},
        {.partition = &other, .message = message_at(6)},
    };
    char text[DIGEST_TEXT + 1];

    items[1].message.value = span_text("value");
    items[0].message.value = items[2].message.value = span_text("not this one");
    position_plan(&p, items, COUNT_OF(items));
    CU_ASSERT_EQUAL(p.new_last, 6);
    CU_ASSERT_TRUE_FATAL(p.new_has_digest);
    CU_ASSERT_STRING_EQUAL(digest_format(&p.new_digest, text), known);
}

void test_a_position_that_stays_keeps_what_it_knows(void)
{
    struct partition p = partition_that_proves();

    p.upto = p.next;
    p.has_digest = true;
    position_plan(&p, NULL, 0);
    CU_ASSERT_EQUAL(p.new_last, 6);
    CU_ASSERT_TRUE(p.new_has_digest && digest_equal(&p.new_digest, &p.digest));
}

void test_the_same_record_is_dropped_and_what_follows_is_taken(void)
{
    struct lane *lane = lane_for_alarms();
    struct partition p = partition_that_proves();
    struct bus_message last = message_at(6), next = message_at(7);

    CU_ASSERT_FALSE(position_accepts(lane, &p, &last));
    CU_ASSERT_FALSE(p.stopped);
    CU_ASSERT_EQUAL(p.fetched, 7);
    CU_ASSERT_TRUE(position_accepts(lane, &p, &next));
}

void test_another_record_at_its_place_stops_the_partition(void)
{
    struct lane *lane = lane_for_alarms();
    struct bus_message others[] = {message_at(6), message_at(6), message_at(6)};

    others[0].append_ms++;
    others[1].key = span_text("kez");
    others[2].value = span_text("valuf");
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct partition p = partition_that_proves();

        CU_ASSERT_FALSE(position_accepts(lane, &p, &others[i]));
        CU_ASSERT_TRUE(p.stopped);
        CU_ASSERT_EQUAL(lane_stopped(lane), i + 1);
    }
}

void test_a_record_behind_one_that_is_gone_is_taken(void)
{
    struct lane *lane = lane_for_alarms();
    struct partition p = partition_that_proves();
    struct bus_message next = message_at(7);

    lane->rejoin = false;
    CU_ASSERT_TRUE(position_accepts(lane, &p, &next));
    CU_ASSERT_FALSE(p.stopped);
    CU_ASSERT_FALSE(lane->rejoin);
}

/* To take it would pass over what lies between: the next claim tells whether that is gone, too. */
void test_a_record_further_behind_is_not_taken(void)
{
    struct lane *lane = lane_for_alarms();
    struct partition p = partition_that_proves();
    struct bus_message later = message_at(8);

    lane->rejoin = false;
    CU_ASSERT_FALSE(position_accepts(lane, &p, &later));
    CU_ASSERT_FALSE(p.stopped);
    CU_ASSERT_TRUE(lane->rejoin);
}
