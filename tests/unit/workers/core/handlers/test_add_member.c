#include "club.h"

static const int32_t player_and_coach[] = {CORE_ADD_MEMBER_ROLES_PLAYER,
                                           CORE_ADD_MEMBER_ROLES_COACH};
static const int32_t org_admin[] = {CORE_ADD_MEMBER_ROLES_ORG_ADMIN};

static int add(struct scene *scene, const int32_t *roles, size_t count)
{
    struct core_add_member body = {.member = club_member,
                                   .roles = {.items = roles, .count = count}};

    return scene_send(scene, &core_add_member_message, &body);
}

void test_a_user_becomes_a_member_with_roles(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct core_member_added *event;

    club_init(&scene);
    CU_ASSERT_EQUAL(add(&scene, player_and_coach, 2), 0);
    CU_ASSERT_EQUAL(club_roles(&scene, club_member), ROLE_PLAYER | ROLE_COACH);
    CU_ASSERT_EQUAL(club_organization(&scene)->admins, 1);
    event = scene_emitted(&scene, &core_member_added_message, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(event);
    CU_ASSERT_TRUE(uuid_equal(event->member.uuid, club_member.uuid));
    CU_ASSERT_EQUAL(event->roles.count, 2);
}

void test_a_second_admin_is_counted(void)
{
    cleanup(scene_deinit) struct scene scene;

    club_init(&scene);
    CU_ASSERT_EQUAL(add(&scene, org_admin, 1), 0);
    CU_ASSERT_EQUAL(club_organization(&scene)->admins, 2);
}

void test_nobody_becomes_a_member_twice(void)
{
    cleanup(scene_deinit) struct scene scene;

    club_init(&scene);
    CU_ASSERT_EQUAL(add(&scene, player_and_coach, 2), 0);
    CU_ASSERT_EQUAL(add(&scene, org_admin, 1), CORE_ADD_MEMBER_ALREADY_MEMBER);
    CU_ASSERT_EQUAL(club_roles(&scene, club_member), ROLE_PLAYER | ROLE_COACH);
}

void test_a_member_of_old_can_come_back(void)
{
    cleanup(scene_deinit) struct scene scene;

    club_init(&scene);
    club_seed_member(&scene, club_member, 0);
    CU_ASSERT_EQUAL(add(&scene, player_and_coach, 1), 0);
    CU_ASSERT_EQUAL(club_roles(&scene, club_member), ROLE_PLAYER);
}

void test_without_an_organization_there_are_no_members(void)
{
    cleanup(scene_deinit) struct scene scene;

    scene_init(&scene, &worker_core, NULL);
    CU_ASSERT_EQUAL(add(&scene, org_admin, 1), CORE_ADD_MEMBER_UNKNOWN_ORGANIZATION);
}
