/* One club with one player, for the tests of mc's handlers. */
#ifndef MC_COURT_H
#define MC_COURT_H

#include <CUnit/CUnit.h>

#include "../workers/mc/settings.h"
#include "../workers/mc/store.h"
#include "contracts/mc.h"
#include "support/scene.h"

extern const struct worker worker_mc;

enum { PLAYER = 0xaa, COACH = 0xcc, HABIT = 0x11, TEAM = 0x55 };

static const struct mc_settings court_settings = {.late_days = 14};
static const struct user_id court_player = {{{[0 ... 15] = PLAYER}}};
static const struct habit_id court_habit = {{{[0 ... 15] = HABIT}}};

/* It is Sunday noon in Oslo, 2026-11-22, and the player of the club is who sends. */
static inline void court_init(struct scene *scene)
{
    scene_init(scene, &worker_mc, &court_settings);
    scene_seed(scene, &organization_entity,
               &(struct organization){.zone = span_text("Europe/Oslo")});
    scene_seed(scene, &member_entity,
               &(struct member){.key = {court_player}, .roles = ROLE_PLAYER});
}

/* A daily habit of the player's, in the slot of the same number as its id. */
static inline void court_seed_habit(struct scene *scene, uint8_t number, int32_t weight)
{
    scene_seed(scene, &habit_entity,
               &(struct habit){
                   .key = {.player = court_player, .habit = {uuid_of(number)}},
                   .slot = number,
                   .title = span_text("Juggle"),
                   .weekdays = 127,
                   .weight = weight,
                   .from = day_at("2026-11-01"),
                   .until = {DATE_NONE},
                   .held = {DATE_NONE},
               });
}

static inline const struct habit *court_habit_row(struct scene *scene, uint8_t number)
{
    return scene_row(scene, &habit_entity, &(struct habit_key){court_player, {uuid_of(number)}});
}

static inline void court_seed_player(struct scene *scene, const char *closed_through)
{
    scene_seed(scene, &player_entity,
               &(struct player){{court_player}, .closed_through = day_at(closed_through)});
}

static inline const struct day *court_day(struct scene *scene, const char *day)
{
    return scene_row(scene, &day_entity,
                     &(struct day_key){.player = court_player, .day = day_at(day)});
}

#endif
