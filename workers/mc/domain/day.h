/* A player's day: what was said of each habit, and what it is worth. */
#ifndef MC_DAY_H
#define MC_DAY_H

#include "habit.h"

struct day_key {
    struct user_id player;
    struct date day;
};
struct day {
    struct day_key key;
    int64_t said;                    /* by slot: something was said of the habit */
    int64_t done;                    /* by slot: and last that it was done */
    int32_t weight_done, weight_due; /* as the events told it last */
    bool closed;                     /* the day is over, and was told as such */
};

/* How far a player's days are closed. */
struct player_key {
    struct user_id player;
};
struct player {
    struct player_key key;
    struct date closed_through; /* every day to this one is closed */
};

/* Sums of the weights of what was due and is done. */
struct weights {
    int32_t done, due;
};

/* `day` may be NULL: nothing was said yet. */
bool day_done(const struct day *day, const struct habit *habit);
bool day_says(const struct day *day, const struct habit *habit, bool done);

void day_mark(struct day *day, const struct habit *habit, bool done);

/* What the habits that are due on `date` weigh, and those of them that are done. */
struct weights day_weights(const struct day *day, struct date date, struct habit_rows habits);

/* Keeps in the day's row what it weighs now, and returns it. */
struct weights day_weigh(struct day *day, struct habit_rows habits);

/* 100 x done / due rounded half up. Where nothing is due there is no score: ask weights.due first.
 */
int32_t weights_score(struct weights weights);

#endif
