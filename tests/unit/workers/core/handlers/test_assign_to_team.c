#include "club.h"

static void seed_team(struct scene *scene, int32_t members)
{
    scene_seed(scene, &team_entity,
               &(struct team){{club_team}, .name = span_text("Girls 2014"), .members = members});
}

static int assign(struct scene *scene, struct team_id team, int32_t as)
{
    struct core_assign_to_team body = {.team = team, .member = club_member, .as = as};

    return scene_send(scene, &core_assign_to_team_message, &body);
}

static int32_t team_members(struct scene *scene)
{
    const struct team *team = scene_row(scene, &team_entity, &(struct team_key){club_team});

    return team->members;
}

void test_a_member_gets_a_place_and_the_team_counts_it(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct core_team_assigned *event;

    club_init(&scene);
    seed_team(&scene, 3);
    club_seed_member(&scene, club_member, ROLE_COACH);
    CU_ASSERT_EQUAL(assign(&scene, club_team, CORE_ASSIGN_TO_TEAM_AS_COACH), 0);
    CU_ASSERT_EQUAL(club_place(&scene, club_member, club_team)->roles, ROLE_COACH);
    CU_ASSERT_EQUAL(team_members(&scene), 4);
    event = scene_emitted(&scene, &core_team_assigned_message, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(event);
    CU_ASSERT_EQUAL(event->as, CORE_TEAM_ASSIGNED_AS_COACH);
}

void test_a_second_role_is_the_same_place(void)
{
    cleanup(scene_deinit) struct scene scene;

    club_init(&scene);
    seed_team(&scene, 0);
    club_seed_member(&scene, club_member, ROLE_COACH | ROLE_PLAYER);
    CU_ASSERT_EQUAL(assign(&scene, club_team, CORE_ASSIGN_TO_TEAM_AS_COACH), 0);
    CU_ASSERT_EQUAL(assign(&scene, club_team, CORE_ASSIGN_TO_TEAM_AS_PLAYER), 0);
    CU_ASSERT_EQUAL(club_place(&scene, club_member, club_team)->roles, ROLE_COACH | ROLE_PLAYER);
    CU_ASSERT_EQUAL(team_members(&scene), 1);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &core_team_assigned_message), 2);
}

void test_the_same_place_again_is_no_news(void)
{
    cleanup(scene_deinit) struct scene scene;

    club_init(&scene);
    seed_team(&scene, 0);
    club_seed_member(&scene, club_member, ROLE_PLAYER);
    CU_ASSERT_EQUAL(assign(&scene, club_team, CORE_ASSIGN_TO_TEAM_AS_PLAYER), 0);
    CU_ASSERT_EQUAL(assign(&scene, club_team, CORE_ASSIGN_TO_TEAM_AS_PLAYER), 0);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &core_team_assigned_message), 1);
}

void test_a_place_that_ended_is_given_again_without_a_new_row(void)
{
    cleanup(scene_deinit) struct scene scene;

    club_init(&scene);
    seed_team(&scene, TEAM_MEMBERS);
    club_seed_member(&scene, club_member, ROLE_PLAYER);
    scene_seed(&scene, &team_member_entity, &(struct team_member){.key = {club_member, club_team}});
    CU_ASSERT_EQUAL(assign(&scene, club_team, CORE_ASSIGN_TO_TEAM_AS_PLAYER), 0);
    CU_ASSERT_EQUAL(club_place(&scene, club_member, club_team)->roles, ROLE_PLAYER);
    CU_ASSERT_EQUAL(team_members(&scene), TEAM_MEMBERS);
}

void test_a_place_needs_a_team_a_member_and_the_role(void)
{
    cleanup(scene_deinit) struct scene scene;

    club_init(&scene);
    seed_team(&scene, 0);
    CU_ASSERT_EQUAL(assign(&scene, (struct team_id){uuid_of(9)}, CORE_ASSIGN_TO_TEAM_AS_PLAYER),
                    CORE_ASSIGN_TO_TEAM_UNKNOWN_TEAM);
    CU_ASSERT_EQUAL(assign(&scene, club_team, CORE_ASSIGN_TO_TEAM_AS_PLAYER),
                    CORE_ASSIGN_TO_TEAM_UNKNOWN_MEMBER);
    club_seed_member(&scene, club_member, ROLE_PLAYER | ROLE_ADMIN);
    CU_ASSERT_EQUAL(assign(&scene, club_team, CORE_ASSIGN_TO_TEAM_AS_COACH),
                    CORE_ASSIGN_TO_TEAM_ROLE_MISSING);
    CU_ASSERT_EQUAL(uow_changes(scene.uow), 0);
}

void test_teams_and_members_have_bounds(void)
{
    cleanup(scene_deinit) struct scene full, busy;

    club_init(&full);
    seed_team(&full, TEAM_MEMBERS);
    club_seed_member(&full, club_member, ROLE_PLAYER);
    CU_ASSERT_EQUAL(assign(&full, club_team, CORE_ASSIGN_TO_TEAM_AS_PLAYER),
                    CORE_ASSIGN_TO_TEAM_TEAM_FULL);

    club_init(&busy);
    seed_team(&busy, 0);
    club_seed_member(&busy, club_member, ROLE_PLAYER);
    for (uint8_t i = 0; i < MEMBER_TEAMS - 1; i++)
        scene_seed(&busy, &team_member_entity,
                   &(struct team_member){.key = {club_member, {uuid_of((uint8_t)(0x80 + i))}}});
    CU_ASSERT_EQUAL(assign(&busy, club_team, CORE_ASSIGN_TO_TEAM_AS_PLAYER), 0);
    scene_seed(&busy, &team_entity, &(struct team){.key = {{uuid_of(1)}}});
    CU_ASSERT_EQUAL(assign(&busy, (struct team_id){uuid_of(1)}, CORE_ASSIGN_TO_TEAM_AS_PLAYER),
                    CORE_ASSIGN_TO_TEAM_TOO_MANY_TEAMS);
}
