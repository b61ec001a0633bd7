/* The time that commands are stamped with. This machine's clock may be wrong, or be set while we
 * run, and a worker refuses what is far ahead of the time at which the broker appended it: so the
 * time goes on by itself (CLOCK_MONOTONIC) from what the database's clock said first, and stays
 * within what each delivery report tells of the broker's. */
#ifndef INGRESS_WALL_CLOCK_H
#define INGRESS_WALL_CLOCK_H

#include "base/date.h"
#include "database.h"

struct wall_clock;

/* NULL without memory. Begins with this machine's time, and asks the database once. */
struct wall_clock *wall_clock_new(struct database *database);

/* After the database. NULL is allowed. */
void wall_clock_free(struct wall_clock *clock);
struct timestamp wall_clock_now(const struct wall_clock *clock);

/* Another clock said `time`, in whole milliseconds, at some moment since `since_us` (monotonic). */
void wall_clock_heard(struct wall_clock *clock, struct timestamp time, int64_t since_us);

#endif
