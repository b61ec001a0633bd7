/* One club with one OrgAdmin, for the tests of core's handlers. */
#ifndef CORE_CLUB_H
#define CORE_CLUB_H

#include <CUnit/CUnit.h>

#include "../workers/core/store.h"
#include "contracts/core.h"
#include "support/scene.h"

extern const struct worker worker_core;

enum { ADMIN = 0xaa, MEMBER = 0x11, TEAM = 0x55 };

static const struct user_id club_admin = {{{[0 ... 15] = ADMIN}}};
static const struct user_id club_member = {{{[0 ... 15] = MEMBER}}};
static const struct team_id club_team = {{{[0 ... 15] = TEAM}}};

static inline void club_seed_member(struct scene *scene, struct user_id user, int32_t roles)
{
    scene_seed(scene, &member_entity, &(struct member){{user}, .roles = roles});
}

/* The club's only OrgAdmin is who sends. */
static inline void club_init(struct scene *scene)
{
    scene_init(scene, &worker_core, NULL);
    scene_seed(scene, &organization_entity,
               &(struct organization){
                   .name = span_text("FK Fjord"), .zone = span_text("Europe/Oslo"), .admins = 1});
    club_seed_member(scene, club_admin, ROLE_ADMIN);
}

static inline int32_t club_roles(struct scene *scene, struct user_id user)
{
    return member_roles(scene_row(scene, &member_entity, &(struct member_key){user}));
}

static inline const struct organization *club_organization(struct scene *scene)
{
    return scene_row(scene, &organization_entity, NULL);
}

static inline const struct team_member *club_place(struct scene *scene, struct user_id user,
                                                   struct team_id team)
{
    return scene_row(scene, &team_member_entity, &(struct team_member_key){user, team});
}

#endif
