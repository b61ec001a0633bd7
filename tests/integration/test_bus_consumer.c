/* A member of a group that has not answered its assignment yet, for it claims the partitions first,
 * can leave and join anew like any other: the client's own words for that are easy to get wrong. */
#include <CUnit/CUnit.h>

#include "base/date.h"
#include "support/member.h"

enum { PARTITIONS = 12, SOON_MS = 15000, HEARD_MS = 15000 };

static bool gets(struct member *member, size_t partitions)
{
    int64_t end_ms = monotonic_ms() + SOON_MS;

    while ((member->assigned == 0 || member->count != partitions) && monotonic_ms() < end_ms)
        (void)member_look(member);
    return member->assigned > 0 && member->count == partitions;
}

void test_a_member_rejoins_before_it_answered_its_assignment(void)
{
    struct member member = {0};

    member_join(&member, member_new_group());
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_TRUE(gets(&member, PARTITIONS));
        member.assigned = 0;
        CU_ASSERT_EQUAL(bus_consumer_rejoin(member.consumer), 0);
        CU_ASSERT_EQUAL(member.revoked, i + 1);
    }
    CU_ASSERT_TRUE(gets(&member, PARTITIONS));
    bus_consumer_close(member.consumer, 5000);
}

void test_a_member_rejoins_after_it_answered_its_assignment(void)
{
    struct member member = {0};

    member_join(&member, member_new_group());
    CU_ASSERT_TRUE(gets(&member, PARTITIONS));
    CU_ASSERT_EQUAL(bus_consumer_start(member.consumer, NULL, 0), 0);
    member.assigned = 0;
    CU_ASSERT_EQUAL(bus_consumer_rejoin(member.consumer), 0);
    CU_ASSERT_TRUE(gets(&member, PARTITIONS));
    bus_consumer_close(member.consumer, 5000);
}

/* Long before its session would have told the group. */
void test_who_leaves_without_having_answered_is_succeeded_at_once(void)
{
    const char *group = member_new_group();
    struct member first = {0}, second = {0};

    member_join(&first, group);
    CU_ASSERT_TRUE(gets(&first, PARTITIONS));
    bus_consumer_close(first.consumer, 5000);
    CU_ASSERT_EQUAL(first.count, 0);
    member_join(&second, group);
    CU_ASSERT_TRUE(gets(&second, PARTITIONS));
    bus_consumer_close(second.consumer, 5000);
}

void test_who_leaves_while_the_group_gives_out_partitions_is_succeeded_at_once(void)
{
    const char *group = member_new_group();
    struct member first = {0}, second = {0};

    member_join(&first, group);
    for (int i = 0; i < 20 && !first.assigned; i++)
        (void)member_look(&first);
    bus_consumer_close(first.consumer, 5000);
    member_join(&second, group);
    CU_ASSERT_TRUE(gets(&second, PARTITIONS));
    bus_consumer_close(second.consumer, 5000);
}

/* Two members; the group wants partitions back from the first one, which has been polled quietly
 * since. */
static void want_back(struct member *first, struct member *second)
{
    const char *group = member_new_group();
    struct bus_message message;
    int64_t end_ms;

    first->starts = second->starts = true;
    member_join(first, group);
    CU_ASSERT_TRUE(gets(first, PARTITIONS));
    member_join(second, group);
    end_ms = monotonic_ms() + HEARD_MS; /* the second has joined, and a heartbeat told the first */
    while (monotonic_ms() < end_ms) {
        if (bus_consumer_poll_quietly(first->consumer, &message) == 1)
            bus_message_release(&message);
        (void)member_look(second);
    }
    CU_ASSERT_EQUAL(first->revoked, 0);
    CU_ASSERT_EQUAL(first->count, PARTITIONS);
    CU_ASSERT_EQUAL(second->assigned, 0);
}

/* Each has some of the partitions, and together they have all. */
static bool share(struct member *first, struct member *second)
{
    int64_t end_ms = monotonic_ms() + 2 * SOON_MS;

    while ((second->assigned == 0 || first->count + second->count != PARTITIONS ||
            first->count == 0 || second->count == 0) &&
           monotonic_ms() < end_ms) {
        (void)member_look(first);
        (void)member_look(second);
    }
    return first->count > 0 && second->count > 0 && first->count + second->count == PARTITIONS;
}

void test_what_the_group_says_to_a_quiet_member_is_told_by_its_next_poll(void)
{
    struct member first = {0}, second = {0};
    struct bus_message message;

    want_back(&first, &second);
    if (bus_consumer_poll(first.consumer, 0, &message) == 1)
        bus_message_release(&message);
    CU_ASSERT_EQUAL(first.revoked, 1);
    CU_ASSERT_TRUE(share(&first, &second));
    bus_consumer_close(first.consumer, 5000);
    bus_consumer_close(second.consumer, 5000);
}

void test_a_quiet_member_leaves_when_the_group_has_said_something(void)
{
    struct member first = {0}, second = {0};

    want_back(&first, &second);
    bus_consumer_close(first.consumer, 5000);
    CU_ASSERT_TRUE(first.revoked > 0); /* again where the client had begun to rejoin */
    CU_ASSERT_TRUE(gets(&second, PARTITIONS));
    bus_consumer_close(second.consumer, 5000);
}

void test_a_quiet_member_rejoins_when_the_group_has_said_something(void)
{
    struct member first = {0}, second = {0};

    want_back(&first, &second);
    CU_ASSERT_EQUAL(bus_consumer_rejoin(first.consumer), 0);
    CU_ASSERT_TRUE(first.revoked > 0);
    CU_ASSERT_TRUE(share(&first, &second));
    bus_consumer_close(first.consumer, 5000);
    bus_consumer_close(second.consumer, 5000);
}
