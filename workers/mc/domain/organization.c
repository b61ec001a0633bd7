/* Roles and days of an organization. */
#include "organization.h"

#include <errno.h>

#include "base/zone.h"

int organization_date(const struct organization *organization, struct timestamp at,
                      struct date *ret_date)
{
    const struct zone *zone;
    int r = zone_find(organization->zone, &zone);

    if (r < 0)
        return r == -ENOENT ? -EINVAL : r;
    *ret_date = zone_date(zone, at);
    return 0;
}

bool member_is(const struct member *member, enum role role)
{
    return member && (member->roles & (int32_t)role);
}

bool team_has(struct team_member_rows members, struct user_id member, enum role role)
{
    for (size_t i = 0; i < members.count; i++) {
        const struct team_member *row = members.rows[i];

        if (uuid_equal(row->key.member.uuid, member.uuid))
            return row->roles & (int32_t)role;
    }
    return false;
}
