#include "club.h"

static int remove_user(struct scene *scene, struct user_id user)
{
    struct core_remove_member body = {.member = user};

    return scene_send(scene, &core_remove_member_message, &body);
}

static void seed_place(struct scene *scene, struct user_id user, uint8_t team, int32_t roles)
{
    scene_seed(scene, &team_member_entity,
               &(struct team_member){{user, {uuid_of(team)}}, .roles = roles});
}

void test_a_membership_ends_with_all_of_its_places(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct core_member_removed *event;

    club_init(&scene);
    club_seed_member(&scene, club_member, ROLE_PLAYER | ROLE_COACH);
    seed_place(&scene, club_member, 1, ROLE_PLAYER);
    seed_place(&scene, club_member, 2, ROLE_PLAYER | ROLE_COACH);
    seed_place(&scene, club_admin, 2, ROLE_COACH);
    CU_ASSERT_EQUAL(remove_user(&scene, club_member), 0);
    CU_ASSERT_EQUAL(club_roles(&scene, club_member), 0);
    CU_ASSERT_EQUAL(club_place(&scene, club_member, (struct team_id){uuid_of(1)})->roles, 0);
    CU_ASSERT_EQUAL(club_place(&scene, club_member, (struct team_id){uuid_of(2)})->roles, 0);
    CU_ASSERT_EQUAL(club_place(&scene, club_admin, (struct team_id){uuid_of(2)})->roles,
                    ROLE_COACH);
    event = scene_emitted(&scene, &core_member_removed_message, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(event);
    CU_ASSERT_TRUE(uuid_equal(event->member.uuid, club_member.uuid));
}

void test_the_last_admin_cannot_be_removed(void)
{
    cleanup(scene_deinit) struct scene scene;

    club_init(&scene);
    CU_ASSERT_EQUAL(remove_user(&scene, club_admin), CORE_REMOVE_MEMBER_LAST_ADMIN);
    CU_ASSERT_EQUAL(club_roles(&scene, club_admin), ROLE_ADMIN);
    CU_ASSERT_EQUAL(uow_changes(scene.uow), 0);
}

void test_one_of_two_admins_can_be_removed_but_not_both(void)
{
    cleanup(scene_deinit) struct scene scene;

    scene_init(&scene, &worker_core, NULL);
    scene_seed(&scene, &organization_entity, &(struct organization){.admins = 2});
    club_seed_member(&scene, club_admin, ROLE_ADMIN);
    club_seed_member(&scene, club_member, ROLE_ADMIN);
    CU_ASSERT_EQUAL(remove_user(&scene, club_admin), 0);
    CU_ASSERT_EQUAL(club_organization(&scene)->admins, 1);
    CU_ASSERT_EQUAL(remove_user(&scene, club_member), CORE_REMOVE_MEMBER_LAST_ADMIN);
}

void test_who_is_no_member_cannot_be_removed(void)
{
    cleanup(scene_deinit) struct scene scene, nowhere;

    club_init(&scene);
    club_seed_member(&scene, club_member, ROLE_PLAYER);
    CU_ASSERT_EQUAL(remove_user(&scene, club_member), 0);
    CU_ASSERT_EQUAL(remove_user(&scene, club_member), CORE_REMOVE_MEMBER_UNKNOWN_MEMBER);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &core_member_removed_message), 1);
    scene_init(&nowhere, &worker_core, NULL);
    CU_ASSERT_EQUAL(remove_user(&nowhere, club_member), CORE_REMOVE_MEMBER_UNKNOWN_ORGANIZATION);
}
