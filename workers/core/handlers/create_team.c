/* core.create-team: a team that nobody has a place in yet. */
#include "../store.h"
#include "contracts/core_emit.h"
#include "handlers.h"

void create_team_load(struct uow *uow, const struct command *command)
{
    const struct core_create_team *wanted = command->body;

    organization_want(uow);
    team_want(uow, (struct team_key){wanted->team});
}

int create_team_decide(struct uow *uow, const struct command *command)
{
    const struct core_create_team *wanted = command->body;
    const struct team *present = team_get(uow, (struct team_key){wanted->team});
    struct core_team_created event = {.team = wanted->team};
    struct team *team;
    int r;

    if (!organization_get(uow))
        return CORE_CREATE_TEAM_UNKNOWN_ORGANIZATION;
    if (present)
        return span_equal(present->name, wanted->name) ? 0 : CORE_CREATE_TEAM_TEAM_EXISTS;

    r = team_edit(uow, (struct team_key){wanted->team}, &team);
    if (r < 0)
        return r;
    team->name = wanted->name;
    return emit_core_team_created(uow, &event);
}
