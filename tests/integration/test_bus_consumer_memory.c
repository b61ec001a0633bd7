/* A member of a group that has no memory for what the group gives it says so: else it would have
 * partitions of which nobody consumes a thing. */
#include <CUnit/CUnit.h>
#include <errno.h>

#include "base/date.h"
#include "support/failing_malloc.h"
#include "support/member.h"

enum { SOON_MS = 30000, CLOSE_MS = 3000 };

void test_an_assignment_without_memory_ends_the_consumer(void)
{
    int64_t end_ms = monotonic_ms() + SOON_MS;
    struct member member = {.starts = true};
    bool failed = false;
    int r = 0;

    member_join(&member, member_new_group());
    while (!failed && monotonic_ms() < end_ms) {
        failing_malloc_arm(1, false);
        r = member_look(&member);
        failed = failing_malloc_disarm();
    }
    CU_ASSERT_TRUE(failed);
    CU_ASSERT_EQUAL(r, -EIO);
    CU_ASSERT_EQUAL(member.assigned, 0);
    bus_consumer_close(member.consumer, CLOSE_MS);
}

void test_a_revocation_is_told_without_memory_too(void)
{
    int64_t end_ms = monotonic_ms() + SOON_MS;
    struct member member = {.starts = true};

    member_join(&member, member_new_group());
    while (member.assigned == 0 && monotonic_ms() < end_ms)
        CU_ASSERT(member_look(&member) >= 0);
    CU_ASSERT_EQUAL(member.assigned, 1);
    failing_malloc_arm(1, true);
    CU_ASSERT_EQUAL(bus_consumer_rejoin(member.consumer), 0);
    CU_ASSERT_TRUE(failing_malloc_disarm());
    CU_ASSERT_EQUAL(member.revoked, 1);
    bus_consumer_close(member.consumer, CLOSE_MS);
}
