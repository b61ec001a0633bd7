#include "court.h"

static int check(struct scene *scene, uint8_t habit, const char *day, bool done)
{
    struct mc_record_check body = {
        .player = court_player,
        .habit = {uuid_of(habit)},
        .day = day_at(day),
        .done = done,
    };

    return scene_send(scene, &mc_record_check_message, &body);
}

static const struct mc_check_recorded *recorded(struct scene *scene, size_t n)
{
    return scene_emitted(scene, &mc_check_recorded_message, n);
}

void test_a_check_marks_its_day_and_tells_the_score(void)
{
    cleanup(scene_deinit) struct scene scene;

    court_init(&scene);
    court_seed_habit(&scene, 1, 1);
    court_seed_habit(&scene, 2, 2);
    CU_ASSERT_EQUAL(check(&scene, 2, "2026-11-22", true), 0);
    CU_ASSERT_EQUAL(court_day(&scene, "2026-11-22")->done, 1 << 2);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &mc_check_recorded_message), 1);
    CU_ASSERT_EQUAL(recorded(&scene, 0)->score, 67);
    CU_ASSERT_EQUAL(recorded(&scene, 0)->weight_done, 2);
    CU_ASSERT_EQUAL(recorded(&scene, 0)->weight_due, 3);
    CU_ASSERT_TRUE(recorded(&scene, 0)->done);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &mc_day_rescored_message), 0);
}

void test_each_check_sees_the_ones_before_it(void)
{
    cleanup(scene_deinit) struct scene scene;

    court_init(&scene);
    court_seed_habit(&scene, 1, 1);
    court_seed_habit(&scene, 2, 2);
    CU_ASSERT_EQUAL(check(&scene, 1, "2026-11-22", true), 0);
    CU_ASSERT_EQUAL(check(&scene, 2, "2026-11-22", true), 0);
    CU_ASSERT_EQUAL(check(&scene, 1, "2026-11-22", false), 0);
    CU_ASSERT_EQUAL(recorded(&scene, 0)->score, 33);
    CU_ASSERT_EQUAL(recorded(&scene, 1)->score, 100);
    CU_ASSERT_EQUAL(recorded(&scene, 2)->score, 67);
    CU_ASSERT_EQUAL(court_day(&scene, "2026-11-22")->weight_done, 2);
}

void test_saying_the_same_again_tells_nothing(void)
{
    cleanup(scene_deinit) struct scene scene;

    court_init(&scene);
    court_seed_habit(&scene, 1, 1);
    CU_ASSERT_EQUAL(check(&scene, 1, "2026-11-22", false), 0);
    CU_ASSERT_EQUAL(check(&scene, 1, "2026-11-22", false), 0);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &mc_check_recorded_message), 1);
    CU_ASSERT_EQUAL(recorded(&scene, 0)->score, 0);
    CU_ASSERT_FALSE(recorded(&scene, 0)->done);
}

void test_a_late_check_of_a_closed_day_rescores_it(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct mc_day_rescored *rescored;

    court_init(&scene);
    court_seed_habit(&scene, 1, 1);
    court_seed_habit(&scene, 2, 2);
    scene_seed(&scene, &day_entity,
               &(struct day){.key = {court_player, day_at("2026-11-20")},
                             .said = 1 << 1,
                             .done = 1 << 1,
                             .weight_done = 1,
                             .weight_due = 3,
                             .closed = true});
    CU_ASSERT_EQUAL(check(&scene, 2, "2026-11-20", true), 0);
    CU_ASSERT_EQUAL(recorded(&scene, 0)->score, 100);
    rescored = scene_emitted(&scene, &mc_day_rescored_message, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rescored);
    CU_ASSERT_EQUAL(rescored->score, 100);
    CU_ASSERT_EQUAL(rescored->weight_done, 3);
    CU_ASSERT_TRUE(court_day(&scene, "2026-11-20")->closed);
    CU_ASSERT_EQUAL(check(&scene, 2, "2026-11-20", true), 0);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &mc_day_rescored_message), 1);
}

void test_a_check_of_an_unknown_habit_is_rejected(void)
{
    cleanup(scene_deinit) struct scene scene;

    court_init(&scene);
    court_seed_habit(&scene, 1, 1);
    CU_ASSERT_EQUAL(check(&scene, 9, "2026-11-22", true), MC_RECORD_CHECK_UNKNOWN_HABIT);
    CU_ASSERT_EQUAL(uow_changes(scene.uow), 0);
}

void test_tomorrow_is_decided_where_the_organization_is(void)
{
    cleanup(scene_deinit) struct scene scene;

    court_init(&scene);
    court_seed_habit(&scene, 1, 1);
    scene.at = time_at("2026-11-22T22:59:59Z");
    CU_ASSERT_EQUAL(check(&scene, 1, "2026-11-23", true), MC_RECORD_CHECK_DAY_IN_FUTURE);
    scene.at = time_at("2026-11-22T23:00:00Z");
    CU_ASSERT_EQUAL(check(&scene, 1, "2026-11-23", true), 0);
}

void test_a_check_is_taken_for_fourteen_days_and_no_longer(void)
{
    cleanup(scene_deinit) struct scene scene;

    court_init(&scene);
    court_seed_habit(&scene, 1, 1);
    CU_ASSERT_EQUAL(check(&scene, 1, "2026-11-08", true), 0);
    CU_ASSERT_EQUAL(check(&scene, 1, "2026-11-07", true), MC_RECORD_CHECK_DAY_TOO_OLD);
    scene.settings = &(struct mc_settings){.late_days = 15};
    CU_ASSERT_EQUAL(check(&scene, 1, "2026-11-07", true), 0);
}

void test_a_habit_that_is_not_due_cannot_be_checked(void)
{
    cleanup(scene_deinit) struct scene scene;
    struct habit ended = {
        .key = {court_player, court_habit},
        .weekdays = 127,
        .weight = 1,
        .from = day_at("2026-11-15"),
        .until = day_at("2026-11-20"),
    };

    court_init(&scene);
    scene_seed(&scene, &habit_entity, &ended);
    CU_ASSERT_EQUAL(check(&scene, HABIT, "2026-11-21", true), MC_RECORD_CHECK_HABIT_NOT_DUE);
    CU_ASSERT_EQUAL(check(&scene, HABIT, "2026-11-14", true), MC_RECORD_CHECK_HABIT_NOT_DUE);
    CU_ASSERT_EQUAL(check(&scene, HABIT, "2026-11-20", true), 0);
}

void test_without_an_organization_nothing_is_checked(void)
{
    cleanup(scene_deinit) struct scene scene;

    scene_init(&scene, &worker_mc, &court_settings);
    court_seed_habit(&scene, 1, 1);
    CU_ASSERT_EQUAL(check(&scene, 1, "2026-11-22", true), MC_RECORD_CHECK_UNKNOWN_ORGANIZATION);
}
