/* The tables that core's handlers may ask for. */
#ifndef CORE_STORE_H
#define CORE_STORE_H

#include "domain/membership.h"
#include "runtime/worker.h"

ENTITY_ONE(organization);
ENTITY_ONE(tenant_zone);
ENTITY(member);
ENTITY(team);
ENTITY_OF(team_member, struct user_id);

extern const struct entity *const core_entities[];

#endif
