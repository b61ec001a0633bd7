/* What was fetched, in two groups. */
#include <CUnit/CUnit.h>
#include <stdlib.h>

#include "runtime/lane_state.h"

enum { BATCH = 4 };

static const struct config config = {.batch_max = BATCH, .queue_bytes = 1000};
static struct partition first, second;

static struct lane lane_new(void)
{
    struct lane lane = {.options = {.config = &config}};

    lane.messages[0] = arena_new(1 << 20);
    lane.messages[1] = arena_new(1 << 20);
    CU_ASSERT_FATAL(lane.messages[0] && lane.messages[1]);
    return lane;
}

static void lane_free(struct lane *lane)
{
    free(lane->queue);
    arena_free(lane->messages[0]);
    arena_free(lane->messages[1]);
}

static void push(struct lane *lane, struct partition *p, int64_t offset, size_t size)
{
    const struct bus_message message = {.offset = offset, .value = span_of("", size)};

    CU_ASSERT_EQUAL_FATAL(queue_push(lane, &message, p), 0);
}

static void are(const struct lane *lane, const char *offsets, size_t front)
{
    CU_ASSERT_EQUAL_FATAL(lane->queued, strlen(offsets));
    for (size_t i = 0; i < lane->queued; i++)
        CU_ASSERT_EQUAL(lane->queue[i].message.offset, offsets[i] - '0');
    CU_ASSERT_EQUAL(lane->front_count, front);
}

void test_a_closed_front_grows_no_more(void)
{
    struct lane lane = lane_new();

    for (int i = 0; i < 3; i++)
        push(&lane, &first, i, 0);
    CU_ASSERT_TRUE(queue_has_room(&lane));
    push(&lane, &first, 3, 0);
    CU_ASSERT_FALSE(queue_has_room(&lane));
    lane.front_closed = true;
    CU_ASSERT_TRUE(queue_has_room(&lane));
    push(&lane, &first, 4, 0);
    are(&lane, "01234", 4);
    lane_free(&lane);
}

void test_what_was_behind_an_empty_front_becomes_it(void)
{
    struct lane lane = lane_new();
    unsigned front = lane.front;

    for (int i = 0; i < 3; i++)
        push(&lane, &first, i, 0);
    lane.front_closed = true;
    push(&lane, &first, 3, 0);
    queue_drop(&lane, 2);
    are(&lane, "23", 1);
    CU_ASSERT_EQUAL(lane.front, front);
    queue_drop(&lane, 1);
    are(&lane, "3", 1);
    CU_ASSERT_EQUAL(lane.front, front ^ 1);
    CU_ASSERT_FALSE(lane.front_closed);
    push(&lane, &first, 4, 0);
    are(&lane, "34", 2);
    queue_drop(&lane, 2);
    are(&lane, "", 0);
    lane_free(&lane);
}

void test_a_partition_that_goes_takes_its_messages_out_of_both(void)
{
    struct lane lane = lane_new();

    push(&lane, &first, 0, 0);
    push(&lane, &second, 1, 0);
    push(&lane, &first, 2, 0);
    lane.front_closed = true;
    push(&lane, &second, 3, 0);
    push(&lane, &first, 4, 0);
    queue_forget(&lane, &second);
    are(&lane, "024", 2);
    queue_forget(&lane, &second);
    are(&lane, "024", 2);
    queue_forget(&lane, &first);
    are(&lane, "", 0);
    lane_free(&lane);
}

void test_a_front_that_goes_with_its_partition_is_replaced(void)
{
    struct lane lane = lane_new();

    push(&lane, &second, 0, 0);
    lane.front_closed = true;
    push(&lane, &first, 1, 0);
    queue_forget(&lane, &second);
    are(&lane, "1", 1);
    CU_ASSERT_FALSE(lane.front_closed);
    lane_free(&lane);
}

void test_bytes_bound_the_queue_as_well(void)
{
    struct lane lane = lane_new();

    push(&lane, &first, 0, 600);
    CU_ASSERT_TRUE(queue_has_room(&lane));
    push(&lane, &first, 1, 600);
    CU_ASSERT_FALSE(queue_has_room(&lane));
    lane.front_closed = true;
    CU_ASSERT_FALSE(queue_has_room(&lane));
    queue_drop(&lane, 1);
    CU_ASSERT_TRUE(queue_has_room(&lane));
    CU_ASSERT_EQUAL(lane.queued_bytes, 600);
    lane_free(&lane);
}
