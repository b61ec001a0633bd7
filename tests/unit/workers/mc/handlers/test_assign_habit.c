#include "court.h"

static const int32_t monday[] = {MC_ASSIGN_HABIT_WEEKDAYS_MONDAY};

static void seed_place(struct scene *scene, uint8_t member, int32_t roles)
{
    scene_seed(scene, &team_member_entity,
               &(struct team_member){{{uuid_of(TEAM)}, {uuid_of(member)}}, .roles = roles});
}

/* A coach sends; the team has the coach, two players, and somebody who is both. */
static void team_init(struct scene *scene)
{
    court_init(scene);
    scene->actor.user.uuid = uuid_of(COACH);
    scene_seed(scene, &member_entity, &(struct member){{{uuid_of(COACH)}}, .roles = ROLE_COACH});
    scene_seed(scene, &team_entity, &(struct team){{{uuid_of(TEAM)}}});
    seed_place(scene, COACH, ROLE_COACH);
    seed_place(scene, 1, ROLE_PLAYER);
    seed_place(scene, 2, ROLE_PLAYER);
    seed_place(scene, 3, ROLE_PLAYER | ROLE_COACH);
}

static struct mc_assign_habit wanted(void)
{
    return (struct mc_assign_habit){
        .team = {uuid_of(TEAM)},
        .habit = court_habit,
        .title = span_text("Stretch"),
        .weekdays = {.items = monday, .count = 1},
        .weight = 2,
        .from = day_at("2026-11-23"),
        .has_until = true,
        .until = day_at("2026-12-23"),
    };
}

static int assign(struct scene *scene, struct mc_assign_habit body)
{
    return scene_send(scene, &mc_assign_habit_message, &body);
}

void test_every_player_of_the_team_gets_a_command(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct mc_habit_assigned *event;

    team_init(&scene);
    CU_ASSERT_EQUAL(assign(&scene, wanted()), 0);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &mc_define_habit_message), 3);
    for (uint8_t i = 0; i < 3; i++) {
        const struct mc_define_habit *body = scene_emitted(&scene, &mc_define_habit_message, i);

        CU_ASSERT_TRUE(uuid_equal(body->player.uuid, uuid_of((uint8_t)(i + 1))));
        CU_ASSERT_TRUE(uuid_equal(body->habit.uuid, court_habit.uuid));
        CU_ASSERT_TRUE(span_is(body->title, "Stretch"));
        CU_ASSERT_EQUAL(body->weekdays.count, 1);
        CU_ASSERT_EQUAL(body->weight, 2);
        CU_ASSERT_EQUAL(date_cmp(body->from, day_at("2026-11-23")), 0);
        CU_ASSERT_TRUE(body->has_until);
        CU_ASSERT_EQUAL(date_cmp(body->until, day_at("2026-12-23")), 0);
    }
    event = scene_emitted(&scene, &mc_habit_assigned_message, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(event);
    CU_ASSERT_EQUAL(event->players, 3);
}

void test_a_coach_of_another_team_may_not_assign(void)
{
    cleanup(scene_deinit) struct scene scene;

    team_init(&scene);
    scene.actor.user.uuid = uuid_of(0xcd);
    scene_seed(&scene, &member_entity, &(struct member){{{uuid_of(0xcd)}}, .roles = ROLE_COACH});
    CU_ASSERT_EQUAL(assign(&scene, wanted()), MC_ASSIGN_HABIT_NOT_YOUR_TEAM);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &mc_define_habit_message), 0);
}

void test_a_player_of_the_team_is_no_coach_of_it(void)
{
    cleanup(scene_deinit) struct scene scene;

    team_init(&scene);
    scene.actor.user.uuid = uuid_of(1);
    scene_seed(&scene, &member_entity, &(struct member){{{uuid_of(1)}}, .roles = ROLE_PLAYER});
    CU_ASSERT_EQUAL(assign(&scene, wanted()), MC_ASSIGN_HABIT_NOT_YOUR_TEAM);
}

void test_an_admin_and_a_producer_may_assign_to_any_team(void)
{
    cleanup(scene_deinit) struct scene admin, producer;

    team_init(&admin);
    admin.actor.user.uuid = uuid_of(0xad);
    scene_seed(&admin, &member_entity, &(struct member){{{uuid_of(0xad)}}, .roles = ROLE_ADMIN});
    CU_ASSERT_EQUAL(assign(&admin, wanted()), 0);

    team_init(&producer);
    producer.actor = (struct actor){.kind = ACTOR_PRODUCER, .text = span_text("producer:watch")};
    CU_ASSERT_EQUAL(assign(&producer, wanted()), 0);
}

void test_an_unknown_team_is_rejected(void)
{
    cleanup(scene_deinit) struct scene scene;
    struct mc_assign_habit body = wanted();

    team_init(&scene);
    body.team.uuid = uuid_of(0x56);
    CU_ASSERT_EQUAL(assign(&scene, body), MC_ASSIGN_HABIT_UNKNOWN_TEAM);
}

void test_a_period_that_no_player_could_have_is_rejected_at_once(void)
{
    cleanup(scene_deinit) struct scene scene;
    struct mc_assign_habit body = wanted();

    team_init(&scene);
    body.until = day_at("2026-11-22");
    CU_ASSERT_EQUAL(assign(&scene, body), MC_ASSIGN_HABIT_UNTIL_BEFORE_FROM);
    body.from = day_at("2026-11-07");
    CU_ASSERT_EQUAL(assign(&scene, body), MC_ASSIGN_HABIT_FROM_TOO_OLD);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &mc_define_habit_message), 0);
}

void test_a_team_without_players_is_told_as_such(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct mc_habit_assigned *event;

    court_init(&scene);
    scene.actor = (struct actor){.kind = ACTOR_SYSTEM, .text = span_text("system:mc")};
    scene_seed(&scene, &team_entity, &(struct team){{{uuid_of(TEAM)}}});
    CU_ASSERT_EQUAL(assign(&scene, wanted()), 0);
    event = scene_emitted(&scene, &mc_habit_assigned_message, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(event);
    CU_ASSERT_EQUAL(event->players, 0);
}
