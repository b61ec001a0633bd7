#include "club.h"

static const int32_t player[] = {CORE_CHANGE_ROLES_ROLES_PLAYER};
static const int32_t coach_and_admin[] = {CORE_CHANGE_ROLES_ROLES_COACH,
                                          CORE_CHANGE_ROLES_ROLES_ORG_ADMIN};

static int change(struct scene *scene, struct user_id user, const int32_t *roles, size_t count)
{
    struct core_change_roles body = {.member = user, .roles = {.items = roles, .count = count}};

    return scene_send(scene, &core_change_roles_message, &body);
}

void test_roles_are_replaced(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct core_roles_changed *event;

    club_init(&scene);
    club_seed_member(&scene, club_member, ROLE_PLAYER);
    CU_ASSERT_EQUAL(change(&scene, club_member, coach_and_admin, 2), 0);
    CU_ASSERT_EQUAL(club_roles(&scene, club_member), ROLE_COACH | ROLE_ADMIN);
    CU_ASSERT_EQUAL(club_organization(&scene)->admins, 2);
    event = scene_emitted(&scene, &core_roles_changed_message, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(event);
    CU_ASSERT_EQUAL(event->roles.count, 2);
    CU_ASSERT_EQUAL(event->roles.items[0], CORE_ROLES_CHANGED_ROLES_COACH);
}

void test_the_last_admin_stays_one(void)
{
    cleanup(scene_deinit) struct scene scene;

    club_init(&scene);
    club_seed_member(&scene, club_member, ROLE_PLAYER);
    CU_ASSERT_EQUAL(change(&scene, club_admin, player, 1), CORE_CHANGE_ROLES_LAST_ADMIN);
    CU_ASSERT_EQUAL(club_roles(&scene, club_admin), ROLE_ADMIN);
    CU_ASSERT_EQUAL(change(&scene, club_member, coach_and_admin, 2), 0);
    CU_ASSERT_EQUAL(change(&scene, club_admin, player, 1), 0);
    CU_ASSERT_EQUAL(club_organization(&scene)->admins, 1);
    CU_ASSERT_EQUAL(change(&scene, club_member, player, 1), CORE_CHANGE_ROLES_LAST_ADMIN);
}

void test_the_last_admin_may_get_more_roles(void)
{
    cleanup(scene_deinit) struct scene scene;

    club_init(&scene);
    CU_ASSERT_EQUAL(change(&scene, club_admin, coach_and_admin, 2), 0);
    CU_ASSERT_EQUAL(club_roles(&scene, club_admin), ROLE_COACH | ROLE_ADMIN);
    CU_ASSERT_EQUAL(club_organization(&scene)->admins, 1);
}

void test_the_roles_that_a_member_has_are_no_news(void)
{
    cleanup(scene_deinit) struct scene scene;

    club_init(&scene);
    club_seed_member(&scene, club_member, ROLE_PLAYER);
    CU_ASSERT_EQUAL(change(&scene, club_member, player, 1), 0);
    CU_ASSERT_EQUAL(uow_changes(scene.uow), 0);
}

void test_who_is_no_member_has_no_roles_to_change(void)
{
    cleanup(scene_deinit) struct scene scene, nowhere;

    club_init(&scene);
    club_seed_member(&scene, club_member, 0);
    CU_ASSERT_EQUAL(change(&scene, club_member, player, 1), CORE_CHANGE_ROLES_UNKNOWN_MEMBER);
    CU_ASSERT_EQUAL(change(&scene, (struct user_id){uuid_of(9)}, player, 1),
                    CORE_CHANGE_ROLES_UNKNOWN_MEMBER);
    scene_init(&nowhere, &worker_core, NULL);
    CU_ASSERT_EQUAL(change(&nowhere, club_member, player, 1),
                    CORE_CHANGE_ROLES_UNKNOWN_ORGANIZATION);
}
