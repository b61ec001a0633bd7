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
    struct club clubs[CLUBS];
    struct bench_player players[PLAYERS];
};

struct check {
    const struct bench_player *player;
    struct user_id actor; /* mostly the player */
    struct message_id id;
    struct timestamp time;
    struct mc_record_check body;
};

/* What was said so far, so that every check says something new, and what must stand in the end. */
struct course {
    const struct population *population;
    uint64_t random;
    uint8_t said[PLAYERS][DAYS], done[PLAYERS][DAYS]; /* a bit a habit */
    struct check recent[RECENT];
    size_t distinct, repeated;
};

/* Allocated; NULL without memory. The caller frees it. */
struct population *population_make(void);

/* SQL with COPY, for psql as the operator, that puts the population into an empty database. */
void population_write(const struct population *population);

/* Allocated; NULL without memory. The caller frees it. */
struct course *course_begin(const struct population *population);

/* The next check, borrowed until RECENT later; one in a hundred was there before. */
const struct check *course_next(struct course *course);

/* Marks that must stand after all that course_next gave. */
size_t course_marks(const struct course *course, bool done);

#endif
