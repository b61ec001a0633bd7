/* core.change-roles: the roles of a command replace a member's. */
#include "../store.h"
#include "contracts/core_emit.h"
#include "handlers.h"

void change_roles_load(struct uow *uow, const struct command *command)
{
    const struct core_change_roles *changed = command->body;

    organization_want(uow);
    member_want(uow, (struct member_key){changed->member});
}

int change_roles_decide(struct uow *uow, const struct command *command)
{
    const struct core_change_roles *changed = command->body;
    const struct organization *organization = organization_get(uow);
    int32_t before = member_roles(member_get(uow, (struct member_key){changed->member}));
    int32_t after = roles_of(changed->roles.items, changed->roles.count);
    struct core_roles_changed event = {
        .member = changed->member,
        .roles = {.items = changed->roles.items, .count = changed->roles.count},
    };
    int r;

    if (!organization)
        return CORE_CHANGE_ROLES_UNKNOWN_ORGANIZATION;
    if (!before)
        return CORE_CHANGE_ROLES_UNKNOWN_MEMBER;
    if (before == after)
        return 0;
    if (admins_end(organization, before, after))
        return CORE_CHANGE_ROLES_LAST_ADMIN;

    r = give_roles(uow, changed->member, after);
    if (r < 0)
        return r;
    return emit_core_roles_changed(uow, &event);
}
