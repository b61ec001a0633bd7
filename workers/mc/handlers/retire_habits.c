/* mc.retire-habits: everything that a player has ends. */
#include "../store.h"
#include "contracts/mc_emit.h"
#include "handlers.h"

void retire_habits_load(struct uow *uow, const struct command *command)
{
    const struct mc_retire_habits *ended = command->body;

    organization_want(uow);
    player_want(uow, (struct player_key){ended->player});
    habit_want_all(uow, ended->player);
}

int retire_habits_decide(struct uow *uow, const struct command *command)
{
    const struct mc_retire_habits *ended = command->body;
    const struct organization *organization = organization_get(uow);
    struct habit_rows habits = habit_all(uow, ended->player);
    struct date today;
    int r;

    if (!organization)
        return 0; /* and so no habits */
    r = organization_date(organization, command->at, &today);
    if (r < 0)
        return r;
    for (size_t i = 0; i < habits.count; i++) {
        r = retire(uow, habits.rows[i], ended->day, today);
        if (r < 0)
            return r;
    }
    return 0;
}
