#include "court.h"

static int retire_on(struct scene *scene, uint8_t habit, const char *day)
{
    struct mc_retire_habit body = {
        .player = court_player, .habit = {uuid_of(habit)}, .day = day_at(day)};

    return scene_send(scene, &mc_retire_habit_message, &body);
}

void test_a_retired_habit_ends_on_that_day(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct mc_habit_retired *event;

    court_init(&scene);
    court_seed_habit(&scene, 1, 1);
    CU_ASSERT_EQUAL(retire_on(&scene, 1, "2026-11-25"), 0);
    CU_ASSERT_EQUAL(date_cmp(court_habit_row(&scene, 1)->until, day_at("2026-11-25")), 0);
    CU_ASSERT_EQUAL(date_cmp(court_habit_row(&scene, 1)->held, day_at("2026-11-25")), 0);
    event = scene_emitted(&scene, &mc_habit_retired_message, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(event);
    CU_ASSERT_EQUAL(date_cmp(event->day, day_at("2026-11-25")), 0);
}

void test_a_habit_may_end_sooner_but_never_later_again(void)
{
    cleanup(scene_deinit) struct scene scene;

    court_init(&scene);
    court_seed_habit(&scene, 1, 1);
    CU_ASSERT_EQUAL(retire_on(&scene, 1, "2026-11-25"), 0);
    CU_ASSERT_EQUAL(retire_on(&scene, 1, "2026-11-25"), 0);
    CU_ASSERT_EQUAL(retire_on(&scene, 1, "2026-11-30"), 0);
    CU_ASSERT_EQUAL(date_cmp(court_habit_row(&scene, 1)->until, day_at("2026-11-25")), 0);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &mc_habit_retired_message), 1);
    CU_ASSERT_EQUAL(retire_on(&scene, 1, "2026-11-23"), 0);
    CU_ASSERT_EQUAL(date_cmp(court_habit_row(&scene, 1)->until, day_at("2026-11-23")), 0);
}

void test_days_that_are_over_keep_their_habits(void)
{
    cleanup(scene_deinit) struct scene scene;

    court_init(&scene);
    court_seed_habit(&scene, 1, 1);
    CU_ASSERT_EQUAL(retire_on(&scene, 1, "2026-11-20"), MC_RETIRE_HABIT_DAY_IN_PAST);
    CU_ASSERT_EQUAL(retire_on(&scene, 1, "2026-11-21"), 0);
    CU_ASSERT_EQUAL(date_cmp(court_habit_row(&scene, 1)->held, day_at("2026-11-22")), 0);
}

static bool ends(struct scene *scene, uint8_t habit, const char *until, const char *held)
{
    const struct habit *row = court_habit_row(scene, habit);

    return date_cmp(row->until, day_at(until)) == 0 && date_cmp(row->held, day_at(held)) == 0;
}

/* Sent on the 10th, it comes on the 23rd. */
void test_a_retirement_that_comes_late_leaves_closed_days_as_they_are(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct mc_habit_retired *event;

    court_init(&scene);
    court_seed_player(&scene, "2026-11-22");
    court_seed_habit(&scene, 1, 1);
    scene.at = time_at("2026-11-10T12:00:00Z");
    CU_ASSERT_EQUAL(retire_on(&scene, 1, "2026-11-10"), 0);
    CU_ASSERT_TRUE(ends(&scene, 1, "2026-11-22", "2026-11-23"));
    event = scene_emitted(&scene, &mc_habit_retired_message, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(event);
    CU_ASSERT_EQUAL(date_cmp(event->day, day_at("2026-11-22")), 0);
    CU_ASSERT_EQUAL(retire_on(&scene, 1, "2026-11-12"), 0);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &mc_habit_retired_message), 1);
}

