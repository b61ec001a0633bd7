#include "wall_clock.h"

#include <stdlib.h>

struct wall_clock {
    int64_t ahead_us; /* of CLOCK_MONOTONIC */
    struct database_part part;
    bool known; /* somebody else's clock was heard */
    int64_t asked_us;
    int answer;
};

static bool wants(void *data)
{
    return !((struct wall_clock *)data)->known;
}

static int queue(void *data, struct pg *pg, struct arena *arena)
{
    struct wall_clock *clock = data;

    (void)arena;
    clock->asked_us = monotonic_us();
    clock->answer = pg_add(pg, "select clock_timestamp()", NULL, 0);
    return clock->answer;
}

static void take(void *data, struct pg *pg)
{
    struct wall_clock *clock = data;
    const struct pg_rows *rows = pg_rows(pg, clock->answer);

    if (!clock->known && pg_row_count(rows) == 1)
        wall_clock_heard(clock, pg_get_timestamp(rows, 0, 0), clock->asked_us);
}

static void fail(void *data)
{
    (void)data; /* asked again in the next round */
}

struct wall_clock *wall_clock_new(struct database *database)
{
    struct wall_clock *clock = calloc(1, sizeof *clock);

    if (!clock)
        return NULL;
    clock->ahead_us = timestamp_now().us - monotonic_us();
    clock->part = (struct database_part){
        .wants = wants, .queue = queue, .take = take, .fail = fail, .data = clock};
    database_add(database, &clock->part);
    return clock;
}

void wall_clock_free(struct wall_clock *clock)
{
    free(clock);
}

struct timestamp wall_clock_now(const struct wall_clock *clock)
{
    return (struct timestamp){monotonic_us() + clock->ahead_us};
}

void wall_clock_heard(struct wall_clock *clock, struct timestamp time, int64_t since_us)
{
    const int64_t least_us = time.us - monotonic_us(), most_us = time.us + 1000 - since_us;

    clock->known = true;
    if (clock->ahead_us < least_us)
        clock->ahead_us = least_us;
    else if (clock->ahead_us > most_us)
        clock->ahead_us = most_us;
}
