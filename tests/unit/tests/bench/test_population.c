#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

#include "bench/population.h"

enum { SOME = 3000 };

/* Whom the course's next commands are about; what came before is left out. */
static void take_players(enum course_kind kind, const struct population *population,
                         size_t ret_said[PLAYERS])
{
    struct course *course = course_begin(population, kind);

    CU_ASSERT_PTR_NOT_NULL_FATAL(course);
    memset(ret_said, 0, PLAYERS * sizeof *ret_said);
    while (course->distinct < SOME) {
        const size_t distinct = course->distinct;
        const struct check *check = course_next(course);

        if (course->distinct > distinct)
            ret_said[check->player - population->players]++;
    }
    free(course);
}

static size_t count_said(const size_t said[PLAYERS], size_t most)
{
    size_t players = 0;

    for (size_t i = 0; i < PLAYERS; i++) {
        CU_ASSERT(said[i] <= most);
        players += said[i] > 0;
    }
    return players;
}

void test_a_population_is_the_same_each_time(void)
{
    struct population *a = population_make(), *b = population_make();

    CU_ASSERT_PTR_NOT_NULL_FATAL(a);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b);
    CU_ASSERT_EQUAL(a->club_count, CLUBS);
    CU_ASSERT(uuid_equal(a->players[99].user.uuid, b->players[99].user.uuid));
    CU_ASSERT_EQUAL(a->players[99].club - a->clubs, b->players[99].club - b->clubs);
    free(a);
    free(b);
}

void test_alone_each_player_has_a_club(void)
{
    struct population *usual = population_make(), *alone = population_make_alone();

    CU_ASSERT_PTR_NOT_NULL_FATAL(usual);
    CU_ASSERT_PTR_NOT_NULL_FATAL(alone);
    CU_ASSERT_EQUAL(alone->club_count, PLAYERS);
    for (size_t i = 0; i < PLAYERS; i++)
        CU_ASSERT_PTR_EQUAL(alone->players[i].club, &alone->clubs[i]);
    for (size_t i = 0; i < CLUBS; i++)
        CU_ASSERT_FALSE(uuid_equal(usual->clubs[0].tenant.uuid, alone->clubs[i].tenant.uuid));
    free(usual);
    free(alone);
}

void test_courses_are_about_whom_they_say(void)
{
    static size_t said[PLAYERS];
    struct population *population = population_make();

    CU_ASSERT_PTR_NOT_NULL_FATAL(population);
    take_players(COURSE_ONE_PLAYER, population, said);
    CU_ASSERT_EQUAL(said[0], SOME);
    CU_ASSERT_EQUAL(count_said(said, SOME), 1);
    take_players(COURSE_IN_TURN, population, said);
    CU_ASSERT_EQUAL(count_said(said, 1), SOME);
    take_players(COURSE_MIXED, population, said);
    CU_ASSERT(count_said(said, 10) > SOME / 2);
    free(population);
}
