/* The cells and sums of a week. */
#include "week.h"

enum cell week_cell(const struct week *week, const struct habit *habit, int i)
{
    struct date date = date_add(week->monday, i);

    if (!habit_due(habit, date))
        return CELL_NOT_DUE;
    if (day_done(week->days[i], habit))
        return CELL_DONE;
    return date_cmp(date, week->today) < 0 ? CELL_MISSED : CELL_OPEN;
}

bool week_shows(const struct week *week, const struct habit *habit)
{
    for (int i = 0; i < WEEK_DAYS; i++)
        if (habit_due(habit, date_add(week->monday, i)))
            return true;
    return false;
}

struct weights week_day_weights(const struct week *week, int i)
{
    const struct day *day = week->days[i];

    if (day && day->closed)
        return (struct weights){.done = day->weight_done, .due = day->weight_due};
    return day_weights(day, date_add(week->monday, i), week->habits);
}

struct weights week_weights(const struct week *week)
{
    struct weights sum = {0};

    for (int i = 0; i < WEEK_DAYS; i++) {
        struct weights day = week_day_weights(week, i);

        sum.done += day.done;
        sum.due += day.due;
    }
    return sum;
}
