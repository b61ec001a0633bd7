/* core.add-member: a user, or a member of old, gets roles. */
#include "../store.h"
#include "contracts/core_emit.h"
#include "handlers.h"

void add_member_load(struct uow *uow, const struct command *command)
{
    const struct core_add_member *added = command->body;

    organization_want(uow);
    member_want(uow, (struct member_key){added->member});
}

int add_member_decide(struct uow *uow, const struct command *command)
{
    const struct core_add_member *added = command->body;
    struct core_member_added event = {
        .member = added->member,
        .roles = {.items = added->roles.items, .count = added->roles.count},
    };
    int r;

    if (!organization_get(uow))
        return CORE_ADD_MEMBER_UNKNOWN_ORGANIZATION;
    if (member_roles(member_get(uow, (struct member_key){added->member})))
        return CORE_ADD_MEMBER_ALREADY_MEMBER;

    r = give_roles(uow, added->member, roles_of(added->roles.items, added->roles.count));
    if (r < 0)
        return r;
    return emit_core_member_added(uow, &event);
}
