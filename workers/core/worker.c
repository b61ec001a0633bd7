/* core: organizations, members with roles, and teams. */
#include "contracts/core.h"
#include "handlers/handlers.h"
#include "queries.h"
#include "store.h"

static const struct handler handlers[] = {
    {&core_create_organization_message, create_organization_load, create_organization_decide},
    {&core_add_member_message, add_member_load, add_member_decide},
    {&core_change_roles_message, change_roles_load, change_roles_decide},
    {&core_remove_member_message, remove_member_load, remove_member_decide},
    {&core_create_team_message, create_team_load, create_team_decide},
    {&core_assign_to_team_message, assign_to_team_load, assign_to_team_decide},
    {NULL, NULL, NULL},
};

static const struct query queries[] = {
    QUERY_OF(organization, core_organization),
    QUERY_OF(members, core_members),
    QUERY_OF(teams, core_teams),
    QUERY_OF(team_members, core_team_members),
    {.on = NULL},
};

const struct worker worker_core = {
    .name = "core",
    .handlers = handlers,
    .queries = queries,
    .entities = core_entities,
};
