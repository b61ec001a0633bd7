/* How a member's roles change: together with the organization's count of OrgAdmins. */
#include "../store.h"
#include "handlers.h"

static int count_admins(struct uow *uow, int32_t added)
{
    struct organization *organization;
    int r = organization_edit(uow, &organization);

    if (r < 0)
        return r;
    organization->admins += added;
    return 0;
}

int give_roles(struct uow *uow, struct user_id user, int32_t roles)
{
    struct member_key key = {user};
    int32_t added = admins_added(member_roles(member_get(uow, key)), roles);
    struct member *member;
    int r;

    if (added != 0) {
        r = count_admins(uow, added);
        if (r < 0)
            return r;
    }
    r = member_edit(uow, key, &member);
    if (r < 0)
        return r;
    member->roles = roles;
    return 0;
}
