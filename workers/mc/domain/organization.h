/* What mc reads of core: the organization with its time zone, who is who in it, and its teams. */
#ifndef MC_ORGANIZATION_H
#define MC_ORGANIZATION_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/date.h"
#include "base/id.h"
#include "base/row.h"
#include "base/span.h"
#include "contracts/mc_ids.h"

enum { TEAM_MEMBERS = 1000 }; /* as many places as core gives in a team */

enum role { ROLE_PLAYER = 1, ROLE_COACH = 2, ROLE_ADMIN = 4 };

struct organization {
    struct span zone;
};

/* What day it is for the organization at that instant. 0, or -EINVAL: this system does not know the
 * organization's time zone. */
must_check int organization_date(const struct organization *organization, struct timestamp at,
                                 struct date *ret_date);

struct member_key {
    struct user_id member;
};
struct member {
    struct member_key key;
    int32_t roles;
};

/* False for NULL: no member. */
bool member_is(const struct member *member, enum role role);

struct team_key {
    struct team_id team;
};
struct team {
    struct team_key key;
};

/* A place in a team, with the roles that count there. */
struct team_member_key {
    struct team_id team;
    struct user_id member;
};
struct team_member {
    struct team_member_key key;
    int32_t roles;
};
ROWS_OF(team_member);

bool team_has(struct team_member_rows members, struct user_id member, enum role role);

#endif
