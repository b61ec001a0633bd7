#include "court.h"

static int close_on(struct scene *scene, const char *day)
{
    struct mc_close_day body = {.player = court_player, .day = day_at(day)};

    return scene_send(scene, &mc_close_day_message, &body);
}

static bool closed_through(struct scene *scene, const char *day)
{
    const struct player *player =
        scene_row(scene, &player_entity, &(struct player_key){court_player});

    return date_cmp(player->closed_through, day_at(day)) == 0;
}

void test_a_day_is_closed_with_its_score(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct mc_day_closed *event;

    court_init(&scene);
    court_seed_player(&scene, "2026-11-20");
    court_seed_habit(&scene, 1, 3);
    court_seed_habit(&scene, 2, 5);
    scene_seed(&scene, &day_entity,
               &(struct day){.key = {court_player, day_at("2026-11-21")},
                             .said = 1 << 2,
                             .done = 1 << 2,
                             .weight_done = 5,
                             .weight_due = 8});
    CU_ASSERT_EQUAL(close_on(&scene, "2026-11-21"), 0);
    event = scene_emitted(&scene, &mc_day_closed_message, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(event);
    CU_ASSERT_EQUAL(event->score, 63); /* 62.5 */
    CU_ASSERT_EQUAL(event->weight_done, 5);
    CU_ASSERT_EQUAL(event->weight_due, 8);
    CU_ASSERT_TRUE(court_day(&scene, "2026-11-21")->closed);
    CU_ASSERT_EQUAL(court_day(&scene, "2026-11-21")->done, 1 << 2);
    CU_ASSERT_TRUE(closed_through(&scene, "2026-11-21"));
}

void test_a_day_on_which_nothing_was_said_is_closed_with_nothing_done(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct mc_day_closed *event;

    court_init(&scene);
    court_seed_player(&scene, "2026-11-20");
    court_seed_habit(&scene, 1, 3);
    CU_ASSERT_EQUAL(close_on(&scene, "2026-11-21"), 0);
    event = scene_emitted(&scene, &mc_day_closed_message, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(event);
    CU_ASSERT_EQUAL(event->score, 0);
    CU_ASSERT_EQUAL(event->weight_due, 3);
    CU_ASSERT_EQUAL(court_day(&scene, "2026-11-21")->weight_due, 3);
}

void test_a_day_without_anything_due_is_passed_in_silence(void)
{
    cleanup(scene_deinit) struct scene scene;

    court_init(&scene);
    court_seed_player(&scene, "2026-10-20");
    court_seed_habit(&scene, 1, 3);
    CU_ASSERT_EQUAL(close_on(&scene, "2026-10-21"), 0);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &mc_day_closed_message), 0);
    CU_ASSERT_PTR_NULL(court_day(&scene, "2026-10-21"));
    CU_ASSERT_TRUE(closed_through(&scene, "2026-10-21"));
}

void test_a_day_is_closed_once(void)
{
    cleanup(scene_deinit) struct scene scene;

    court_init(&scene);
    court_seed_player(&scene, "2026-11-20");
    court_seed_habit(&scene, 1, 3);
    CU_ASSERT_EQUAL(close_on(&scene, "2026-11-21"), 0);
    CU_ASSERT_EQUAL(close_on(&scene, "2026-11-21"), 0);
    CU_ASSERT_EQUAL(close_on(&scene, "2026-11-19"), 0);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &mc_day_closed_message), 1);
    CU_ASSERT_TRUE(closed_through(&scene, "2026-11-21"));
}

void test_no_day_is_left_out(void)
{
    cleanup(scene_deinit) struct scene scene;

    court_init(&scene);
    court_seed_player(&scene, "2026-11-18");
    court_seed_habit(&scene, 1, 3);
    CU_ASSERT_EQUAL(close_on(&scene, "2026-11-20"), MC_CLOSE_DAY_NOT_NEXT_DAY);
    CU_ASSERT_EQUAL(close_on(&scene, "2026-11-19"), 0);
    CU_ASSERT_EQUAL(close_on(&scene, "2026-11-20"), 0);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &mc_day_closed_message), 2);
}

void test_who_never_had_a_habit_has_no_days_to_close(void)
{
    cleanup(scene_deinit) struct scene scene;

    court_init(&scene);
    CU_ASSERT_EQUAL(close_on(&scene, "2026-11-21"), MC_CLOSE_DAY_UNKNOWN_PLAYER);
}
