#include <errno.h>

#include "handlers/court.h"

static const struct mc_week_answer *last; /* what was answered */

static int ask_week(struct scene *scene, const char *week)
{
    const struct mc_week params = {.player = court_player, .week = span_text(week)};
    const void *answer = NULL;
    int r = scene_ask(scene, &mc_week_message, &params, &answer);

    last = answer;
    return r;
}

static struct habit published_habit(uint8_t number, const char *from, const char *until)
{
    return (struct habit){
        .key = {court_player, {uuid_of(number)}},
        .title = span_text("Juggle \"50\""),
        .weekdays = 31,
        .weight = 3,
        .from = day_at(from),
        .until = until ? day_at(until) : (struct date){DATE_NONE},
        .held = {DATE_NONE},
    };
}

/* Due on weekdays, in slot 0. */
static void seed_published_habit(struct scene *scene, const char *from)
{
    const struct habit habit = published_habit(HABIT, from, NULL);

    scene_seed(scene, &published_habit_entity, &habit);
}

static void seed_published_day(struct scene *scene, const char *day, int64_t done, bool closed)
{
    scene_seed(scene, &published_day_entity,
               &(struct day){.key = {court_player, day_at(day)},
                             .said = 1,
                             .done = done,
                             .weight_done = done ? 3 : 0,
                             .weight_due = 3,
                             .closed = closed});
}

static bool is_day(size_t i, const char *day, int64_t score, int64_t done, bool closed)
{
    const struct mc_week_answer_days *at = &last->days.items[i];

    return date_cmp(at->day, day_at(day)) == 0 && at->has_score == (score >= 0) &&
           (score < 0 || at->score == score) && at->weight_done == done &&
           at->weight_due == (score < 0 ? 0 : 3) && at->closed == closed;
}

void test_a_week_is_a_grid_with_scores(void)
{
    static const int32_t cells[] = {
        MC_WEEK_ANSWER_HABITS_DAYS_DONE,    MC_WEEK_ANSWER_HABITS_DAYS_MISSED,
        MC_WEEK_ANSWER_HABITS_DAYS_MISSED,  MC_WEEK_ANSWER_HABITS_DAYS_OPEN,
        MC_WEEK_ANSWER_HABITS_DAYS_OPEN,    MC_WEEK_ANSWER_HABITS_DAYS_NOT_DUE,
        MC_WEEK_ANSWER_HABITS_DAYS_NOT_DUE,
    };
    cleanup(scene_deinit) struct scene scene;

    court_init(&scene);
    scene.at = time_at("2026-11-19T12:00:00Z"); /* Thursday */
    seed_published_habit(&scene, "2026-11-01");
    seed_published_day(&scene, "2026-11-16", 1, true);
    seed_published_day(&scene, "2026-11-17", 0, true);
    seed_published_day(&scene, "2026-11-19", 0, false);
    CU_ASSERT_EQUAL_FATAL(ask_week(&scene, "2026-W47"), 0);
    CU_ASSERT_TRUE(uuid_equal(last->player.uuid, court_player.uuid));
    CU_ASSERT_TRUE(span_is(last->week, "2026-W47"));
    CU_ASSERT_EQUAL(date_cmp(last->from, day_at("2026-11-16")), 0);
    CU_ASSERT_EQUAL(date_cmp(last->to, day_at("2026-11-22")), 0);
    CU_ASSERT_TRUE(last->has_score);
    CU_ASSERT_EQUAL(last->score, 20);

    CU_ASSERT_EQUAL_FATAL(last->habits.count, 1);
    CU_ASSERT_TRUE(uuid_equal(last->habits.items[0].habit.uuid, court_habit.uuid));
    CU_ASSERT_TRUE(span_is(last->habits.items[0].title, "Juggle \"50\""));
    CU_ASSERT_EQUAL(last->habits.items[0].weight, 3);
    CU_ASSERT_EQUAL(memcmp(last->habits.items[0].days.items, cells, sizeof cells), 0);

    CU_ASSERT_TRUE(is_day(0, "2026-11-16", 100, 3, true));
    CU_ASSERT_TRUE(is_day(1, "2026-11-17", 0, 0, true));
    CU_ASSERT_TRUE(is_day(2, "2026-11-18", 0, 0, false));
    CU_ASSERT_TRUE(is_day(3, "2026-11-19", 0, 0, false));
    CU_ASSERT_TRUE(is_day(4, "2026-11-20", 0, 0, false));
    CU_ASSERT_TRUE(is_day(5, "2026-11-21", -1, 0, false));
    CU_ASSERT_TRUE(is_day(6, "2026-11-22", -1, 0, false));
}

