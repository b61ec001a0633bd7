/* A habit: what a player wants to do, on which days, and how much it counts. */
#ifndef MC_HABIT_H
#define MC_HABIT_H

#include <stdbool.h>

#include "base/date.h"
#include "base/id.h"
#include "base/row.h"
#include "base/span.h"
#include "contracts/mc_ids.h"

enum {
    SLOTS = 64,               /* habits of a player that may share a day: bits of a day's marks */
    HABITS_PER_PLAYER = 1000, /* that a player may ever have */
    NO_SLOT = -1,
};

struct habit_key {
    struct user_id player;
    struct habit_id habit;
};
struct habit {
    struct habit_key key;
    int32_t slot; /* the habit's bit in the marks of a day */
    struct span title;
    int32_t weekdays; /* weekday_bit of each on which it is due */
    int32_t weight;
    struct date from;
    struct date until; /* the last day; DATE_NONE: there is none */
    struct date held;  /* marks in the slot reach no further than this day; DATE_NONE: no end */
    struct timestamp defined_at; /* the time of the command that defined it */
};
ROWS_OF(habit);

int32_t weekday_bit(enum weekday weekday);

/* Whether a habit may run from a day until another (or DATE_NONE), as seen today. */
enum period { PERIOD_FINE, PERIOD_ENDS_BEFORE_START, PERIOD_TOO_OLD };
enum period period_check(struct date from, struct date until, struct date today, int64_t late_days);

bool habit_due(const struct habit *habit, struct date day);

/* Do two habits ask for the same, whatever their slots? */
bool habit_same(const struct habit *a, const struct habit *b);

/* May it be due after that day? */
bool habit_runs_past(const struct habit *habit, struct date day);

/* Makes `day` the last one, as said on the day `today`: the slot stays held as long as there may be
 * marks in it. */
void habit_end(struct habit *habit, struct date day, struct date today);

const struct habit *habits_find(struct habit_rows habits, struct habit_id habit);

/* A slot that no other habit holds on any day from `from` to `until`, or NO_SLOT, also where the
 * player has HABITS_PER_PLAYER already. */
int32_t habits_free_slot(struct habit_rows habits, struct date from, struct date until);

#endif
