/* A player's week as JSON. */
#include "queries.h"

#include <errno.h>
#include <inttypes.h>

#include "domain/week.h"
#include "store.h"

/* The path's parameters. 0, or the number of the one that is malformed. */
static int week_params(const struct query_call *call, struct user_id *ret_player,
                       struct date *ret_monday)
{
    if (uuid_parse(call->params[0], &ret_player->uuid) < 0)
        return 1;
    if (week_parse(call->params[1], ret_monday) < 0)
        return 2;
    return 0;
}

int week_load(struct uow *uow, const struct query_call *call)
{
    struct day_key key;
    struct date monday;
    int wrong = week_params(call, &key.player, &monday);

    if (wrong)
        return wrong;
    organization_want(uow);
    uow_want_all(uow, &published_habit_entity, &key.player);
    for (int i = 0; i < WEEK_DAYS; i++) {
        key.day = date_add(monday, i);
        uow_want(uow, &published_day_entity, &key);
    }
    return 0;
}

/* Gathers what week_load asked for. 0, -ENOENT where there is no organization, or another fault. */
static int week_gather(struct uow *uow, const struct query_call *call, struct user_id player,
                       struct week *week)
{
    const struct organization *organization = organization_get(uow);
    const void *const *rows;

    if (!organization)
        return -ENOENT;
    week->habits.count = uow_all(uow, &published_habit_entity, &player, &rows);
    week->habits.rows = (const struct habit *const *)rows;
    for (int i = 0; i < WEEK_DAYS; i++) {
        struct day_key key = {.player = player, .day = date_add(week->monday, i)};

        week->days[i] = uow_get(uow, &published_day_entity, &key);
    }
    return organization_date(organization, call->at, &week->today);
}

static void add_uuid(struct buf *json, const char *name, struct uuid uuid)
{
    char text[UUID_TEXT + 1];

    buf_printf(json, "\"%s\":\"%s\"", name, uuid_format(uuid, text));
}

static void add_date(struct buf *json, const char *name, struct date date)
{
    char text[DATE_TEXT + 1];

    buf_printf(json, "\"%s\":\"%s\"", name, date_format(date, text));
}

static void add_score(struct buf *json, struct weights weights)
{
    if (weights.due)
        buf_printf(json, "\"score\":%" PRId32, weights_score(weights));
    else
        buf_add_text(json, "\"score\":null");
}

static void add_habit(struct buf *json, const struct week *week, const struct habit *habit)
{
    static const char *const cells[] = {
        [CELL_NOT_DUE] = "not_due",
        [CELL_DONE] = "done",
        [CELL_MISSED] = "missed",
        [CELL_OPEN] = "open",
    };

    buf_add_char(json, '{');
    add_uuid(json, "habit", habit->key.habit.uuid);
    buf_add_text(json, ",\"title\":");
    buf_add_json(json, habit->title);
    buf_printf(json, ",\"weight\":%" PRId32 ",\"days\":[", habit->weight);
    for (int i = 0; i < WEEK_DAYS; i++)
        buf_printf(json, "%s\"%s\"", i ? "," : "", cells[week_cell(week, habit, i)]);
    buf_add_text(json, "]}");
}

static void add_habits(struct buf *json, const struct week *week)
{
    const char *comma = "";

    for (size_t i = 0; i < week->habits.count; i++) {
        if (!week_shows(week, week->habits.rows[i]))
            continue;
        buf_add_text(json, comma);
        add_habit(json, week, week->habits.rows[i]);
        comma = ",";
    }
}

static void add_day(struct buf *json, const struct week *week, int i)
{
    struct weights weights = week_day_weights(week, i);
    bool closed = week->days[i] && week->days[i]->closed;

    buf_add_char(json, '{');
    add_date(json, "day", date_add(week->monday, i));
    buf_add_char(json, ',');
    add_score(json, weights);
    buf_printf(json, ",\"weight_done\":%" PRId32 ",\"weight_due\":%" PRId32 ",\"closed\":%s}",
               weights.done, weights.due, closed ? "true" : "false");
}

int week_render(struct uow *uow, const struct query_call *call, struct buf *json)
{
    struct week week = {0};
    struct user_id player;
    char text[WEEK_TEXT + 1];
    int r;

    if (week_params(call, &player, &week.monday))
        return -EINVAL; /* week_load refused it */
    r = week_gather(uow, call, player, &week);
    if (r < 0)
        return r;

    buf_add_char(json, '{');
    add_uuid(json, "player", player.uuid);
    buf_printf(json, ",\"week\":\"%s\",", week_format(week.monday, text));
    add_date(json, "from", week.monday);
    buf_add_char(json, ',');
    add_date(json, "to", date_add(week.monday, WEEK_DAYS - 1));
    buf_add_text(json, ",\"habits\":[");
    add_habits(json, &week);
    buf_add_text(json, "],\"days\":[");
    for (int i = 0; i < WEEK_DAYS; i++) {
        if (i)
            buf_add_char(json, ',');
        add_day(json, &week, i);
    }
    buf_add_text(json, "],");
    add_score(json, week_weights(&week));
    buf_add_char(json, '}');
    return buf_failed(json) ? -ENOMEM : 0;
}
