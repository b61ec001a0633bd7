/* Roles and places. */
#include "membership.h"

int32_t roles_of(const int32_t *items, size_t count)
{
    int32_t roles = 0;

    for (size_t i = 0; i < count; i++)
        roles |= ROLE_PLAYER << items[i];
    return roles;
}

const int32_t *roles_list(int32_t roles, size_t *ret_count)
{
    static const struct {
        int32_t items[3];
        size_t count;
    } lists[] = {{{0}, 0}, {{0}, 1},    {{1}, 1},    {{0, 1}, 2},
                 {{2}, 1}, {{0, 2}, 2}, {{1, 2}, 2}, {{0, 1, 2}, 3}};

    *ret_count = lists[roles & 7].count;
    return lists[roles & 7].items;
}

int32_t member_roles(const struct member *member)
{
    return member ? member->roles : 0;
}

int32_t admins_added(int32_t before, int32_t after)
{
    return !!(after & ROLE_ADMIN) - !!(before & ROLE_ADMIN);
}

bool admins_end(const struct organization *organization, int32_t before, int32_t after)
{
    return organization->admins + admins_added(before, after) < 1;
}

const struct team_member *places_find(struct team_member_rows places, struct team_id team)
{
    for (size_t i = 0; i < places.count; i++)
        if (uuid_equal(places.rows[i]->key.team.uuid, team.uuid))
            return places.rows[i];
    return NULL;
}
