/* mc.retire-habit: a habit ends; what was recorded stays. */
#include "../store.h"
#include "contracts/mc_emit.h"
#include "handlers.h"

void retire_habit_load(struct uow *uow, const struct command *command)
{
    const struct mc_retire_habit *ended = command->body;

    organization_want(uow);
    player_want(uow, (struct player_key){ended->player});
    habit_want_all(uow, ended->player);
}

int retire_habit_decide(struct uow *uow, const struct command *command)
{
    const struct mc_retire_habit *ended = command->body;
    const struct organization *organization = organization_get(uow);
    const struct habit *habit = habits_find(habit_all(uow, ended->player), ended->habit);
    struct date today;
    int r;

    if (!organization)
        return MC_RETIRE_HABIT_UNKNOWN_ORGANIZATION;
    r = organization_date(organization, command->at, &today);
    if (r < 0)
        return r;
    if (!habit)
        return MC_RETIRE_HABIT_UNKNOWN_HABIT;
    if (date_diff(today, ended->day) > 1)
        return MC_RETIRE_HABIT_DAY_IN_PAST;
    return retire(uow, habit, ended->day, today);
}
