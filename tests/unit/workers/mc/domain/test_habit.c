#include <CUnit/CUnit.h>

#include "../workers/mc/domain/habit.h"
#include "support/scene.h"

static const struct date NEVER = {DATE_NONE};

/* Mondays and Thursdays, from 2026-11-02 (a Monday) to 2026-11-30. */
static struct habit twice_a_week(void)
{
    return (struct habit){
        .title = span_text("Keepy-uppy"),
        .weekdays = weekday_bit(MONDAY) | weekday_bit(THURSDAY),
        .weight = 3,
        .from = day_at("2026-11-02"),
        .until = day_at("2026-11-30"),
        .held = day_at("2026-11-30"),
    };
}

void test_a_habit_is_due_on_its_weekdays_only(void)
{
    struct habit habit = twice_a_week();

    CU_ASSERT_TRUE(habit_due(&habit, day_at("2026-11-05")));
    CU_ASSERT_FALSE(habit_due(&habit, day_at("2026-11-06")));
    CU_ASSERT_TRUE(habit_due(&habit, day_at("2026-11-09")));
    CU_ASSERT_FALSE(habit_due(&habit, day_at("2026-11-08")));
}

void test_a_habit_is_due_from_its_first_to_its_last_day(void)
{
    struct habit habit = twice_a_week();

    CU_ASSERT_FALSE(habit_due(&habit, day_at("2026-10-29")));
    CU_ASSERT_TRUE(habit_due(&habit, day_at("2026-11-02")));
    CU_ASSERT_TRUE(habit_due(&habit, day_at("2026-11-30")));
    CU_ASSERT_FALSE(habit_due(&habit, day_at("2026-12-03")));
    habit.until = NEVER;
    CU_ASSERT_TRUE(habit_due(&habit, day_at("2036-11-03")));
}

void test_each_weekday_has_a_bit_of_its_own(void)
{
    int32_t all = 0;

    for (int day = MONDAY; day <= SUNDAY; day++)
        all += weekday_bit((enum weekday)day);
    CU_ASSERT_EQUAL(all, 127);
    CU_ASSERT_EQUAL(weekday_bit(SUNDAY), 64);
}

void test_a_period_may_not_end_before_it_begins_nor_begin_too_long_ago(void)
{
    struct date today = day_at("2026-11-22");

    CU_ASSERT_EQUAL(period_check(today, NEVER, today, 14), PERIOD_FINE);
    CU_ASSERT_EQUAL(period_check(today, today, today, 14), PERIOD_FINE);
    CU_ASSERT_EQUAL(period_check(today, date_add(today, -1), today, 14), PERIOD_ENDS_BEFORE_START);
    CU_ASSERT_EQUAL(period_check(date_add(today, -14), NEVER, today, 14), PERIOD_FINE);
    CU_ASSERT_EQUAL(period_check(date_add(today, -15), NEVER, today, 14), PERIOD_TOO_OLD);
    CU_ASSERT_EQUAL(period_check(date_add(today, 500), NEVER, today, 14), PERIOD_FINE);
}

void test_habits_are_the_same_only_in_every_part(void)
{
    struct habit a = twice_a_week(), b = a;

    b.slot = 9;
    CU_ASSERT_TRUE(habit_same(&a, &b));
    b.title = span_text("Keepy uppy");
    CU_ASSERT_FALSE(habit_same(&a, &b));
    b = a;
    b.weekdays = weekday_bit(MONDAY);
    CU_ASSERT_FALSE(habit_same(&a, &b));
    b = a;
    b.weight++;
    CU_ASSERT_FALSE(habit_same(&a, &b));
    b = a;
    b.from = date_add(b.from, 1);
    CU_ASSERT_FALSE(habit_same(&a, &b));
    b = a;
    b.until = NEVER;
    CU_ASSERT_FALSE(habit_same(&a, &b));
}

