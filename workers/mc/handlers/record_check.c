/* mc.record-check: marks a habit in its day and scores the day anew. */
#include "../settings.h"
#include "../store.h"
#include "contracts/mc_emit.h"
#include "handlers.h"

static struct day_key day_of(const struct mc_record_check *check)
{
    return (struct day_key){.player = check->player, .day = check->day};
}

void record_check_load(struct uow *uow, const struct command *command)
{
    const struct mc_record_check *check = command->body;

    organization_want(uow);
    habit_want_all(uow, check->player);
    day_want(uow, day_of(check));
}

static int emit_check(struct uow *uow, const struct mc_record_check *check, struct weights weights)
{
    struct mc_check_recorded event = {
        .player = check->player,
        .habit = check->habit,
        .day = check->day,
        .done = check->done,
        .score = weights_score(weights),
        .weight_done = weights.done,
        .weight_due = weights.due,
    };

    return emit_mc_check_recorded(uow, &event);
}

static int emit_rescored(struct uow *uow, const struct mc_record_check *check,
                         struct weights weights)
{
    struct mc_day_rescored event = {
        .player = check->player,
        .day = check->day,
        .score = weights_score(weights),
        .weight_done = weights.done,
        .weight_due = weights.due,
    };

    return emit_mc_day_rescored(uow, &event);
}

int record_check_decide(struct uow *uow, const struct command *command)
{
    const struct mc_record_check *check = command->body;
    const struct mc_settings *settings = command->settings;
    const struct organization *organization = organization_get(uow);
    struct habit_rows habits = habit_all(uow, check->player);
    const struct habit *habit = habits_find(habits, check->habit);
    struct date today;
    struct day *day;
    struct weights weights;
    int r;

    if (!organization)
        return MC_RECORD_CHECK_UNKNOWN_ORGANIZATION;
    r = organization_date(organization, command->at, &today);
    if (r < 0)
        return r;
    if (!habit)
        return MC_RECORD_CHECK_UNKNOWN_HABIT;
    if (date_cmp(check->day, today) > 0)
        return MC_RECORD_CHECK_DAY_IN_FUTURE;
    if (date_diff(today, check->day) > settings->late_days)
        return MC_RECORD_CHECK_DAY_TOO_OLD;
    if (!habit_due(habit, check->day))
        return MC_RECORD_CHECK_HABIT_NOT_DUE;
    if (day_says(day_get(uow, day_of(check)), habit, check->done))
        return 0; /* said before */

    r = day_edit(uow, day_of(check), &day);
    if (r < 0)
        return r;
    day_mark(day, habit, check->done);
    weights = day_weigh(day, habits);
    r = emit_check(uow, check, weights);
    if (r < 0 || !day->closed)
        return r;
    return emit_rescored(uow, check, weights);
}
