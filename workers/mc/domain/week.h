/* A player's week as a grid of habits by seven days, with scores. */
#ifndef MC_WEEK_H
#define MC_WEEK_H

#include "day.h"

enum { WEEK_DAYS = 7 };

struct week {
    struct date monday, today;
    struct habit_rows habits;          /* all of the player's */
    const struct day *days[WEEK_DAYS]; /* NULL: nothing was said on that day */
};

enum cell { CELL_NOT_DUE, CELL_DONE, CELL_MISSED, CELL_OPEN };

/* A due day that is over is missed unless done; today and later it is open. `i` from 0, Monday. */
enum cell week_cell(const struct week *week, const struct habit *habit, int i);

/* Does the habit belong into this week's grid? */
bool week_shows(const struct week *week, const struct habit *habit);

/* A closed day weighs what the events told of it, also where habits were defined for it since. */
struct weights week_day_weights(const struct week *week, int i);
struct weights week_weights(const struct week *week); /* of all seven days, also those to come */

#endif
