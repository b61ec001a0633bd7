/* One record at a time until a partition has something of its producer: who may leave, who waits,
 * and in which order they come out. */
#include "bus/bus_firsts.h"

#include <CUnit/CUnit.h>

#include "base/murmur2.h"

enum { PARTITIONS = 4 };

static const char topic[] = "idpmc.tally.events";

static void free_firsts(struct bus_firsts **firsts)
{
    bus_firsts_free(*firsts);
}

/* What was given on, in order: numbers that the records have as their opaque values. */
static int left[16], left_count;

static struct bus_record record_of(const char *name, const char *key)
{
    return (struct bus_record){
        .topic = span_text(name), .key = span_text(key), .value = span_text("value")};
}

static int32_t partition_of(const char *key)
{
    return (int32_t)(murmur2(span_text(key)) & 0x7fffffff) % PARTITIONS;
}

static int numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void send(struct bus_firsts *firsts, const char *name, const char *key, int number)
{
    const struct bus_record record = record_of(name, key);

    enum bus_turn turn = bus_firsts_turn(firsts, name, &record);

    if (turn == BUS_HOLD) {
        CU_ASSERT_EQUAL(bus_firsts_hold(firsts, name, &record, &numbers[number]), 0);
        return;
    }
    left[left_count++] = number;
    if (turn == BUS_FIRST)
        bus_firsts_sent(firsts, name, &record);
}

static void send_held(struct bus_firsts *firsts)
{
    struct bus_held *held;

    while ((held = bus_firsts_take(firsts, false))) {
        left[left_count++] = *(int *)held->opaque;
        bus_firsts_sent(firsts, topic, &held->record);
        bus_held_free(held);
    }
}

static struct bus_firsts *begin(bool partitions_known)
{
    struct bus_firsts *firsts = bus_firsts_new();
    const struct bus_record any = record_of(topic, "any");

    CU_ASSERT_PTR_NOT_NULL_FATAL(firsts);
    left_count = 0;
    CU_ASSERT_EQUAL(bus_firsts_turn(firsts, topic, &any), BUS_FIRST); /* it is known from now on */
    if (partitions_known)
        bus_firsts_partitions(firsts, topic, PARTITIONS);
    return firsts;
}

static void check_left(int count, const int *wanted)
{
    CU_ASSERT_EQUAL_FATAL(left_count, count);
    for (int i = 0; i < count; i++)
        CU_ASSERT_EQUAL(left[i], wanted[i]);
}

void test_of_a_partition_the_first_goes_and_the_others_wait_for_its_report(void)
{
    cleanup(free_firsts) struct bus_firsts *firsts = begin(true);

    send(firsts, topic, "a", 0);
    send(firsts, topic, "a", 1);
    send(firsts, topic, "a", 2);
    check_left(1, (int[]){0});
    send_held(firsts);
    check_left(1, (int[]){0});
    bus_firsts_told(firsts, topic, partition_of("a"), true);
    send_held(firsts);
    send(firsts, topic, "a", 3);
    send(firsts, topic, "a", 4);
    check_left(5, (int[]){0, 1, 2, 3, 4});
}

void test_where_the_first_failed_the_next_one_is_the_first(void)
{
    cleanup(free_firsts) struct bus_firsts *firsts = begin(true);

    for (int i = 0; i < 4; i++)
        send(firsts, topic, "a", i);
    bus_firsts_told(firsts, topic, partition_of("a"), false);
    send_held(firsts);
    check_left(2, (int[]){0, 1});
    bus_firsts_told(firsts, topic, partition_of("a"), true);
    send_held(firsts);
    check_left(4, (int[]){0, 1, 2, 3});
}

void test_partitions_do_not_wait_for_each_other(void)
{
    cleanup(free_firsts) struct bus_firsts *firsts = begin(true);
    const char *const keys[] = {"b", "c", "d", "e", "f", "g", "h", "i"};
    size_t i = 0;

    while (partition_of(keys[i]) == partition_of("a"))
        CU_ASSERT_FATAL(++i < COUNT_OF(keys));
    const char *other = keys[i];

    send(firsts, topic, "a", 0);
    send(firsts, topic, other, 1);
    check_left(2, (int[]){0, 1});
    send(firsts, topic, "a", 2);
    send(firsts, topic, other, 3);
    bus_firsts_told(firsts, topic, partition_of(other), true);
    send_held(firsts);
    check_left(3, (int[]){0, 1, 3});
}

void test_until_the_partitions_are_counted_a_topic_is_one(void)
{
    cleanup(free_firsts) struct bus_firsts *firsts = begin(false);

    send(firsts, topic, "a", 0);
    send(firsts, topic, "b", 1);
    send(firsts, "idpmc.tally.dlq", "b", 2);
    check_left(2, (int[]){0, 2});
    bus_firsts_partitions(firsts, topic, PARTITIONS);
    bus_firsts_told(firsts, topic, partition_of("a"), true);
    send_held(firsts);
    check_left(3, (int[]){0, 2, 1});
}

/* The client's queue was full: what was taken goes back to where it was. */
void test_what_is_given_back_comes_first(void)
{
    cleanup(free_firsts) struct bus_firsts *firsts = begin(true);
    struct bus_held *held;

    for (int i = 0; i < 3; i++)
        send(firsts, topic, "a", i);
    bus_firsts_told(firsts, topic, partition_of("a"), true);
    held = bus_firsts_take(firsts, false);
    CU_ASSERT_PTR_NOT_NULL_FATAL(held);
    bus_firsts_give_back(firsts, held);
    send(firsts, topic, "a", 3); /* overtakes nobody */
    check_left(1, (int[]){0});
    send_held(firsts);
    check_left(4, (int[]){0, 1, 2, 3});
}

void test_a_held_record_is_a_copy_of_all_of_it(void)
{
    cleanup(free_firsts) struct bus_firsts *firsts = begin(true);
    char key[] = "a", value[] = "what", name[] = "ce_id", text[] = "7";
    struct bus_header header = {span_text(name), span_text(text)};
    struct bus_record record = record_of(topic, key);
    struct bus_held *held;

    record.value = span_text(value);
    record.headers = &header;
    record.header_count = 1;
    send(firsts, topic, "a", 0);
    CU_ASSERT_EQUAL(bus_firsts_hold(firsts, topic, &record, NULL), 0);
    memset(value, 'x', sizeof value - 1);
    memset(name, 'x', sizeof name - 1);
    memset(text, 'x', sizeof text - 1);
    key[0] = 'x';
    held = bus_firsts_take(firsts, true);
    CU_ASSERT_PTR_NOT_NULL_FATAL(held);
    CU_ASSERT(span_is(held->record.topic, topic));
    CU_ASSERT(span_is(held->record.key, "a"));
    CU_ASSERT(span_is(held->record.value, "what"));
    CU_ASSERT(span_is(held->record.headers[0].name, "ce_id"));
    CU_ASSERT(span_is(held->record.headers[0].value, "7"));
    bus_held_free(held);
    CU_ASSERT_PTR_NULL(bus_firsts_take(firsts, true));
}
