/* mc.retire-habits: everything that a player had when it was sent ends. */
#include "../store.h"
#include "contracts/mc_emit.h"
#include "handlers.h"

void retire_habits_load(struct uow *uow, const struct command *command)
{
    const struct mc_retire_habits *ended = command->body;

    organization_want(uow);
    member_want(uow, (struct member_key){ended->player});
    player_want(uow, (struct player_key){ended->player});
    habit_want_all(uow, ended->player);
}

/* Who was removed may be a player again, with new habits, before this is decided. */
static bool was_defined_since(const struct habit *habit, const struct command *command,
                              const struct member *member)
{
    return member_is(member, ROLE_PLAYER) && habit->defined_at.us > command->at.us;
}

int retire_habits_decide(struct uow *uow, const struct command *command)
{
    const struct mc_retire_habits *ended = command->body;
    const struct organization *organization = organization_get(uow);
    const struct member *member = member_get(uow, (struct member_key){ended->player});
    struct habit_rows habits = habit_all(uow, ended->player);
    struct date today;
    int r;

    if (!organization)
        return 0; /* and so no habits */
    r = organization_date(organization, command->at, &today);
    if (r < 0)
        return r;
    for (size_t i = 0; i < habits.count; i++) {
        if (was_defined_since(habits.rows[i], command, member))
            continue;
        r = retire(uow, habits.rows[i], ended->day, today);
        if (r < 0)
            return r;
    }
    return 0;
}