void test_a_habit_that_ended_on_a_closed_day_stays_so(void)
{
    cleanup(scene_deinit) struct scene scene;
    struct habit ended = {
        .key = {court_player, {uuid_of(3)}},
        .weekdays = 127,
        .weight = 1,
        .from = day_at("2026-11-01"),
        .until = day_at("2026-11-20"),
        .held = day_at("2026-11-20"),
    };

    court_init(&scene);
    court_seed_player(&scene, "2026-11-22");
    scene_seed(&scene, &habit_entity, &ended);
    scene.at = time_at("2026-11-10T12:00:00Z");
    CU_ASSERT_EQUAL(retire_on(&scene, 3, "2026-11-10"), 0);
    CU_ASSERT_TRUE(ends(&scene, 3, "2026-11-20", "2026-11-20"));
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &mc_habit_retired_message), 0);
}

void test_a_retirement_that_comes_in_time_ends_the_habit_on_its_day(void)
{
    cleanup(scene_deinit) struct scene scene;

    court_init(&scene);
    court_seed_player(&scene, "2026-11-21");
    court_seed_habit(&scene, 1, 1);
    court_seed_habit(&scene, 2, 1);
    CU_ASSERT_EQUAL(retire_on(&scene, 1, "2026-11-22"), 0);
    CU_ASSERT_TRUE(ends(&scene, 1, "2026-11-22", "2026-11-22"));
    CU_ASSERT_EQUAL(retire_on(&scene, 2, "2026-11-21"), 0);
    CU_ASSERT_TRUE(ends(&scene, 2, "2026-11-21", "2026-11-22"));
}

void test_a_habit_that_is_retired_before_it_begins_is_never_due(void)
{
    cleanup(scene_deinit) struct scene scene;
    struct habit ahead = {
        .key = {court_player, {uuid_of(3)}},
        .weekdays = 127,
        .weight = 1,
        .from = day_at("2026-12-01"),
        .until = {DATE_NONE},
        .held = {DATE_NONE},
    };

    court_init(&scene);
    court_seed_player(&scene, "2026-11-22");
    scene_seed(&scene, &habit_entity, &ahead);
    scene.at = time_at("2026-11-10T12:00:00Z");
    CU_ASSERT_EQUAL(retire_on(&scene, 3, "2026-11-10"), 0);
    CU_ASSERT_TRUE(ends(&scene, 3, "2026-11-22", "2026-11-23"));
    CU_ASSERT_FALSE(habit_due(court_habit_row(&scene, 3), ahead.from));
}

/* Otherwise it would inherit the marks of the days on which both are due. */
void test_a_new_habit_gets_no_slot_with_marks_of_one_that_was_retired_late(void)
{
    static const int32_t sunday[] = {MC_DEFINE_HABIT_WEEKDAYS_SUNDAY};
    cleanup(scene_deinit) struct scene scene;
    struct mc_define_habit next = {
        .player = court_player,
        .habit = {uuid_of(2)},
        .title = span_text("Read"),
        .weekdays = {.items = sunday, .count = 1},
        .weight = 1,
        .from = day_at("2026-11-15"),
    };

    court_init(&scene);
    court_seed_player(&scene, "2026-11-22");
    court_seed_habit(&scene, 0, 1);
    scene.at = time_at("2026-11-10T12:00:00Z");
    CU_ASSERT_EQUAL(retire_on(&scene, 0, "2026-11-10"), 0);
    scene.at = time_at("2026-11-23T12:00:00Z");
    CU_ASSERT_EQUAL(scene_send(&scene, &mc_define_habit_message, &next), 0);
    CU_ASSERT_EQUAL(court_habit_row(&scene, 2)->slot, 1);
}

void test_an_unknown_habit_cannot_be_retired(void)
{
    cleanup(scene_deinit) struct scene scene;

    court_init(&scene);
    CU_ASSERT_EQUAL(retire_on(&scene, 1, "2026-11-25"), MC_RETIRE_HABIT_UNKNOWN_HABIT);
}

void test_without_an_organization_nothing_is_retired(void)
{
    cleanup(scene_deinit) struct scene scene;

    scene_init(&scene, &worker_mc, &court_settings);
    court_seed_habit(&scene, 1, 1);
    CU_ASSERT_EQUAL(retire_on(&scene, 1, "2026-11-25"), MC_RETIRE_HABIT_UNKNOWN_ORGANIZATION);
}
