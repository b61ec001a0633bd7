/* What core answers to readers (runtime/worker.h says how). */
#ifndef CORE_QUERIES_H
#define CORE_QUERIES_H

#include "contracts/core.h"
#include "runtime/worker.h"

QUERY(organization, core_organization);
QUERY(members, core_members);
QUERY(teams, core_teams);
QUERY(team_members, core_team_members);

#endif
