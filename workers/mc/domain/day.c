/* Marks and scores of a day. */
#include "day.h"

static int64_t mark_of(const struct habit *habit)
{
    return (int64_t)(UINT64_C(1) << habit->slot);
}

bool day_done(const struct day *day, const struct habit *habit)
{
    return day && (day->done & mark_of(habit));
}

bool day_says(const struct day *day, const struct habit *habit, bool done)
{
    return day && (day->said & mark_of(habit)) && day_done(day, habit) == done;
}

void day_mark(struct day *day, const struct habit *habit, bool done)
{
    day->said |= mark_of(habit);
    if (done)
        day->done |= mark_of(habit);
    else
        day->done &= ~mark_of(habit);
}

struct weights day_weights(const struct day *day, struct date date, struct habit_rows habits)
{
    struct weights weights = {0};

    for (size_t i = 0; i < habits.count; i++) {
        const struct habit *habit = habits.rows[i];

        if (!habit_due(habit, date))
            continue;
        weights.due += habit->weight;
        if (day_done(day, habit))
            weights.done += habit->weight;
    }
    return weights;
}

struct weights day_weigh(struct day *day, struct habit_rows habits)
{
    struct weights weights = day_weights(day, day->key.day, habits);

    day->weight_done = weights.done;
    day->weight_due = weights.due;
    return weights;
}

int32_t weights_score(struct weights weights)
{
    return (200 * weights.done + weights.due) / (2 * weights.due);
}