void test_a_closed_day_keeps_its_score_when_a_habit_is_defined_for_it(void)
{
    cleanup(scene_deinit) struct scene scene;
    struct habit later = published_habit(HABIT + 1, "2026-11-16", NULL);

    court_init(&scene);
    scene.at = time_at("2026-11-18T12:00:00Z"); /* Wednesday */
    seed_published_habit(&scene, "2026-11-16");
    later.slot = 1;
    later.weight = 5;
    scene_seed(&scene, &published_habit_entity, &later);
    seed_published_day(&scene, "2026-11-16", 1, true);
    seed_published_day(&scene, "2026-11-17", 1, false);
    CU_ASSERT_EQUAL_FATAL(ask_week(&scene, "2026-W47"), 0);
    CU_ASSERT_EQUAL(last->habits.count, 2);
    CU_ASSERT_TRUE(is_day(0, "2026-11-16", 100, 3, true));
    CU_ASSERT_EQUAL(last->days.items[1].weight_done, 3);
    CU_ASSERT_EQUAL(last->days.items[1].weight_due, 3 + 5);
    CU_ASSERT_EQUAL(last->score, 17); /* 6 of 3 + 4 * 8 */
}

void test_a_week_without_habits_is_an_empty_grid(void)
{
    cleanup(scene_deinit) struct scene scene;

    court_init(&scene);
    seed_published_habit(&scene, "2026-12-01");
    CU_ASSERT_EQUAL_FATAL(ask_week(&scene, "2026-W47"), 0);
    CU_ASSERT_EQUAL(last->habits.count, 0);
    CU_ASSERT_EQUAL(last->days.count, 7);
    CU_ASSERT_FALSE(last->has_score);
}

void test_a_week_that_is_none_is_named(void)
{
    cleanup(scene_deinit) struct scene scene;

    court_init(&scene);
    CU_ASSERT_EQUAL(ask_week(&scene, "2026-W54"), 2);
    CU_ASSERT_EQUAL(ask_week(&scene, "2026-w47"), 2);
    CU_ASSERT_EQUAL(ask_week(&scene, "9999-W52"), 2); /* it ends in the year 10000 */
    CU_ASSERT_EQUAL(ask_week(&scene, "9999-W51"), 0);
}

void test_without_an_organization_there_is_no_week(void)
{
    cleanup(scene_deinit) struct scene scene;

    scene_init(&scene, &worker_mc, &court_settings);
    CU_ASSERT_EQUAL(ask_week(&scene, "2026-W47"), -ENOENT);
}

/* The habits that are told, by their numbers, a digit each. */
static int ask_habits(struct scene *scene, bool retired, const struct mc_habits_answer **ret_answer)
{
    const struct mc_habits params = {
        .player = court_player, .has_retired = retired, .retired = retired};
    const void *answer = NULL;
    int digits = 0;

    CU_ASSERT_EQUAL_FATAL(scene_ask(scene, &mc_habits_message, &params, &answer), 0);
    *ret_answer = answer;
    for (size_t i = 0; i < (*ret_answer)->items.count; i++)
        digits = digits * 10 + (*ret_answer)->items.items[i].habit.uuid.bytes[0];
    return digits;
}

static void seed_three_habits(struct scene *scene)
{
    const struct habit habits[] = {
        published_habit(1, "2026-11-01", "2026-11-21"),
        published_habit(2, "2026-11-01", "2026-11-22"),
        published_habit(3, "2026-12-01", NULL),
    };

    for (size_t i = 0; i < COUNT_OF(habits); i++)
        scene_seed(scene, &published_habit_entity, &habits[i]);
}

void test_habits_whose_last_day_is_over_are_told_on_demand(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct mc_habits_answer *answer;

    court_init(&scene); /* on 2026-11-22 */
    seed_three_habits(&scene);
    CU_ASSERT_EQUAL(ask_habits(&scene, false, &answer), 23);
    CU_ASSERT_EQUAL(ask_habits(&scene, true, &answer), 123);
}

void test_a_habit_is_told_as_it_was_defined(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct mc_habits_answer *answer;
    const struct mc_habits_answer_items *second;

    court_init(&scene);
    seed_three_habits(&scene);
    CU_ASSERT_EQUAL_FATAL(ask_habits(&scene, true, &answer), 123);
    second = &answer->items.items[1];
    CU_ASSERT_TRUE(span_is(second->title, "Juggle \"50\""));
    CU_ASSERT_EQUAL(second->weight, 3);
    CU_ASSERT_EQUAL_FATAL(second->weekdays.count, 5);
    CU_ASSERT_EQUAL(second->weekdays.items[0], MC_HABITS_ANSWER_ITEMS_WEEKDAYS_MONDAY);
    CU_ASSERT_EQUAL(second->weekdays.items[4], MC_HABITS_ANSWER_ITEMS_WEEKDAYS_FRIDAY);
    CU_ASSERT_EQUAL(date_cmp(second->from, day_at("2026-11-01")), 0);
    CU_ASSERT_TRUE(second->has_until);
    CU_ASSERT_EQUAL(date_cmp(second->until, day_at("2026-11-22")), 0);
    CU_ASSERT_FALSE(answer->items.items[2].has_until);
}

void test_habits_come_page_by_page(void)
{
    cleanup(scene_deinit) struct scene scene;
    const struct mc_habits_answer *answer;

    court_init(&scene);
    seed_three_habits(&scene);
    scene.page = (struct page){.limit = 2};
    CU_ASSERT_EQUAL(ask_habits(&scene, true, &answer), 12);
    scene.page = (struct page){.limit = 2, .from = uuid_of(3)};
    CU_ASSERT_EQUAL(ask_habits(&scene, true, &answer), 3);
}
