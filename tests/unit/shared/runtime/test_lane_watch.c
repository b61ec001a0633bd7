/* When a lane looks again at partitions that an alarm stopped. */
#include <CUnit/CUnit.h>

#include "base/attr.h"
#include "base/date.h"
#include "runtime/lane_state.h"

enum { FIRST_S = 60, SLACK_MS = 20000 };

static struct config config = {.look_again_s = FIRST_S};

static bool waits_s(const struct lane *lane, int64_t seconds)
{
    int64_t left_ms = lane->watch.look_again_ms - monotonic_ms();

    return left_ms <= 1000 * seconds && left_ms > 1000 * seconds - SLACK_MS;
}

/* A partition stops, and the lane looks at it when it is time. */
static void stop_and_look(struct lane *lane)
{
    lane->options.config = &config;
    atomic_store(&lane->stopped, 1);
    watch_stopped(lane);
    lane->watch.look_again_ms = monotonic_ms();
    watch_look_again(lane);
    CU_ASSERT_TRUE(lane->rejoin);
    lane->rejoin = false;
}

void test_a_look_in_vain_doubles_the_wait(void)
{
    static struct lane lane;
    const int64_t waits[] = {2 * FIRST_S, 4 * FIRST_S, 8 * FIRST_S, 8 * FIRST_S};

    for (size_t i = 0; i < COUNT_OF(waits); i++) {
        stop_and_look(&lane);
        watch_stopped(&lane);
        CU_ASSERT_TRUE(waits_s(&lane, waits[i]));
    }
}

void test_what_stops_long_after_the_last_look_is_looked_at_soon(void)
{
    static struct lane lane;

    for (int i = 0; i < 4; i++)
        stop_and_look(&lane);
    lane.watch.looked_ms -= 8 * FIRST_S * 1000 + 1;
    watch_stopped(&lane);
    CU_ASSERT_TRUE(waits_s(&lane, FIRST_S));
}

void test_who_asks_has_it_looked_at_at_once_and_soon_again(void)
{
    static struct lane lane;

    for (int i = 0; i < 4; i++)
        stop_and_look(&lane);
    watch_stopped(&lane);
    atomic_store(&lane.look_again, true);
    watch_look_again(&lane);
    CU_ASSERT_TRUE(lane.rejoin);
    watch_stopped(&lane);
    CU_ASSERT_TRUE(waits_s(&lane, FIRST_S));
}
