#include "court.h"

static const int32_t monday_and_sunday[] = {MC_DEFINE_HABIT_WEEKDAYS_MONDAY,
                                            MC_DEFINE_HABIT_WEEKDAYS_SUNDAY};

static struct mc_define_habit wanted(void)
{
    return (struct mc_define_habit){
        .player = court_player,
        .habit = court_habit,
        .title = span_text("Juggle"),
        .weekdays = {.items = monday_and_sunday, .count = 2},
        .weight = 4,
        .from = day_at("2026-11-20"),
    };
}

static int define(struct scene *scene, struct mc_define_habit body)
{
    return scene_send(scene, &mc_define_habit_message, &body);
}

static const struct habit *habit_row(struct scene *scene, struct habit_id habit)
{
    return scene_row(scene, &habit_entity, &(struct habit_key){court_player, habit});
}

static const struct player *player_row(struct scene *scene)
{
    return scene_row(scene, &player_entity, &(struct player_key){court_player});
}

void test_a_habit_is_kept_as_it_was_described(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct mc_habit_defined *event;
    const struct habit *habit;

    court_init(&scene);
    CU_ASSERT_EQUAL(define(&scene, wanted()), 0);
    habit = habit_row(&scene, court_habit);
    CU_ASSERT_PTR_NOT_NULL_FATAL(habit);
    CU_ASSERT_EQUAL(habit->slot, 0);
    CU_ASSERT_TRUE(span_is(habit->title, "Juggle"));
    CU_ASSERT_EQUAL(habit->weekdays, 1 + 64);
    CU_ASSERT_EQUAL(habit->weight, 4);
    CU_ASSERT_EQUAL(habit->until.days, DATE_NONE);
    CU_ASSERT_EQUAL(habit->held.days, DATE_NONE);
    CU_ASSERT_EQUAL(habit->defined_at.us, scene.at.us);
    event = scene_emitted(&scene, &mc_habit_defined_message, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(event);
    CU_ASSERT_EQUAL(event->weight, 4);
    CU_ASSERT_EQUAL(event->weekdays.count, 2);
    CU_ASSERT_FALSE(event->has_until);
}

void test_the_days_before_the_first_habit_need_no_closing(void)
{
    cleanup(scene_deinit) struct scene past, future;
    struct mc_define_habit ahead = wanted();

    court_init(&past);
    CU_ASSERT_EQUAL(define(&past, wanted()), 0);
    CU_ASSERT_EQUAL(date_cmp(player_row(&past)->closed_through, day_at("2026-11-19")), 0);

    court_init(&future);
    ahead.from = day_at("2027-01-01");
    CU_ASSERT_EQUAL(define(&future, ahead), 0);
    CU_ASSERT_EQUAL(date_cmp(player_row(&future)->closed_through, day_at("2026-11-21")), 0);
}

/* The days on which it is due: Monday the 16th and Sunday the 15th, of which nothing was told. */
void test_a_habit_for_closed_days_has_their_first_check_tell_a_score(void)
{
    cleanup(scene_deinit) struct scene scene;
    struct mc_record_check check = {
        .player = court_player, .habit = court_habit, .day = day_at("2026-11-16"), .done = true};
    struct mc_define_habit early = wanted();
    const struct mc_day_rescored *rescored;
    const struct day *told;

    court_init(&scene);
    court_seed_player(&scene, "2026-11-21");
    scene_seed(&scene, &day_entity,
               &(struct day){{court_player, day_at("2026-11-15")},
                             .weight_done = 2,
                             .weight_due = 2,
                             .closed = true});
    early.from = day_at("2026-11-13");
    CU_ASSERT_EQUAL(define(&scene, early), 0);
    CU_ASSERT_EQUAL(court_day(&scene, "2026-11-15")->weight_due, 2);
    told = court_day(&scene, "2026-11-16");
    CU_ASSERT_PTR_NOT_NULL_FATAL(told);
    CU_ASSERT_TRUE(told->closed && told->weight_due == 0 && told->said == 0);
    CU_ASSERT_PTR_NULL(court_day(&scene, "2026-11-17"));
    CU_ASSERT_PTR_NULL(court_day(&scene, "2026-11-22"));
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &mc_day_rescored_message), 0);
    CU_ASSERT_EQUAL(scene_send(&scene, &mc_record_check_message, &check), 0);
    rescored = scene_emitted(&scene, &mc_day_rescored_message, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rescored);
    CU_ASSERT_EQUAL(rescored->score, 100);
    CU_ASSERT_EQUAL(rescored->weight_due, 4);
}

