/* core.assign-to-team: a member gets a place in a team, or a second role in it. */
#include "../store.h"
#include "contracts/core_emit.h"
#include "handlers.h"

void assign_to_team_load(struct uow *uow, const struct command *command)
{
    const struct core_assign_to_team *wanted = command->body;

    team_want(uow, (struct team_key){wanted->team});
    member_want(uow, (struct member_key){wanted->member});
    team_member_want_all(uow, wanted->member);
}

/* A place that is new to the team counts there. */
static int count_place(struct uow *uow, struct team_id team)
{
    struct team *row;
    int r = team_edit(uow, (struct team_key){team}, &row);

    if (r < 0)
        return r;
    row->members++;
    return 0;
}

static int give_place(struct uow *uow, const struct core_assign_to_team *wanted, int32_t role)
{
    struct team_member_key key = {.member = wanted->member, .team = wanted->team};
    struct team_member *place;
    int r = team_member_edit(uow, key, &place);

    if (r < 0)
        return r;
    place->roles |= role;
    return 0;
}

int assign_to_team_decide(struct uow *uow, const struct command *command)
{
    const struct core_assign_to_team *wanted = command->body;
    const struct team *team = team_get(uow, (struct team_key){wanted->team});
    int32_t roles = member_roles(member_get(uow, (struct member_key){wanted->member}));
    struct team_member_rows places = team_member_all(uow, wanted->member);
    const struct team_member *place = places_find(places, wanted->team);
    int32_t role = roles_of(&wanted->as, 1);
    struct core_team_assigned event = {
        .team = wanted->team,
        .member = wanted->member,
        .as = wanted->as,
    };
    int r;

    if (!team)
        return CORE_ASSIGN_TO_TEAM_UNKNOWN_TEAM;
    if (!roles)
        return CORE_ASSIGN_TO_TEAM_UNKNOWN_MEMBER;
    if (!(roles & role))
        return CORE_ASSIGN_TO_TEAM_ROLE_MISSING;
    if (place && (place->roles & role))
        return 0;
    if (!place) {
        if (places.count >= MEMBER_TEAMS)
            return CORE_ASSIGN_TO_TEAM_TOO_MANY_TEAMS;
        if (team->members >= TEAM_MEMBERS)
            return CORE_ASSIGN_TO_TEAM_TEAM_FULL;
        r = count_place(uow, wanted->team);
        if (r < 0)
            return r;
    }

    r = give_place(uow, wanted, role);
    if (r < 0)
        return r;
    return emit_core_team_assigned(uow, &event);
}
