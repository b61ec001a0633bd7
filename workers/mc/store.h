/* The tables and views that mc's handlers and queries may ask for. */
#ifndef MC_STORE_H
#define MC_STORE_H

#include "domain/day.h"
#include "domain/habit.h"
#include "domain/organization.h"
#include "runtime/worker.h"

/* mc's own. */
ENTITY(player);
ENTITY_OF(habit, struct user_id);
ENTITY(day);

/* core's views: read only. */
ENTITY_ONE(organization);
ENTITY(member);
ENTITY(team);
ENTITY_OF(team_member, struct team_id);

/* mc's views, for the queries: rows of struct habit and struct day. */
extern const struct entity published_habit_entity, published_day_entity;

/* The next day of each player whose days up to yesterday are not all closed. */
extern const char days_to_close[];

extern const struct entity *const mc_entities[];

#endif
