/* A sweep comes over every block of its table, in steps and at a pace that are bounded. */
#include "runtime/sweep.h"

#include <CUnit/CUnit.h>
#include <string.h>

enum { BLOCKS = 1000, CHANCE = 990, NOW_MS = 5000 };

/* Does a round's steps from here to its end; counts how often each block was in one. */
static size_t round_of(struct sweep *sweep, unsigned char *seen, size_t blocks, int64_t rows)
{
    size_t steps = 0;
    bool last = false;

    memset(seen, 0, blocks);
    while (!last) {
        const struct sweep_range range = sweep_range(sweep);

        CU_ASSERT_FATAL(range.from >= 0 && range.from < range.to && range.to <= sweep->blocks);
        CU_ASSERT_TRUE(range.to - range.from <= SWEEP_BLOCKS);
        for (int64_t block = range.from; block < range.to; block++)
            seen[block]++;
        last = sweep_done(sweep, range, rows, NOW_MS + (int64_t)++steps);
    }
    return steps;
}

static bool each_once(const unsigned char *seen, size_t blocks)
{
    for (size_t i = 0; i < blocks; i++)
        if (seen[i] != 1)
            return false;
    return true;
}

void test_a_round_comes_over_every_block_once_from_wherever_it_began(void)
{
    static const uint64_t chances[] = {0, 1, SWEEP_BLOCKS, CHANCE, BLOCKS - 1, BLOCKS, UINT64_MAX};
    unsigned char seen[BLOCKS];

    for (size_t i = 0; i < sizeof chances / sizeof chances[0]; i++) {
        struct sweep sweep = {.began = false};

        sweep_begin(&sweep, BLOCKS, chances[i], NOW_MS);
        CU_ASSERT_EQUAL(sweep.at, (int64_t)(chances[i] % BLOCKS));
        round_of(&sweep, seen, BLOCKS, 3);
        CU_ASSERT_TRUE(each_once(seen, BLOCKS));
        CU_ASSERT_EQUAL(sweep.left, 0);
    }
}

void test_a_table_no_larger_than_a_step_is_swept_in_one(void)
{
    unsigned char seen[SWEEP_BLOCKS];

    for (uint64_t chance = 0; chance < 5; chance++) {
        struct sweep sweep = {.began = false};

        sweep_begin(&sweep, SWEEP_BLOCKS, chance, NOW_MS);
        CU_ASSERT_EQUAL(round_of(&sweep, seen, SWEEP_BLOCKS, 0), 1);
        CU_ASSERT_TRUE(each_once(seen, SWEEP_BLOCKS));
    }
}

void test_the_next_round_goes_on_where_the_last_one_ended(void)
{
    struct sweep sweep = {.began = false};
    unsigned char seen[2 * BLOCKS];

    sweep_begin(&sweep, BLOCKS, CHANCE, NOW_MS);
    round_of(&sweep, seen, BLOCKS, 0);
    sweep_begin(&sweep, 2 * BLOCKS, 7, NOW_MS);
    CU_ASSERT_EQUAL(sweep.at, CHANCE);
    round_of(&sweep, seen, (size_t)2 * BLOCKS, 0);
    CU_ASSERT_TRUE(each_once(seen, (size_t)2 * BLOCKS));
}

void test_a_table_that_became_shorter_is_swept_from_its_beginning(void)
{
    struct sweep sweep = {.began = false};
    unsigned char seen[10];

    sweep_begin(&sweep, BLOCKS, CHANCE, NOW_MS);
    sweep_begin(&sweep, 10, 7, NOW_MS);
    CU_ASSERT_EQUAL(sweep.at, 0);
    round_of(&sweep, seen, 10, 0);
    CU_ASSERT_TRUE(each_once(seen, 10));
}

void test_an_empty_table_is_swept_at_once(void)
{
    struct sweep sweep = {.began = false};

    sweep_begin(&sweep, 0, CHANCE, NOW_MS);
    sweep_begin(&sweep, 0, CHANCE, 3 * NOW_MS);
    CU_ASSERT_EQUAL(sweep.left, 0);
    CU_ASSERT_EQUAL(sweep.complete_ms, 3 * NOW_MS);
}

void test_a_round_knows_what_it_found_and_when_it_ended(void)
{
    struct sweep sweep = {.complete_ms = 7};
    unsigned char seen[BLOCKS];
    size_t steps;

    sweep_begin(&sweep, BLOCKS, 0, NOW_MS);
    CU_ASSERT_EQUAL(sweep.complete_ms, 7); /* none has ended yet */
    steps = round_of(&sweep, seen, BLOCKS, 3);
    CU_ASSERT_EQUAL(sweep.found, 3 * (int64_t)steps);
    CU_ASSERT_EQUAL(sweep.complete_ms, NOW_MS + (int64_t)steps);
    sweep_begin(&sweep, BLOCKS, 0, 9 * NOW_MS);
    CU_ASSERT_EQUAL(sweep.found, 0);
    CU_ASSERT_EQUAL(sweep.complete_ms, NOW_MS + (int64_t)steps);
}

static int64_t wait_of(int64_t blocks, int64_t rows)
{
    struct sweep sweep = {.began = false};

    sweep_begin(&sweep, blocks, 0, NOW_MS);
    return sweep_wait_ms(&sweep, sweep_range(&sweep), rows);
}

void test_the_pace_takes_half_a_day_for_a_round(void)
{
    const int64_t large = 350000, steps = large / SWEEP_BLOCKS + 1;
    const int64_t round_ms = steps * wait_of(large, 0);

    CU_ASSERT_TRUE(round_ms <= SWEEP_ROUND_MS && round_ms > SWEEP_ROUND_MS / 100 * 99);
}

void test_the_pace_has_bounds(void)
{
    CU_ASSERT_EQUAL(wait_of(1, 0), SWEEP_LATE_MS);
    CU_ASSERT_EQUAL(wait_of(INT64_C(1) << 32, 0), SWEEP_SOON_MS); /* PostgreSQL's largest table */
}

void test_a_step_that_finds_much_is_soon_followed_by_the_next(void)
{
    const int64_t many = SWEEP_MANY * SWEEP_BLOCKS;

    CU_ASSERT_EQUAL(wait_of(350000, many), SWEEP_SOON_MS);
    CU_ASSERT_EQUAL(wait_of(1, SWEEP_MANY), SWEEP_SOON_MS);
    CU_ASSERT_TRUE(wait_of(350000, many - 1) > SWEEP_SOON_MS);
}
