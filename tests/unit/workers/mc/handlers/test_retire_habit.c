#include "court.h"

static int retire_on(struct scene *scene, uint8_t habit, const char *day)
{
    struct mc_retire_habit body = {
        .player = court_player, .habit = {uuid_of(habit)}, .day = day_at(day)};

    return scene_send(scene, &mc_retire_habit_message, &body);
}

static const struct habit *habit_row(struct scene *scene, uint8_t habit)
{
    return scene_row(scene, &habit_entity, &(struct habit_key){court_player, {uuid_of(habit)}});
}

void test_a_retired_habit_ends_on_that_day(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct mc_habit_retired *event;

    court_init(&scene);
    court_seed_habit(&scene, 1, 1);
    CU_ASSERT_EQUAL(retire_on(&scene, 1, "2026-11-25"), 0);
    CU_ASSERT_EQUAL(date_cmp(habit_row(&scene, 1)->until, day_at("2026-11-25")), 0);
    CU_ASSERT_EQUAL(date_cmp(habit_row(&scene, 1)->held, day_at("2026-11-25")), 0);
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
    CU_ASSERT_EQUAL(date_cmp(habit_row(&scene, 1)->until, day_at("2026-11-25")), 0);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &mc_habit_retired_message), 1);
    CU_ASSERT_EQUAL(retire_on(&scene, 1, "2026-11-23"), 0);
    CU_ASSERT_EQUAL(date_cmp(habit_row(&scene, 1)->until, day_at("2026-11-23")), 0);
}

void test_days_that_are_over_keep_their_habits(void)
{
    cleanup(scene_deinit) struct scene scene;

    court_init(&scene);
    court_seed_habit(&scene, 1, 1);
    CU_ASSERT_EQUAL(retire_on(&scene, 1, "2026-11-20"), MC_RETIRE_HABIT_DAY_IN_PAST);
    CU_ASSERT_EQUAL(retire_on(&scene, 1, "2026-11-21"), 0);
    CU_ASSERT_EQUAL(date_cmp(habit_row(&scene, 1)->held, day_at("2026-11-22")), 0);
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
