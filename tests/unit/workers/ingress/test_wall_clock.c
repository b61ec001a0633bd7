#include "../workers/ingress/wall_clock.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>

#define HOUR_US ((int64_t)3600 * 1000000)

static struct database_part *asker;

/* Instead of the database's own. */
void database_add(struct database *database, struct database_part *part)
{
    (void)database;
    asker = part;
}

static struct wall_clock *begin(void)
{
    struct wall_clock *clock = wall_clock_new(NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(clock);
    return clock;
}

static int64_t ahead_us(const struct wall_clock *clock)
{
    return wall_clock_now(clock).us - timestamp_now().us;
}

static void hear(struct wall_clock *clock, int64_t off_us, int64_t took_us)
{
    wall_clock_heard(clock, (struct timestamp){(timestamp_now().us + off_us) / 1000 * 1000},
                     monotonic_us() - took_us);
}

void test_it_begins_with_this_machines_time_and_asks_for_another(void)
{
    struct wall_clock *clock = begin();

    CU_ASSERT_TRUE(llabs(ahead_us(clock)) < 1000000);
    CU_ASSERT_TRUE(asker->wants(asker->data));
    hear(clock, 0, 5000);
    CU_ASSERT_FALSE(asker->wants(asker->data));
    wall_clock_free(clock);
}

void test_a_clock_that_is_off_follows_the_others(void)
{
    struct wall_clock *clock = begin();

    hear(clock, HOUR_US, 5000);
    CU_ASSERT_TRUE(llabs(ahead_us(clock) - HOUR_US) < 1000000);
    hear(clock, -HOUR_US, 5000);
    CU_ASSERT_TRUE(llabs(ahead_us(clock) + HOUR_US) < 1000000);
    wall_clock_free(clock);
}

/* What took long to be told says little. */
void test_what_may_be_so_changes_nothing(void)
{
    struct wall_clock *clock = begin();
    int64_t before_us;

    hear(clock, HOUR_US, 0);
    before_us = wall_clock_now(clock).us - monotonic_us();
    hear(clock, HOUR_US / 2, HOUR_US);
    CU_ASSERT_TRUE(llabs(wall_clock_now(clock).us - monotonic_us() - before_us) < 1000000);
    wall_clock_free(clock);
}
