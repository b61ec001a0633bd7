#include <CUnit/CUnit.h>

#include "../workers/mc/domain/day.h"
#include "support/scene.h"

enum { EVERY_DAY = 127 };

static struct habit habit_in(int32_t slot, int32_t weight)
{
    return (struct habit){
        .slot = slot,
        .weekdays = EVERY_DAY,
        .weight = weight,
        .from = day_at("2026-11-02"),
        .until = {DATE_NONE},
    };
}

void test_the_score_is_rounded_half_up(void)
{
    CU_ASSERT_EQUAL(weights_score((struct weights){.done = 0, .due = 7}), 0);
    CU_ASSERT_EQUAL(weights_score((struct weights){.done = 7, .due = 7}), 100);
    CU_ASSERT_EQUAL(weights_score((struct weights){.done = 1, .due = 3}), 33);
    CU_ASSERT_EQUAL(weights_score((struct weights){.done = 2, .due = 3}), 67);
    CU_ASSERT_EQUAL(weights_score((struct weights){.done = 1, .due = 8}), 13);  /* 12.5 */
    CU_ASSERT_EQUAL(weights_score((struct weights){.done = 1, .due = 200}), 1); /* 0.5 */
    CU_ASSERT_EQUAL(weights_score((struct weights){.done = 1, .due = 201}), 0); /* 0.497 */
    CU_ASSERT_EQUAL(weights_score((struct weights){.done = 639, .due = 640}), 100);
}

void test_what_was_said_and_unsaid_is_not_forgotten(void)
{
    struct habit habit = habit_in(63, 1), other = habit_in(0, 1);
    struct day day = {0};

    CU_ASSERT_FALSE(day_says(&day, &habit, false));
    day_mark(&day, &habit, true);
    CU_ASSERT_TRUE(day_says(&day, &habit, true));
    CU_ASSERT_FALSE(day_says(&day, &habit, false));
    day_mark(&day, &habit, false);
    CU_ASSERT_FALSE(day_done(&day, &habit));
    CU_ASSERT_TRUE(day_says(&day, &habit, false));
    CU_ASSERT_FALSE(day_says(&day, &other, false));
}

void test_a_day_that_does_not_exist_says_nothing(void)
{
    struct habit habit = habit_in(0, 1);

    CU_ASSERT_FALSE(day_done(NULL, &habit));
    CU_ASSERT_FALSE(day_says(NULL, &habit, false));
}

void test_only_what_is_due_weighs(void)
{
    struct habit light = habit_in(0, 1), heavy = habit_in(1, 10), ended = habit_in(2, 5);
    const struct habit *rows[] = {&light, &heavy, &ended};
    struct habit_rows habits = {rows, 3};
    struct day day = {.key.day = day_at("2026-11-22")};
    struct weights weights;

    ended.until = day_at("2026-11-21");
    day_mark(&day, &heavy, true);
    day_mark(&day, &ended, true);
    weights = day_weigh(&day, habits);
    CU_ASSERT_EQUAL(weights.due, 11);
    CU_ASSERT_EQUAL(weights.done, 10);
    CU_ASSERT_EQUAL(day.weight_due, 11);
    CU_ASSERT_EQUAL(day.weight_done, 10);
    CU_ASSERT_EQUAL(day_weights(NULL, day_at("2026-11-21"), habits).due, 16);
    CU_ASSERT_EQUAL(day_weights(&day, day_at("2026-11-01"), habits).due, 0);
}
