/* core.remove-member: the membership ends, and with it the places in teams. */
#include "../store.h"
#include "contracts/core_emit.h"
#include "handlers.h"

void remove_member_load(struct uow *uow, const struct command *command)
{
    const struct core_remove_member *removed = command->body;

    organization_want(uow);
    member_want(uow, (struct member_key){removed->member});
    team_member_want_all(uow, removed->member);
}

static int end_places(struct uow *uow, struct user_id user)
{
    struct team_member_rows places = team_member_all(uow, user);

    for (size_t i = 0; i < places.count; i++) {
        struct team_member *place;
        int r;

        if (!places.rows[i]->roles)
            continue; /* ended before */
        r = team_member_edit(uow, places.rows[i]->key, &place);
        if (r < 0)
            return r;
        place->roles = 0;
    }
    return 0;
}

int remove_member_decide(struct uow *uow, const struct command *command)
{
    const struct core_remove_member *removed = command->body;
    const struct organization *organization = organization_get(uow);
    int32_t roles = member_roles(member_get(uow, (struct member_key){removed->member}));
    struct core_member_removed event = {.member = removed->member};
    int r;

    if (!organization)
        return CORE_REMOVE_MEMBER_UNKNOWN_ORGANIZATION;
    if (!roles)
        return CORE_REMOVE_MEMBER_UNKNOWN_MEMBER;
    if (admins_end(organization, roles, 0))
        return CORE_REMOVE_MEMBER_LAST_ADMIN;

    r = give_roles(uow, removed->member, 0);
    if (r < 0)
        return r;
    r = end_places(uow, removed->member);
    if (r < 0)
        return r;
    return emit_core_member_removed(uow, &event);
}
