/* When habits are due, how they end, and who holds which slot. */
#include "habit.h"

int32_t weekday_bit(enum weekday weekday)
{
    return 1 << (weekday - MONDAY);
}

/* Is `day` not after the last day `until`, which may be none? */
static bool reaches(struct date until, struct date day)
{
    return until.days == DATE_NONE || date_cmp(day, until) <= 0;
}

enum period period_check(struct date from, struct date until, struct date today, int64_t late_days)
{
    if (!reaches(until, from))
        return PERIOD_ENDS_BEFORE_START;
    if (date_diff(today, from) > late_days)
        return PERIOD_TOO_OLD;
    return PERIOD_FINE;
}

bool habit_due(const struct habit *habit, struct date day)
{
    return date_cmp(day, habit->from) >= 0 && reaches(habit->until, day) &&
           (habit->weekdays & weekday_bit(date_weekday(day)));
}

bool habit_same(const struct habit *a, const struct habit *b)
{
    return span_equal(a->title, b->title) && a->weekdays == b->weekdays && a->weight == b->weight &&
           date_cmp(a->from, b->from) == 0 && date_cmp(a->until, b->until) == 0;
}

bool habit_runs_past(const struct habit *habit, struct date day)
{
    return habit->until.days == DATE_NONE || date_cmp(habit->until, day) > 0;
}

void habit_end(struct habit *habit, struct date day, struct date today)
{
    struct date held = date_later(day, today);

    habit->until = day;
    if (reaches(habit->held, held))
        habit->held = held;
}

const struct habit *habits_find(struct habit_rows habits, struct habit_id habit)
{
    for (size_t i = 0; i < habits.count; i++)
        if (uuid_equal(habits.rows[i]->key.habit.uuid, habit.uuid))
            return habits.rows[i];
    return NULL;
}

int32_t habits_free_slot(struct habit_rows habits, struct date from, struct date until)
{
    uint64_t held = 0;

    if (habits.count >= HABITS_PER_PLAYER)
        return NO_SLOT;
    for (size_t i = 0; i < habits.count; i++) {
        const struct habit *other = habits.rows[i];

        if (reaches(until, other->from) && reaches(other->held, from))
            held |= UINT64_C(1) << other->slot;
    }
    for (int32_t slot = 0; slot < SLOTS; slot++)
        if (!(held & UINT64_C(1) << slot))
            return slot;
    return NO_SLOT;
}
