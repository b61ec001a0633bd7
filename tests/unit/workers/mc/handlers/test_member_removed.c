#include "contracts/core.h"
#include "court.h"

static int removed(struct scene *scene)
{
    struct core_member_removed body = {.member = court_player};

    return scene_send(scene, &core_member_removed_message, &body);
}

void test_the_habits_of_who_was_removed_end_on_that_day(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct mc_retire_habits *command;

    court_init(&scene);
    scene.at = time_at("2026-11-22T23:30:00Z"); /* half past midnight in Oslo */
    CU_ASSERT_EQUAL(removed(&scene), 0);
    command = scene_emitted(&scene, &mc_retire_habits_message, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(command);
    CU_ASSERT_TRUE(uuid_equal(command->player.uuid, court_player.uuid));
    CU_ASSERT_EQUAL(date_cmp(command->day, day_at("2026-11-23")), 0);
}

void test_an_organization_that_is_unknown_has_no_habits(void)
{
    cleanup(scene_deinit) struct scene scene;

    scene_init(&scene, &worker_mc, &court_settings);
    CU_ASSERT_EQUAL(removed(&scene), 0);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &mc_retire_habits_message), 0);
}