void test_a_habit_that_ends_holds_its_slot_as_long_as_marks_may_stand(void)
{
    struct habit habit = twice_a_week();

    CU_ASSERT_TRUE(habit_runs_past(&habit, day_at("2026-11-29")));
    CU_ASSERT_FALSE(habit_runs_past(&habit, day_at("2026-11-30")));
    habit_end(&habit, day_at("2026-11-09"), day_at("2026-11-12"));
    CU_ASSERT_EQUAL(date_cmp(habit.until, day_at("2026-11-09")), 0);
    CU_ASSERT_EQUAL(date_cmp(habit.held, day_at("2026-11-12")), 0);
    habit_end(&habit, day_at("2026-11-05"), day_at("2026-11-20"));
    CU_ASSERT_EQUAL(date_cmp(habit.held, day_at("2026-11-12")), 0);
}

void test_a_habit_that_ends_ahead_holds_its_slot_until_then(void)
{
    struct habit habit = twice_a_week();

    habit.until = habit.held = NEVER;
    CU_ASSERT_TRUE(habit_runs_past(&habit, day_at("2030-01-01")));
    habit_end(&habit, day_at("2026-12-24"), day_at("2026-11-12"));
    CU_ASSERT_EQUAL(date_cmp(habit.held, day_at("2026-12-24")), 0);
}

void test_a_slot_is_shared_only_by_habits_that_cannot_meet(void)
{
    struct habit habit = twice_a_week();
    const struct habit *rows[] = {&habit};
    struct habit_rows one = {rows, 1};

    CU_ASSERT_EQUAL(habits_free_slot(one, day_at("2026-11-30"), NEVER), 1);
    CU_ASSERT_EQUAL(habits_free_slot(one, day_at("2026-12-01"), NEVER), 0);
    CU_ASSERT_EQUAL(habits_free_slot(one, day_at("2026-10-01"), day_at("2026-11-01")), 0);
    CU_ASSERT_EQUAL(habits_free_slot(one, day_at("2026-10-01"), day_at("2026-11-02")), 1);
    CU_ASSERT_EQUAL(habits_free_slot(one, day_at("2026-10-01"), NEVER), 1);
    habit.until = day_at("2026-11-09");
    CU_ASSERT_EQUAL(habits_free_slot(one, day_at("2026-11-20"), NEVER), 1);
    habit.held = NEVER;
    CU_ASSERT_EQUAL(habits_free_slot(one, day_at("2036-11-20"), NEVER), 1);
}

void test_sixty_four_habits_fill_a_day_and_no_more(void)
{
    struct habit habits[SLOTS];
    const struct habit *rows[SLOTS];

    for (int32_t i = 0; i < SLOTS; i++) {
        struct habit_rows before = {rows, (size_t)i};

        habits[i] = twice_a_week();
        habits[i].slot = habits_free_slot(before, habits[i].from, habits[i].until);
        CU_ASSERT_EQUAL(habits[i].slot, i);
        rows[i] = &habits[i];
    }
    CU_ASSERT_EQUAL(habits_free_slot((struct habit_rows){rows, SLOTS}, day_at("2026-11-03"), NEVER),
                    NO_SLOT);
    CU_ASSERT_EQUAL(habits_free_slot((struct habit_rows){rows, SLOTS}, day_at("2026-12-01"), NEVER),
                    0);
}

void test_a_player_has_only_so_many_habits_in_a_life(void)
{
    static const struct habit *rows[HABITS_PER_PLAYER];
    struct habit old = twice_a_week();

    for (size_t i = 0; i < HABITS_PER_PLAYER; i++)
        rows[i] = &old;
    CU_ASSERT_EQUAL(habits_free_slot((struct habit_rows){rows, HABITS_PER_PLAYER - 1},
                                     day_at("2026-12-01"), NEVER),
                    0);
    CU_ASSERT_EQUAL(
        habits_free_slot((struct habit_rows){rows, HABITS_PER_PLAYER}, day_at("2026-12-01"), NEVER),
        NO_SLOT);
}

void test_a_habit_is_found_by_its_id(void)
{
    struct habit a = {.key.habit = {uuid_of(1)}}, b = {.key.habit = {uuid_of(2)}};
    const struct habit *rows[] = {&a, &b};
    struct habit_rows both = {rows, 2};

    CU_ASSERT_PTR_EQUAL(habits_find(both, (struct habit_id){uuid_of(2)}), &b);
    CU_ASSERT_PTR_NULL(habits_find(both, (struct habit_id){uuid_of(3)}));
}
