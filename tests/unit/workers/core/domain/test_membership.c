#include <CUnit/CUnit.h>

#include "../workers/core/domain/membership.h"
#include "support/scene.h"

void test_roles_of_a_list_are_bits_however_often_they_are_named(void)
{
    const int32_t all[] = {0, 1, 2}, admin[] = {2, 2};

    CU_ASSERT_EQUAL(roles_of(all, 3), ROLE_PLAYER | ROLE_COACH | ROLE_ADMIN);
    CU_ASSERT_EQUAL(roles_of(admin, 2), ROLE_ADMIN);
    CU_ASSERT_EQUAL(roles_of(NULL, 0), 0);
}

void test_who_is_no_member_has_no_roles(void)
{
    struct member member = {.roles = ROLE_COACH};

    CU_ASSERT_EQUAL(member_roles(&member), ROLE_COACH);
    CU_ASSERT_EQUAL(member_roles(NULL), 0);
}

void test_admins_are_counted_by_their_coming_and_going(void)
{
    CU_ASSERT_EQUAL(admins_added(0, ROLE_ADMIN), 1);
    CU_ASSERT_EQUAL(admins_added(ROLE_ADMIN | ROLE_COACH, ROLE_COACH), -1);
    CU_ASSERT_EQUAL(admins_added(ROLE_ADMIN, ROLE_ADMIN | ROLE_PLAYER), 0);
    CU_ASSERT_EQUAL(admins_added(ROLE_PLAYER, 0), 0);
}

void test_only_the_last_admin_is_missed(void)
{
    struct organization one = {.admins = 1}, two = {.admins = 2};

    CU_ASSERT_TRUE(admins_end(&one, ROLE_ADMIN, ROLE_PLAYER));
    CU_ASSERT_FALSE(admins_end(&two, ROLE_ADMIN, ROLE_PLAYER));
    CU_ASSERT_FALSE(admins_end(&one, ROLE_PLAYER, 0));
    CU_ASSERT_FALSE(admins_end(&one, ROLE_ADMIN, ROLE_ADMIN | ROLE_COACH));
}

void test_a_place_is_found_by_its_team(void)
{
    struct team_member a = {.key.team = {uuid_of(1)}}, b = {.key.team = {uuid_of(2)}};
    const struct team_member *rows[] = {&a, &b};
    struct team_member_rows places = {rows, 2};

    CU_ASSERT_PTR_EQUAL(places_find(places, (struct team_id){uuid_of(2)}), &b);
    CU_ASSERT_PTR_NULL(places_find(places, (struct team_id){uuid_of(3)}));
}
