/* core.member-removed: a reaction. The habits have the player's key, so a command goes there. */
#include "../store.h"
#include "contracts/core.h"
#include "contracts/mc_emit.h"
#include "handlers.h"

void member_removed_load(struct uow *uow, const struct command *command)
{
    (void)command;
    organization_want(uow);
}

int member_removed_decide(struct uow *uow, const struct command *command)
{
    const struct core_member_removed *removed = command->body;
    const struct organization *organization = organization_get(uow);
    struct mc_retire_habits body = {.player = removed->member};
    int r;

    if (!organization)
        return 0; /* and so no habits */
    r = organization_date(organization, command->at, &body.day);
    if (r < 0)
        return r;
    return emit_mc_retire_habits(uow, &body);
}
