/* Which messages run alone, and which in groups. */
#include <CUnit/CUnit.h>

#include "runtime/lane_state.h"

enum { BATCH = 100 };

static struct lane *lane_with(struct item *queue, size_t count)
{
    static const struct config config = {.batch_max = BATCH};
    static struct lane lane;

    lane = (struct lane){.options = {.config = &config},
                         .module = "tally",
                         .queue = queue,
                         .queued = count,
                         .front_count = count,
                         .limit = BATCH};
    return &lane;
}

static int64_t suspected(int32_t claims, int32_t tries, int64_t trying, int64_t end)
{
    struct partition p = {.next = 10, .claims = claims, .tries = tries, .trying = trying};

    suspect_claimed(lane_with(NULL, 0), &p, end);
    return p.suspect_upto;
}

void test_a_partition_is_suspected_only_of_what_could_have_crashed(void)
{
    CU_ASSERT_EQUAL(suspected(1, 0, -1, 50), 10);   /* a first claim */
    CU_ASSERT_EQUAL(suspected(2, 0, -1, 50), 10);   /* a rebalance */
    CU_ASSERT_EQUAL(suspected(3, 0, -1, 50), 50);   /* something ends whoever claims it */
    CU_ASSERT_EQUAL(suspected(3, 0, -1, 500), 110); /* but a batch has so many messages */
    CU_ASSERT_EQUAL(suspected(99, 0, -1, 10), 10);  /* there is none that it could be */
    CU_ASSERT_EQUAL(suspected(99, 0, -1, -1), 10);
}

/* Of a group that nobody survived each one runs alone, whatever the claims. */
void test_a_group_that_was_tried_is_walked_one_by_one(void)
{
    struct partition p = {.next = 10, .claims = 4, .tries = -1, .trying = 29};

    suspect_claimed(lane_with(NULL, 0), &p, 50);
    CU_ASSERT_EQUAL(p.alone_upto, 30);
    CU_ASSERT_EQUAL(p.suspect_upto, 50);
    CU_ASSERT_EQUAL(suspected(1, -1, 29, 50), 30);
}

/* Found on a walk that a crash has ended: the walk need not begin anew. */
void test_a_message_that_was_tried_is_suspected_whatever_the_claims(void)
{
    CU_ASSERT_EQUAL(suspected(1, 1, 12, 50), 13);
    CU_ASSERT_EQUAL(suspected(3, 1, 12, 50), 50);
}

void test_a_suspect_runs_alone_and_the_others_together(void)
{
    struct partition good = {.suspect_upto = 0}, bad = {.suspect_upto = 7, .alone_upto = 7};
    struct item queue[] = {
        {.partition = &good, .message = {.offset = 1}},
        {.partition = &good, .message = {.offset = 2}},
        {.partition = &bad, .message = {.offset = 6}},
        {.partition = &bad, .message = {.offset = 7}},
        {.partition = &good, .message = {.offset = 3}},
    };

    CU_ASSERT_EQUAL(suspect_limit(lane_with(queue, 5)), 2);
    CU_ASSERT_EQUAL(suspect_limit(lane_with(queue + 2, 3)), 1);
    CU_ASSERT_EQUAL(suspect_limit(lane_with(queue + 3, 2)), 2);
    CU_ASSERT_EQUAL(suspect_limit(lane_with(queue, 1)), 1);
}

void test_suspects_of_a_partition_run_in_small_groups(void)
{
    struct partition bad = {.suspect_upto = 60}, worse = {.suspect_upto = 90, .alone_upto = 3};
    struct item queue[80];

    for (int i = 0; i < 80; i++)
        queue[i] = (struct item){.partition = i < 70 ? &bad : &worse,
                                 .message = {.offset = i < 70 ? i : i - 70}};
    CU_ASSERT_EQUAL(suspect_limit(lane_with(queue, 80)), 40);
    CU_ASSERT_EQUAL(suspect_limit(lane_with(queue, 7)), 7);
    CU_ASSERT_EQUAL(suspect_limit(lane_with(queue + 40, 40)), 20); /* up to the last suspect */
    CU_ASSERT_EQUAL(suspect_limit(lane_with(queue + 60, 20)), 10); /* up to the next partition's */
    CU_ASSERT_EQUAL(suspect_limit(lane_with(queue + 70, 10)), 1);
    CU_ASSERT_EQUAL(suspect_limit(lane_with(queue + 73, 7)), 7);
}
