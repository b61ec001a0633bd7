#include <errno.h>

#include "handlers/club.h"

static const struct team_id club_other_team = {{{[0 ... 15] = 0x66}}};

static void seed_published_member(struct scene *scene, uint8_t number, int32_t roles)
{
    scene_seed(scene, &published_member_entity,
               &(struct member){.key = {{uuid_of(number)}}, .roles = roles});
}

static void seed_place(struct scene *scene, uint8_t number, struct team_id team, int32_t roles)
{
    scene_seed(
        scene, &published_team_member_entity,
        &(struct team_member){.key = {.member = {uuid_of(number)}, .team = team}, .roles = roles});
}

void test_the_organization_is_told(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct core_organization_answer *organization;
    const void *answer = NULL;

    club_init(&scene);
    scene_seed(&scene, &published_organization_entity,
               &(struct organization){
                   .name = span_text("FK Fjord"), .zone = span_text("Europe/Oslo"), .kind = 1});
    CU_ASSERT_EQUAL_FATAL(
        scene_ask(&scene, &core_organization_message, &(struct core_organization){0}, &answer), 0);
    organization = answer;
    CU_ASSERT_TRUE(span_is(organization->name, "FK Fjord"));
    CU_ASSERT_TRUE(span_is(organization->zone, "Europe/Oslo"));
    CU_ASSERT_EQUAL(organization->kind, CORE_ORGANIZATION_ANSWER_KIND_INDIVIDUAL);
}

void test_without_an_organization_there_is_nothing_to_tell(void)
{
    cleanup(scene_deinit) struct scene scene;
    const void *answer = NULL;

    club_init(&scene);
    CU_ASSERT_EQUAL(
        scene_ask(&scene, &core_organization_message, &(struct core_organization){0}, &answer),
        -ENOENT);
}

void test_members_are_told_with_their_roles(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct core_members_answer *members;
    const void *answer = NULL;

    club_init(&scene);
    seed_published_member(&scene, 2, ROLE_PLAYER | ROLE_ADMIN);
    seed_published_member(&scene, 1, ROLE_COACH);
    CU_ASSERT_EQUAL_FATAL(
        scene_ask(&scene, &core_members_message, &(struct core_members){0}, &answer), 0);
    members = answer;
    CU_ASSERT_EQUAL_FATAL(members->items.count, 2);
    CU_ASSERT_EQUAL(members->items.items[0].member.uuid.bytes[0], 1);
    CU_ASSERT_EQUAL_FATAL(members->items.items[0].roles.count, 1);
    CU_ASSERT_EQUAL(members->items.items[0].roles.items[0], CORE_MEMBERS_ANSWER_ITEMS_ROLES_COACH);
    CU_ASSERT_EQUAL_FATAL(members->items.items[1].roles.count, 2);
    CU_ASSERT_EQUAL(members->items.items[1].roles.items[0], CORE_MEMBERS_ANSWER_ITEMS_ROLES_PLAYER);
    CU_ASSERT_EQUAL(members->items.items[1].roles.items[1],
                    CORE_MEMBERS_ANSWER_ITEMS_ROLES_ORG_ADMIN);
}

void test_members_come_page_by_page(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct core_members_answer *members;
    const void *answer = NULL;

    club_init(&scene);
    for (uint8_t number = 1; number <= 5; number++)
        seed_published_member(&scene, number, ROLE_PLAYER);
    scene.page = (struct page){.limit = 2, .from = uuid_of(2)};
    CU_ASSERT_EQUAL_FATAL(
        scene_ask(&scene, &core_members_message, &(struct core_members){0}, &answer), 0);
    members = answer;
    CU_ASSERT_EQUAL_FATAL(members->items.count, 2);
    CU_ASSERT_EQUAL(members->items.items[0].member.uuid.bytes[0], 2);
    CU_ASSERT_EQUAL(members->items.items[1].member.uuid.bytes[0], 3);
}

void test_teams_are_told_with_their_names(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct core_teams_answer *teams;
    const void *answer = NULL;

    club_init(&scene);
    scene_seed(&scene, &published_team_entity,
               &(struct team){.key = {club_team}, .name = span_text("Girls 2014")});
    CU_ASSERT_EQUAL_FATAL(scene_ask(&scene, &core_teams_message, &(struct core_teams){0}, &answer),
                          0);
    teams = answer;
    CU_ASSERT_EQUAL_FATAL(teams->items.count, 1);
    CU_ASSERT_TRUE(uuid_equal(teams->items.items[0].team.uuid, club_team.uuid));
    CU_ASSERT_TRUE(span_is(teams->items.items[0].name, "Girls 2014"));
}

void test_the_members_of_one_team_are_told(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct core_team_members_answer *members;
    const void *answer = NULL;

    club_init(&scene);
    scene_seed(&scene, &published_team_entity, &(struct team){.key = {club_team}});
    seed_place(&scene, 1, club_team, ROLE_PLAYER | ROLE_COACH);
    seed_place(&scene, 2, club_other_team, ROLE_PLAYER);
    CU_ASSERT_EQUAL_FATAL(scene_ask(&scene, &core_team_members_message,
                                    &(struct core_team_members){.team = club_team}, &answer),
                          0);
    members = answer;
    CU_ASSERT_EQUAL_FATAL(members->items.count, 1);
    CU_ASSERT_EQUAL(members->items.items[0].member.uuid.bytes[0], 1);
    CU_ASSERT_EQUAL(members->items.items[0].roles.count, 2);
}

void test_a_team_that_is_not_there_has_no_members(void)
{
    cleanup(scene_deinit) struct scene scene;
    const void *answer = NULL;

    club_init(&scene);
    CU_ASSERT_EQUAL(scene_ask(&scene, &core_team_members_message,
                              &(struct core_team_members){.team = club_team}, &answer),
                    -ENOENT);
}
