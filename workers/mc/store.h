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

/* mc's views, for the queries. A page of habits is of one player's that end on the day `until` or
 * later, or of all (DATE_NONE). */
VIEW_OF(published_habit, habit, struct user_id);
VIEW_PAGE(published_habit, habit);
VIEW(published_day, day);

/* The next day of each player whose days up to yesterday are not all closed. */
extern const char days_to_close[];

extern const struct entity *const mc_entities[];

#endif
