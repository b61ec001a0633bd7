#include <CUnit/CUnit.h>

#include "../workers/mc/domain/week.h"
#include "support/scene.h"

/* The week of Monday 2026-11-16, seen on Thursday. */
static struct habit workdays = {.slot = 0, .weekdays = 31, .weight = 2, .until = {DATE_NONE}};
static struct habit sundays = {.slot = 1, .weekdays = 64, .weight = 5, .until = {DATE_NONE}};
static const struct habit *rows[] = {&workdays, &sundays};
static struct day monday = {.said = 1, .done = 1}, tuesday = {.said = 1, .done = 0};

static struct week this_week(void)
{
    workdays.from = sundays.from = day_at("2026-11-02");
    return (struct week){
        .monday = day_at("2026-11-16"),
        .today = day_at("2026-11-19"),
        .habits = {rows, 2},
        .days = {&monday, &tuesday},
    };
}

void test_a_cell_is_done_missed_open_or_not_due(void)
{
    struct week week = this_week();

    CU_ASSERT_EQUAL(week_cell(&week, &workdays, 0), CELL_DONE);
    CU_ASSERT_EQUAL(week_cell(&week, &workdays, 1), CELL_MISSED);
    CU_ASSERT_EQUAL(week_cell(&week, &workdays, 2), CELL_MISSED);
    CU_ASSERT_EQUAL(week_cell(&week, &workdays, 3), CELL_OPEN);
    CU_ASSERT_EQUAL(week_cell(&week, &workdays, 4), CELL_OPEN);
    CU_ASSERT_EQUAL(week_cell(&week, &workdays, 5), CELL_NOT_DUE);
    CU_ASSERT_EQUAL(week_cell(&week, &sundays, 0), CELL_NOT_DUE);
    CU_ASSERT_EQUAL(week_cell(&week, &sundays, 6), CELL_OPEN);
}

void test_today_is_done_as_soon_as_it_is_said(void)
{
    struct week week = this_week();

    week.days[3] = &monday;
    CU_ASSERT_EQUAL(week_cell(&week, &workdays, 3), CELL_DONE);
}

void test_a_week_weighs_all_of_its_days(void)
{
    struct week week = this_week();
    struct weights weights = week_weights(&week);

    CU_ASSERT_EQUAL(weights.due, 5 * 2 + 5);
    CU_ASSERT_EQUAL(weights.done, 2);
    CU_ASSERT_EQUAL(week_day_weights(&week, 0).done, 2);
    CU_ASSERT_EQUAL(week_day_weights(&week, 5).due, 0);
}

void test_a_closed_day_weighs_what_was_told_of_it(void)
{
    struct week week = this_week();
    struct day told = {.said = 1, .done = 1, .weight_done = 1, .weight_due = 1, .closed = true};

    week.days[1] = &told;
    CU_ASSERT_EQUAL(week_day_weights(&week, 1).done, 1);
    CU_ASSERT_EQUAL(week_day_weights(&week, 1).due, 1);
    CU_ASSERT_EQUAL(week_weights(&week).due, 4 * 2 + 5 + 1);
    told.closed = false;
    CU_ASSERT_EQUAL(week_day_weights(&week, 1).due, 2);
}

void test_a_week_shows_only_habits_that_are_due_in_it(void)
{
    struct week week = this_week();

    CU_ASSERT_TRUE(week_shows(&week, &sundays));
    sundays.until = day_at("2026-11-21");
    CU_ASSERT_FALSE(week_shows(&week, &sundays));
    sundays.until = (struct date){DATE_NONE};
    week.monday = day_at("2026-10-19");
    CU_ASSERT_FALSE(week_shows(&week, &workdays));
}
