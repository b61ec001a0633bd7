/* core.create-organization: who founds it becomes its first OrgAdmin. */
#include <errno.h>

#include "../store.h"
#include "base/zone.h"
#include "contracts/core_emit.h"
#include "handlers.h"

void create_organization_load(struct uow *uow, const struct command *command)
{
    organization_want(uow);
    tenant_zone_want(uow);
    member_want(uow, (struct member_key){command->actor.user});
}

static int save_organization(struct uow *uow, const struct core_create_organization *wanted)
{
    struct organization *organization;
    struct tenant_zone *tenant;
    int r = organization_edit(uow, &organization);

    if (r < 0)
        return r;
    r = tenant_zone_edit(uow, &tenant);
    if (r < 0)
        return r;
    *organization = (struct organization){
        .name = wanted->name,
        .zone = wanted->zone,
        .kind = wanted->kind,
    };
    tenant->zone = wanted->zone;
    return 0;
}

int create_organization_decide(struct uow *uow, const struct command *command)
{
    const struct core_create_organization *wanted = command->body;
    struct core_organization_created event = {
        .admin = command->actor.user,
        .kind = wanted->kind,
    };
    const struct zone *zone;
    int r;

    if (organization_get(uow))
        return CORE_CREATE_ORGANIZATION_ORGANIZATION_EXISTS;
    r = zone_find(wanted->zone, &zone);
    if (r < 0) /* what could not be read now is not unknown for ever */
        return r == -ENOENT ? CORE_CREATE_ORGANIZATION_UNKNOWN_ZONE : r;
    if (command->actor.kind != ACTOR_USER)
        return CORE_CREATE_ORGANIZATION_USER_REQUIRED;

    r = save_organization(uow, wanted);
    if (r < 0)
        return r;
    r = give_roles(uow, command->actor.user, ROLE_ADMIN);
    if (r < 0)
        return r;
    return emit_core_organization_created(uow, &event);
}