void test_a_second_habit_moves_no_closing_and_gets_its_own_slot(void)
{
    cleanup(scene_deinit) struct scene scene;
    struct mc_define_habit second = wanted();

    court_init(&scene);
    court_seed_player(&scene, "2026-11-21");
    CU_ASSERT_EQUAL(define(&scene, wanted()), 0);
    second.habit.uuid = uuid_of(0x12);
    CU_ASSERT_EQUAL(define(&scene, second), 0);
    CU_ASSERT_EQUAL(habit_row(&scene, second.habit)->slot, 1);
    CU_ASSERT_EQUAL(date_cmp(player_row(&scene)->closed_through, day_at("2026-11-21")), 0);
}

void test_the_same_habit_again_changes_nothing(void)
{
    cleanup(scene_deinit) struct scene scene;
    struct mc_define_habit other = wanted();

    court_init(&scene);
    CU_ASSERT_EQUAL(define(&scene, wanted()), 0);
    CU_ASSERT_EQUAL(define(&scene, wanted()), 0);
    CU_ASSERT_EQUAL(scene_emitted_count(&scene, &mc_habit_defined_message), 1);
    other.weight = 5;
    CU_ASSERT_EQUAL(define(&scene, other), MC_DEFINE_HABIT_HABIT_EXISTS);
    CU_ASSERT_EQUAL(habit_row(&scene, court_habit)->weight, 4);
}

void test_a_habit_may_be_bounded(void)
{
    cleanup(scene_deinit) struct scene scene;
    struct mc_define_habit bounded = wanted();

    court_init(&scene);
    bounded.has_until = true;
    bounded.until = day_at("2026-11-19");
    CU_ASSERT_EQUAL(define(&scene, bounded), MC_DEFINE_HABIT_UNTIL_BEFORE_FROM);
    bounded.until = bounded.from;
    CU_ASSERT_EQUAL(define(&scene, bounded), 0);
    CU_ASSERT_EQUAL(date_cmp(habit_row(&scene, court_habit)->held, bounded.from), 0);
}

void test_a_habit_may_not_begin_before_late_checks_are_taken(void)
{
    cleanup(scene_deinit) struct scene scene;
    struct mc_define_habit old = wanted();

    court_init(&scene);
    old.from = day_at("2026-11-07");
    CU_ASSERT_EQUAL(define(&scene, old), MC_DEFINE_HABIT_FROM_TOO_OLD);
    old.from = day_at("2026-11-08");
    CU_ASSERT_EQUAL(define(&scene, old), 0);
}

void test_only_players_have_habits(void)
{
    cleanup(scene_deinit) struct scene scene;
    struct mc_define_habit body = wanted();

    court_init(&scene);
    scene_seed(&scene, &member_entity,
               &(struct member){{{uuid_of(COACH)}}, .roles = ROLE_COACH | ROLE_ADMIN});
    body.player.uuid = uuid_of(COACH);
    CU_ASSERT_EQUAL(define(&scene, body), MC_DEFINE_HABIT_NOT_A_PLAYER);
    body.player.uuid = uuid_of(0xdd);
    CU_ASSERT_EQUAL(define(&scene, body), MC_DEFINE_HABIT_NOT_A_PLAYER);
    CU_ASSERT_EQUAL(uow_changes(scene.uow), 0);
}

void test_the_sixty_fifth_habit_of_a_day_is_rejected(void)
{
    cleanup(scene_deinit) struct scene scene;

    court_init(&scene);
    for (uint8_t i = 0; i < SLOTS; i++)
        court_seed_habit(&scene, i, 1);
    CU_ASSERT_EQUAL(define(&scene,
                           (struct mc_define_habit){
                               .player = court_player,
                               .habit = {uuid_of(0xfe)},
                               .title = span_text("One more"),
                               .weekdays = {.items = monday_and_sunday, .count = 2},
                               .weight = 1,
                               .from = day_at("2026-11-22"),
                           }),
                    MC_DEFINE_HABIT_TOO_MANY_HABITS);
}

void test_without_an_organization_there_are_no_habits(void)
{
    cleanup(scene_deinit) struct scene scene;

    scene_init(&scene, &worker_mc, &court_settings);
    CU_ASSERT_EQUAL(define(&scene, wanted()), MC_DEFINE_HABIT_UNKNOWN_ORGANIZATION);
}
