/* Who is asked what is due: everybody in the end, and first of all where the date has changed. */
#include <CUnit/CUnit.h>
#include <stdlib.h>

#include "runtime/timer_turns.h"

enum { MANY = 1000, MOST = 100, INTERVAL_MS = 1000 };

static void forget(struct turns *turns)
{
    turns_forget(turns);
}

static struct tenant_id tenant(size_t i)
{
    return (struct tenant_id){{{(uint8_t)(i >> 8), (uint8_t)i, 1}}};
}

static size_t number(const struct turn *turn)
{
    return (size_t)turn->tenant.uuid.bytes[0] << 8 | turn->tenant.uuid.bytes[1];
}

/* Tenants `from` to `to` on a day. */
static void list(struct turns *turns, size_t from, size_t to, int32_t day)
{
    struct turn *all = calloc(to - from + 1, sizeof *all);

    CU_ASSERT_PTR_NOT_NULL_FATAL(all);
    for (size_t i = from; i < to; i++)
        all[i - from] = (struct turn){.tenant = tenant(i), .today = {day}};
    CU_ASSERT_EQUAL(turns_list(turns, all, to - from), 0);
    free(all);
}

static size_t pick(struct turns *turns, int64_t now_ms, struct turn **picked, bool *more)
{
    return turns_pick(turns, now_ms, INTERVAL_MS, MOST, picked, more);
}

void test_who_was_never_asked_is_asked_at_once(void)
{
    cleanup(forget) struct turns turns = {0};
    bool asked[MANY] = {false}, more = true;
    struct turn *picked[MOST];

    list(&turns, 0, MANY, 7);
    for (int look = 0; more; look++) {
        CU_ASSERT_EQUAL_FATAL(pick(&turns, 5000, picked, &more), MOST);
        for (size_t i = 0; i < MOST; i++) {
            CU_ASSERT_FALSE(asked[number(picked[i])]);
            asked[number(picked[i])] = true;
        }
        CU_ASSERT_EQUAL(more, look < MANY / MOST - 1);
    }
    CU_ASSERT_EQUAL(pick(&turns, 5000, picked, &more), 0);
}

void test_all_others_are_asked_in_turn(void)
{
    cleanup(forget) struct turns turns = {0};
    struct turn *picked[MOST];
    unsigned asked[MANY] = {0};
    bool more = true;

    list(&turns, 0, MANY, 7);
    while (more)
        CU_ASSERT_EQUAL_FATAL(pick(&turns, 5000, picked, &more), MOST);
    for (int look = 1; look <= 3 * MANY / MOST; look++) {
        list(&turns, 0, MANY, 7);
        CU_ASSERT_EQUAL(pick(&turns, 5000 + look * INTERVAL_MS, picked, &more), MOST);
        CU_ASSERT_FALSE(more);
        for (size_t i = 0; i < MOST; i++)
            asked[number(picked[i])]++;
    }
    for (size_t i = 0; i < MANY; i++)
        CU_ASSERT_EQUAL(asked[i], 3);
}

void test_nobody_is_asked_twice_within_the_interval_but_for_a_new_date(void)
{
    cleanup(forget) struct turns turns = {0};
    struct turn *picked[MOST];
    bool more;

    list(&turns, 0, 3, 7);
    CU_ASSERT_EQUAL(pick(&turns, 5000, picked, &more), 3);
    picked[1]->due = true;
    CU_ASSERT_EQUAL(pick(&turns, 5000 + INTERVAL_MS - 1, picked, &more), 0);
    list(&turns, 0, 3, 8);
    CU_ASSERT_EQUAL(pick(&turns, 5000 + INTERVAL_MS - 1, picked, &more), 3);
    CU_ASSERT_EQUAL(picked[0]->asked.days, 8);
}

void test_a_new_date_comes_before_what_may_be_due_and_that_before_the_others(void)
{
    cleanup(forget) struct turns turns = {0};
    struct turn *picked[MOST];
    struct turn all[4];
    bool more;

    list(&turns, 0, 4, 7);
    CU_ASSERT_EQUAL(pick(&turns, 5000, picked, &more), 4);
    picked[2]->due = true;
    for (size_t i = 0; i < 4; i++)
        all[i] = (struct turn){.tenant = tenant(i), .today = {i == 3 ? 8 : 7}};
    CU_ASSERT_EQUAL(turns_list(&turns, all, 4), 0);
    CU_ASSERT_EQUAL(turns_pick(&turns, 5000 + INTERVAL_MS, INTERVAL_MS, 3, picked, &more), 3);
    CU_ASSERT_EQUAL(number(picked[0]), 3);
    CU_ASSERT_EQUAL(number(picked[1]), 2);
    CU_ASSERT_EQUAL(number(picked[2]), 0);
    CU_ASSERT_EQUAL(turns_pick(&turns, 5000 + INTERVAL_MS, INTERVAL_MS, 3, picked, &more), 1);
    CU_ASSERT_EQUAL(number(picked[0]), 1);
}

static void note(unsigned *asked, struct turn **picked, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        asked[number(picked[i])]++;
        picked[i]->due |= number(picked[i]) >= MANY / 2;
    }
}

/* Half of them have something due whenever they are asked. */
void test_who_always_has_something_due_does_not_keep_others_from_their_turn(void)
{
    cleanup(forget) struct turns turns = {0};
    struct turn *picked[MOST];
    unsigned asked[MANY] = {0};
    bool more;

    list(&turns, 0, MANY, 7);
    for (int look = 0; look < 100; look++)
        note(asked, picked, pick(&turns, 5000 + look * INTERVAL_MS, picked, &more));
    for (size_t i = 0; i < MANY; i++)
        CU_ASSERT_TRUE(asked[i] >= 4);
}

void test_what_is_known_of_a_tenant_outlives_others_coming_and_going(void)
{
    cleanup(forget) struct turns turns = {0};
    struct turn *picked[MOST];
    bool more;

    list(&turns, 10, 20, 7);
    CU_ASSERT_EQUAL(pick(&turns, 5000, picked, &more), 10);
    list(&turns, 5, 15, 7);
    CU_ASSERT_EQUAL(pick(&turns, 5001, picked, &more), 5); /* the new ones */
    for (size_t i = 0; i < 5; i++)
        CU_ASSERT_TRUE(number(picked[i]) < 10);
    list(&turns, 0, 0, 7);
    CU_ASSERT_EQUAL(pick(&turns, 9000, picked, &more), 0);
    CU_ASSERT_FALSE(more);
    list(&turns, 10, 11, 7);
    CU_ASSERT_EQUAL(pick(&turns, 9000, picked, &more), 1);
}
