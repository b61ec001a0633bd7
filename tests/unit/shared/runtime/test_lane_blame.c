/* Whom a lane believes to be at fault: some keys in a minute, and nobody where there are more. */
#include <CUnit/CUnit.h>

#include "base/date.h"
#include "config/config.h"
#include "runtime/lane_batch.h"

enum { KEYS = 3, MINUTE_MS = 60000 };

static struct config config = {.culprit_keys = KEYS};

static bool believed(struct lane *lane, uint32_t key_hash)
{
    struct envelope envelope = {.key_hash = key_hash};
    const struct item item = {.envelope = &envelope};

    lane->options.config = &config;
    return blame_is_believed(lane, &item);
}

static void believe_as_many_as_may_be(struct lane *lane)
{
    for (uint32_t key = 0; key < KEYS; key++)
        CU_ASSERT_TRUE(believed(lane, key));
    CU_ASSERT_FALSE(believed(lane, KEYS));
    CU_ASSERT_TRUE(believed(lane, 0));
}

/* As if so much time had passed. */
static void wait_ms(struct lane *lane, int64_t ms)
{
    for (size_t i = 0; i < lane->culprit_count; i++)
        lane->culprits[i].at_ms -= ms;
}

void test_some_keys_in_a_minute_are_at_fault_and_more_are_not(void)
{
    static struct lane lane;

    believe_as_many_as_may_be(&lane);
}

void test_after_a_minute_in_which_nothing_failed_keys_are_believed_again(void)
{
    static struct lane lane;

    believe_as_many_as_may_be(&lane);
    wait_ms(&lane, MINUTE_MS + 1);
    CU_ASSERT_TRUE(believed(&lane, KEYS));
}

/* What stops the lane fails for hours, and condemns nobody more. */
void test_what_goes_on_failing_is_nobodys_fault_after_a_minute_either(void)
{
    static struct lane lane;

    believe_as_many_as_may_be(&lane);
    for (int i = 0; i < 100; i++) {
        wait_ms(&lane, MINUTE_MS / 6);
        CU_ASSERT_FALSE(believed(&lane, KEYS));
    }
}
