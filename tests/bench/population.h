/* Whom the benchmarks play with, and what those say: clubs whose sizes follow Zipf's law, their
 * players with habits, and a course of mc.record-check commands. The same each time, but for
 * today's date and the commands' times. */
#ifndef BENCH_POPULATION_H
#define BENCH_POPULATION_H

#include "contracts/mc.h"
#include "runtime/record.h"

enum {
    CLUBS = 100,
    PLAYERS = 10000,
    HABITS = 5, /* of each player, due every day */
    DAYS = 7,   /* that checks are about: today and before */
    RECENT = 1000,
    TEAM = 1000, /* players of the first club's team */
};

struct club {
    struct tenant_id tenant;
    struct user_id admin;
};

struct bench_player {
    const struct club *club;
    struct user_id user;
    struct habit_id habits[HABITS];
};

struct population {
    struct bench_player players[PLAYERS];
    bool ticks;          /* timers know the clubs */
    struct team_id team; /* TEAM players of the first club, where there are CLUBS */
    size_t club_count;
    struct club clubs[];
};

struct check {
    const struct bench_player *player;
    struct user_id actor; /* mostly the player */
    struct message_id id;
    struct timestamp time;
    struct mc_record_check body;
};

/* Who says it. */
enum course_kind {
    COURSE_MIXED,      /* anybody */
    COURSE_ONE_PLAYER, /* the first player, all of it */
    COURSE_IN_TURN,    /* one after the other, the whole population in a circle */
};

/* What was said so far, so that every check says something new, and what must stand in the end. */
struct course {
    const struct population *population;
    enum course_kind kind;
    uint64_t random;
    uint8_t said[PLAYERS][DAYS], done[PLAYERS][DAYS]; /* a bit a habit */
    struct check recent[RECENT];
    size_t distinct, repeated;
};

/* Allocated; NULL without memory. The caller frees it. */
struct population *population_make(void);

/* The same with a club for each player: so many tenants. None of them is in the other population.
 */
struct population *population_make_alone(void);

/* As many clubs and players again; none of them is in the other populations. */
struct population *population_make_more(void);

/* SQL with COPY, for psql as the operator, that puts the population into a database that does not
 * have it. */
void population_write(const struct population *population);

/* Allocated; NULL without memory. The caller frees it. */
struct course *course_begin(const struct population *population, enum course_kind kind);

/* The next check, borrowed until RECENT later; one in a hundred was there before. */
const struct check *course_next(struct course *course);

/* Marks that must stand after all that course_next gave. */
size_t course_marks(const struct course *course, bool done);

#endif
