#include "court.h"

static int retire_all(struct scene *scene, const char *day)
{
    struct mc_retire_habits body = {.player = court_player, .day = day_at(day)};

    return scene_send(scene, &mc_retire_habits_message, &body);
}

void test_every_habit_that_still_runs_ends(void)
{
    cleanup(scene_deinit) struct scene scene;
    struct habit ended = {
        .key = {court_player, court_habit},
        .slot = 3,
        .weekdays = 127,
        .weight = 1,
        .from = day_at("2026-10-01"),
        .until = day_at("2026-10-31"),
        .held = day_at("2026-10-31"),
    };
    const struct habit *row;

    court_init(&scene);
    court_seed_habit(&scene, 1, 1);
    court_seed_habit(&scene, 2, 1);
    scene_seed(&scene, &habit_entity, &ended);
    CU_ASSERT_EQUAL(retire_all(&scene, "2026-11-22"), 0);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &mc_habit_retired_message), 2);
    row = court_habit_row(&scene, 2);
    CU_ASSERT_EQUAL(date_cmp(row->until, day_at("2026-11-22")), 0);
    row = scene_row(&scene, &habit_entity, &ended.key);
    CU_ASSERT_EQUAL(date_cmp(row->until, day_at("2026-10-31")), 0);
    CU_ASSERT_EQUAL(retire_all(&scene, "2026-11-22"), 0);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &mc_habit_retired_message), 2);
}

void test_a_day_of_the_past_holds_the_slots_until_today(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct habit *row;

    court_init(&scene);
    court_seed_habit(&scene, 1, 1);
    CU_ASSERT_EQUAL(retire_all(&scene, "2026-11-10"), 0);
    row = court_habit_row(&scene, 1);
    CU_ASSERT_EQUAL(date_cmp(row->until, day_at("2026-11-10")), 0);
    CU_ASSERT_EQUAL(date_cmp(row->held, day_at("2026-11-22")), 0);
}

void test_who_is_retired_late_keeps_the_days_that_are_closed(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct habit *row;

    court_init(&scene);
    court_seed_player(&scene, "2026-11-24");
    court_seed_habit(&scene, 1, 1);
    CU_ASSERT_EQUAL(retire_all(&scene, "2026-11-22"), 0);
    row = court_habit_row(&scene, 1);
    CU_ASSERT_EQUAL(date_cmp(row->until, day_at("2026-11-24")), 0);
    CU_ASSERT_EQUAL(date_cmp(row->held, day_at("2026-11-25")), 0);
}

static void seed_defined(struct scene *scene, uint8_t number, const char *at)
{
    scene_seed(scene, &habit_entity,
               &(struct habit){
                   .key = {court_player, {uuid_of(number)}},
                   .slot = number,
                   .weekdays = 127,
                   .weight = 1,
                   .from = day_at("2026-11-22"),
                   .until = {DATE_NONE},
                   .held = {DATE_NONE},
                   .defined_at = time_at(at),
               });
}

static bool runs(struct scene *scene, uint8_t number)
{
    return court_habit_row(scene, number)->until.days == DATE_NONE;
}

/* The membership ended at noon, and began anew before that came here. */
void test_who_came_back_keeps_the_habits_that_were_defined_since(void)
{
    cleanup(scene_deinit) struct scene scene;

    court_init(&scene);
    seed_defined(&scene, 1, "2026-11-22T11:59:59Z");
    seed_defined(&scene, 2, "2026-11-22T12:00:00Z");
    seed_defined(&scene, 3, "2026-11-22T12:00:01Z");
    CU_ASSERT_EQUAL(retire_all(&scene, "2026-11-22"), 0);
    CU_ASSERT_FALSE(runs(&scene, 1));
    CU_ASSERT_FALSE(runs(&scene, 2));
    CU_ASSERT_TRUE(runs(&scene, 3));
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &mc_habit_retired_message), 2);
}

/* It was defined while the removal was on its way. */
void test_who_is_no_player_any_more_keeps_no_habit(void)
{
    cleanup(scene_deinit) struct scene scene, gone;

    court_init(&scene);
    scene_seed(&scene, &member_entity,
               &(struct member){.key = {court_player}, .roles = ROLE_COACH});
    seed_defined(&scene, 3, "2026-11-22T12:00:01Z");
    CU_ASSERT_EQUAL(retire_all(&scene, "2026-11-22"), 0);
    CU_ASSERT_FALSE(runs(&scene, 3));

    scene_init(&gone, &worker_mc, &court_settings);
    scene_seed(&gone, &organization_entity,
               &(struct organization){.zone = span_text("Europe/Oslo")});
    seed_defined(&gone, 3, "2026-11-22T12:00:01Z");
    CU_ASSERT_EQUAL(retire_all(&gone, "2026-11-22"), 0);
    CU_ASSERT_FALSE(runs(&gone, 3));
}

void test_who_has_no_habits_has_nothing_to_end(void)
{
    cleanup(scene_deinit) struct scene scene, nowhere;

    court_init(&scene);
    CU_ASSERT_EQUAL(retire_all(&scene, "2026-11-22"), 0);
    scene_init(&nowhere, &worker_mc, &court_settings);
    CU_ASSERT_EQUAL(retire_all(&nowhere, "2026-11-22"), 0);
    CU_ASSERT_EQUAL(uow_changes(scene.uow) + uow_changes(nowhere.uow), 0);
}
