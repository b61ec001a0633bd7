#include <errno.h>

#include "handlers/court.h"

#define PLAYER_TEXT "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"

static int ask(struct scene *scene, const char *player, const char *week, struct buf *json)
{
    return scene_ask(scene, "mc.week", span_text(player), span_text(week), json);
}

/* Due on weekdays, in slot 0. */
static void seed_published_habit(struct scene *scene, const char *from)
{
    scene_seed(scene, &published_habit_entity,
               &(struct habit){
                   .key = {court_player, court_habit},
                   .title = span_text("Juggle \"50\""),
                   .weekdays = 31,
                   .weight = 3,
                   .from = day_at(from),
                   .until = {DATE_NONE},
                   .held = {DATE_NONE},
               });
}

static void seed_published_day(struct scene *scene, const char *day, int64_t done, bool closed)
{
    scene_seed(scene, &published_day_entity,
               &(struct day){
                   .key = {court_player, day_at(day)}, .said = 1, .done = done, .closed = closed});
}

void test_a_week_is_a_grid_with_scores(void)
{
    cleanup(scene_deinit) struct scene scene;
    cleanup(buf_deinit) struct buf json = {0};

    court_init(&scene);
    scene.at = time_at("2026-11-19T12:00:00Z"); /* Thursday */
    seed_published_habit(&scene, "2026-11-01");
    seed_published_day(&scene, "2026-11-16", 1, true);
    seed_published_day(&scene, "2026-11-17", 0, true);
    seed_published_day(&scene, "2026-11-19", 0, false);
    CU_ASSERT_EQUAL(ask(&scene, PLAYER_TEXT, "2026-W47", &json), 0);
    CU_ASSERT_STRING_EQUAL(
        json.data,
        "{\"player\":\"" PLAYER_TEXT "\",\"week\":\"2026-W47\","
        "\"from\":\"2026-11-16\",\"to\":\"2026-11-22\","
        "\"habits\":[{\"habit\":\"11111111-1111-1111-1111-111111111111\","
        "\"title\":\"Juggle \\\"50\\\"\",\"weight\":3,"
        "\"days\":[\"done\",\"missed\",\"missed\",\"open\",\"open\",\"not_due\",\"not_due\"]}],"
        "\"days\":["
        "{\"day\":\"2026-11-16\",\"score\":100,\"weight_done\":3,\"weight_due\":3,\"closed\":true},"
        "{\"day\":\"2026-11-17\",\"score\":0,\"weight_done\":0,\"weight_due\":3,\"closed\":true},"
        "{\"day\":\"2026-11-18\",\"score\":0,\"weight_done\":0,\"weight_due\":3,\"closed\":false},"
        "{\"day\":\"2026-11-19\",\"score\":0,\"weight_done\":0,\"weight_due\":3,\"closed\":false},"
        "{\"day\":\"2026-11-20\",\"score\":0,\"weight_done\":0,\"weight_due\":3,\"closed\":false},"
        "{\"day\":\"2026-11-21\",\"score\":null,\"weight_done\":0,\"weight_due\":0,"
        "\"closed\":false},"
        "{\"day\":\"2026-11-22\",\"score\":null,\"weight_done\":0,\"weight_due\":0,"
        "\"closed\":false}],"
        "\"score\":20}");
}

void test_a_week_without_habits_is_an_empty_grid(void)
{
    cleanup(scene_deinit) struct scene scene;
    cleanup(buf_deinit) struct buf json = {0};

    court_init(&scene);
    seed_published_habit(&scene, "2026-12-01");
    CU_ASSERT_EQUAL(ask(&scene, PLAYER_TEXT, "2026-W47", &json), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(json.data, "\"habits\":[]"));
    CU_ASSERT_PTR_NOT_NULL(strstr(json.data, "],\"score\":null}"));
}

void test_a_malformed_parameter_is_named(void)
{
    cleanup(scene_deinit) struct scene scene;
    cleanup(buf_deinit) struct buf json = {0};

    court_init(&scene);
    CU_ASSERT_EQUAL(ask(&scene, "me", "2026-W47", &json), 1);
    CU_ASSERT_EQUAL(ask(&scene, PLAYER_TEXT, "2026-W54", &json), 2);
    CU_ASSERT_EQUAL(ask(&scene, PLAYER_TEXT, "2026-47", &json), 2);
}

void test_without_an_organization_there_is_no_week(void)
{
    cleanup(scene_deinit) struct scene scene;
    cleanup(buf_deinit) struct buf json = {0};

    scene_init(&scene, &worker_mc, &court_settings);
    CU_ASSERT_EQUAL(ask(&scene, PLAYER_TEXT, "2026-W47", &json), -ENOENT);
}
