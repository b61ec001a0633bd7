/* An organization, its members with their roles, and their places in its teams. */
#ifndef CORE_MEMBERSHIP_H
#define CORE_MEMBERSHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/id.h"
#include "base/row.h"
#include "base/span.h"
#include "contracts/core_ids.h"

enum role { ROLE_PLAYER = 1, ROLE_COACH = 2, ROLE_ADMIN = 4 }; /* bits of `roles` */

enum {
    MEMBER_TEAMS = 100, /* teams in which one member may ever have had a place */
    TEAM_MEMBERS = 1000 /* members who may ever have had a place in one team */
};

struct organization {
    struct span name;
    struct span zone;
    int32_t kind;
    int32_t admins; /* members who are OrgAdmin */
};

/* The organization's zone where the platform's timers look for it. */
struct tenant_zone {
    struct span zone;
};

struct member_key {
    struct user_id member;
};
struct member {
    struct member_key key;
    int32_t roles; /* 0: the membership ended */
};
ROWS_OF(member);

struct team_key {
    struct team_id team;
};
struct team {
    struct team_key key;
    struct span name;
    int32_t members; /* places that were ever given */
};
ROWS_OF(team);

struct team_member_key {
    struct user_id member;
    struct team_id team;
};
struct team_member {
    struct team_member_key key;
    int32_t roles; /* 0: the place was taken away */
};
ROWS_OF(team_member);

/* Roles of a contract's list (player, coach, org_admin) as bits. */
int32_t roles_of(const int32_t *items, size_t count);

/* And back: static, sorted. */
const int32_t *roles_list(int32_t roles, size_t *ret_count);

/* The roles of a member; none for NULL. */
int32_t member_roles(const struct member *member);

/* How many OrgAdmins more (or fewer) there are when a member's roles change. */
int32_t admins_added(int32_t before, int32_t after);

/* Would nobody be OrgAdmin any more? */
bool admins_end(const struct organization *organization, int32_t before, int32_t after);

const struct team_member *places_find(struct team_member_rows places, struct team_id team);

#endif
