#include <CUnit/CUnit.h>
#include <errno.h>

#include "../workers/mc/domain/organization.h"
#include "support/scene.h"

static int date_in(const char *zone, const char *at, struct date *ret_date)
{
    struct organization organization = {.zone = span_text(zone)};

    return organization_date(&organization, time_at(at), ret_date);
}

void test_today_is_the_organizations(void)
{
    struct date date;

    CU_ASSERT_EQUAL(date_in("Europe/Oslo", "2026-11-22T22:59:59Z", &date), 0);
    CU_ASSERT_EQUAL(date_cmp(date, day_at("2026-11-22")), 0);
    CU_ASSERT_EQUAL(date_in("Europe/Oslo", "2026-11-22T23:00:00Z", &date), 0);
    CU_ASSERT_EQUAL(date_cmp(date, day_at("2026-11-23")), 0);
    CU_ASSERT_EQUAL(date_in("Pacific/Auckland", "2026-11-22T11:00:00Z", &date), 0);
    CU_ASSERT_EQUAL(date_cmp(date, day_at("2026-11-23")), 0);
}

void test_a_zone_that_this_system_does_not_know_is_a_fault(void)
{
    struct date date;

    CU_ASSERT_EQUAL(date_in("Europe/Atlantis", "2026-11-22T12:00:00Z", &date), -EINVAL);
}

void test_a_role_is_one_of_the_members(void)
{
    struct member member = {.roles = ROLE_PLAYER | ROLE_ADMIN};

    CU_ASSERT_TRUE(member_is(&member, ROLE_PLAYER));
    CU_ASSERT_FALSE(member_is(&member, ROLE_COACH));
    CU_ASSERT_FALSE(member_is(NULL, ROLE_PLAYER));
}

void test_a_place_in_a_team_is_in_a_role(void)
{
    struct team_member coach = {.key.member = {uuid_of(1)}, .roles = ROLE_COACH};
    struct team_member player = {.key.member = {uuid_of(2)}, .roles = ROLE_PLAYER};
    const struct team_member *rows[] = {&coach, &player};
    struct team_member_rows team = {rows, 2};

    CU_ASSERT_TRUE(team_has(team, coach.key.member, ROLE_COACH));
    CU_ASSERT_FALSE(team_has(team, player.key.member, ROLE_COACH));
    CU_ASSERT_FALSE(team_has(team, (struct user_id){uuid_of(3)}, ROLE_COACH));
}
