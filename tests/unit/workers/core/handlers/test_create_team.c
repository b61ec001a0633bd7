#include "club.h"

static int create(struct scene *scene, const char *name)
{
    struct core_create_team body = {.team = club_team, .name = span_text(name)};

    return scene_send(scene, &core_create_team_message, &body);
}

void test_a_team_is_made_without_members(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct team *team;

    club_init(&scene);
    CU_ASSERT_EQUAL(create(&scene, "Girls 2014"), 0);
    team = scene_row(&scene, &team_entity, &(struct team_key){club_team});
    CU_ASSERT_PTR_NOT_NULL_FATAL(team);
    CU_ASSERT_TRUE(span_is(team->name, "Girls 2014"));
    CU_ASSERT_EQUAL(team->members, 0);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &core_team_created_message), 1);
}

void test_the_same_team_again_is_no_news_and_another_name_is_refused(void)
{
    cleanup(scene_deinit) struct scene scene;

    club_init(&scene);
    CU_ASSERT_EQUAL(create(&scene, "Girls 2014"), 0);
    CU_ASSERT_EQUAL(create(&scene, "Girls 2014"), 0);
    CU_ASSERT_EQUAL(create(&scene, "Boys 2014"), CORE_CREATE_TEAM_TEAM_EXISTS);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &core_team_created_message), 1);
}

void test_without_an_organization_there_are_no_teams(void)
{
    cleanup(scene_deinit) struct scene scene;

    scene_init(&scene, &worker_core, NULL);
    CU_ASSERT_EQUAL(create(&scene, "Girls 2014"), CORE_CREATE_TEAM_UNKNOWN_ORGANIZATION);
}
