/* A player's week, and a player's habits. */
#include "queries.h"

#include <errno.h>

#include "domain/week.h"
#include "store.h"

int week_load(struct uow *uow, const struct query_call *call, const struct mc_week *params)
{
    struct day_key key = {.player = params->player};
    struct date monday;

    (void)call;
    if (week_parse(params->week, &monday) < 0)
        return 2;
    organization_want(uow);
    published_habit_want_all(uow, params->player);
    for (int i = 0; i < WEEK_DAYS; i++) {
        key.day = date_add(monday, i);
        published_day_want(uow, key);
    }
    return 0;
}

/* Gathers what week_load asked for. 0, -ENOENT where there is no organization, or another fault. */
static int week_gather(struct uow *uow, const struct query_call *call, const struct mc_week *params,
                       struct week *week)
{
    const struct organization *organization = organization_get(uow);

    if (!organization)
        return -ENOENT;
    if (week_parse(params->week, &week->monday) < 0)
        return -EINVAL; /* week_load refused it */
    week->habits = published_habit_all(uow, params->player);
    for (int i = 0; i < WEEK_DAYS; i++)
        week->days[i] = published_day_get(
            uow, (struct day_key){.player = params->player, .day = date_add(week->monday, i)});
    return organization_date(organization, call->at, &week->today);
}

static int describe_habit(struct uow *uow, const struct week *week, const struct habit *habit,
                          struct mc_week_answer_habits *described)
{
    static const int32_t cells[] = {
        [CELL_NOT_DUE] = MC_WEEK_ANSWER_HABITS_DAYS_NOT_DUE,
        [CELL_DONE] = MC_WEEK_ANSWER_HABITS_DAYS_DONE,
        [CELL_MISSED] = MC_WEEK_ANSWER_HABITS_DAYS_MISSED,
        [CELL_OPEN] = MC_WEEK_ANSWER_HABITS_DAYS_OPEN,
    };
    int32_t *days = uow_alloc(uow, WEEK_DAYS, sizeof *days);

    if (!days)
        return -ENOMEM;
    for (int i = 0; i < WEEK_DAYS; i++)
        days[i] = cells[week_cell(week, habit, i)];
    *described = (struct mc_week_answer_habits){
        .habit = habit->key.habit,
        .title = habit->title,
        .weight = habit->weight,
        .days = {.items = days, .count = WEEK_DAYS},
    };
    return 0;
}

static int describe_habits(struct uow *uow, const struct week *week, struct mc_week_answer *answer)
{
    struct mc_week_answer_habits *habits = uow_alloc(uow, week->habits.count, sizeof *habits);
    size_t count = 0;

    if (!habits)
        return -ENOMEM;
    for (size_t i = 0; i < week->habits.count; i++)
        if (week_shows(week, week->habits.rows[i]) &&
            describe_habit(uow, week, week->habits.rows[i], &habits[count++]) < 0)
            return -ENOMEM;
    answer->habits.items = habits;
    answer->habits.count = count;
    return 0;
}

static int describe_days(struct uow *uow, const struct week *week, struct mc_week_answer *answer)
{
    struct mc_week_answer_days *days = uow_alloc(uow, WEEK_DAYS, sizeof *days);

    if (!days)
        return -ENOMEM;
    for (int i = 0; i < WEEK_DAYS; i++) {
        struct weights weights = week_day_weights(week, i);

        days[i] = (struct mc_week_answer_days){
            .day = date_add(week->monday, i),
            .has_score = weights.due > 0,
            .score = weights.due ? weights_score(weights) : 0,
            .weight_done = weights.done,
            .weight_due = weights.due,
            .closed = week->days[i] && week->days[i]->closed,
        };
    }
    answer->days.items = days;
    answer->days.count = WEEK_DAYS;
    return 0;
}

int week_answer(struct uow *uow, const struct query_call *call, const struct mc_week *params,
                struct mc_week_answer *ret_answer)
{
    struct week week = {0};
    struct weights weights;
    int r = week_gather(uow, call, params, &week);

    if (r < 0)
        return r;
    weights = week_weights(&week);
    *ret_answer = (struct mc_week_answer){
        .player = params->player,
        .week = params->week,
        .from = week.monday,
        .to = date_add(week.monday, WEEK_DAYS - 1),
        .has_score = weights.due > 0,
        .score = weights.due ? weights_score(weights) : 0,
    };
    r = describe_habits(uow, &week, ret_answer);
    return r < 0 ? r : describe_days(uow, &week, ret_answer);
}

/* Somewhere it is still the day before that of UTC. */
static struct date earliest_date(struct timestamp at)
{
    return date_add(date_of_seconds(timestamp_seconds(at)), -1);
}

int habits_load(struct uow *uow, const struct query_call *call, const struct mc_habits *params)
{
    struct habit match = {
        .key = {.player = params->player},
        .until = params->retired ? (struct date){DATE_NONE} : earliest_date(call->at),
    };

    organization_want(uow);
    published_habit_want_page(uow, &match, &call->page);
    return 0;
}

static int list_habit(struct uow *uow, const struct habit *habit,
                      struct mc_habits_answer_items *listed)
{
    int32_t *weekdays = uow_alloc(uow, WEEK_DAYS, sizeof *weekdays);
    size_t count = 0;

    if (!weekdays)
        return -ENOMEM;
    for (int32_t i = 0; i < WEEK_DAYS; i++)
        if (habit->weekdays & weekday_bit(MONDAY + (enum weekday)i))
            weekdays[count++] = i;
    *listed = (struct mc_habits_answer_items){
        .habit = habit->key.habit,
        .title = habit->title,
        .weekdays = {.items = weekdays, .count = count},
        .weight = habit->weight,
        .from = habit->from,
        .has_until = habit->until.days != DATE_NONE,
        .until = habit->until,
    };
    return 0;
}

int habits_answer(struct uow *uow, const struct query_call *call, const struct mc_habits *params,
                  struct mc_habits_answer *ret_answer)
{
    const struct organization *organization = organization_get(uow);
    struct habit_rows habits = published_habit_page(uow);
    struct mc_habits_answer_items *items = uow_alloc(uow, habits.count, sizeof *items);
    struct date today;
    size_t count = 0;
    int r;

    if (!organization)
        return -ENOENT;
    r = items ? organization_date(organization, call->at, &today) : -ENOMEM;
    for (size_t i = 0; i < habits.count && r == 0; i++)
        if (params->retired || habit_runs_past(habits.rows[i], date_add(today, -1)))
            r = list_habit(uow, habits.rows[i], &items[count++]);
    ret_answer->items.items = items;
    ret_answer->items.count = count;
    return r;
}
