/* The tables and views that core's handlers and queries may ask for. */
#ifndef CORE_STORE_H
#define CORE_STORE_H

#include "domain/membership.h"
#include "runtime/worker.h"

ENTITY_ONE(organization);
ENTITY_ONE(tenant_zone);
ENTITY(member);
ENTITY(team);
ENTITY_OF(team_member, struct user_id);

/* core's views, for the queries. A page of members is of those who have all of the roles that it
 * asks for; a page of places is of one team. */
VIEW_ONE(published_organization, organization);
VIEW_PAGE(published_member, member);
VIEW(published_team, team);
VIEW_PAGE(published_team, team);
VIEW_PAGE(published_team_member, team_member);

extern const struct entity *const core_entities[];

#endif
