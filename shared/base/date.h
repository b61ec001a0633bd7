/* Civil dates, ISO weeks and instants. Pure: nothing here reads a clock but time_now. */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

enum { DATE_TEXT = 10, TIMESTAMP_TEXT = 24, WEEK_TEXT = 8 }; /* characters, without a NUL */

/* A day of the proleptic Gregorian calendar: days since 1970-01-01. From 0001-01-01 to 9999-12-31.
 */
struct date {
    int32_t days;
};

/* An instant: microseconds since 1970-01-01T00:00:00Z. */
struct timestamp {
    int64_t us;
};

enum weekday {
    MONDAY = 1,
    TUESDAY,
    WEDNESDAY,
    THURSDAY,
    FRIDAY,
    SATURDAY,
    SUNDAY
}; /* as ISO 8601 numbers them */

/* "2026-11-22". 0, or -EINVAL: another form, or no such day. */
must_check int date_parse(struct span text, struct date *ret_date);
char *date_format(struct date date, char text[static DATE_TEXT + 1]);
struct date date_of(int year, int month, int day); /* the arguments must be a valid day */
void date_civil(struct date date, int *ret_year, int *ret_month, int *ret_day);
enum weekday date_weekday(struct date date);

static inline struct date date_add(struct date date, int32_t days)
{
    return (struct date){date.days + days};
}

static inline int32_t date_diff(struct date a, struct date b) /* a - b in days */
{
    return a.days - b.days;
}

static inline int date_cmp(struct date a, struct date b)
{
    return (a.days > b.days) - (a.days < b.days);
}

static inline struct date date_later(struct date a, struct date b)
{
    return date_cmp(a, b) > 0 ? a : b;
}

/* "2026-W47" to the Monday of that ISO week. 0, or -EINVAL (also for week 53 of a year that has 52,
 * and for 9999-W52, whose days the calendar does not have all). */
must_check int week_parse(struct span text, struct date *ret_monday);
char *week_format(struct date any_day_of_it, char text[static WEEK_TEXT + 1]);

/* RFC 3339 in UTC: "2026-11-22T18:00:00.000Z"; the fraction has none to six digits, the offset is
 * "Z". 0 or -EINVAL. */
must_check int timestamp_parse(struct span text, struct timestamp *ret_time);
char *timestamp_format(struct timestamp time,
                       char text[static TIMESTAMP_TEXT + 1]); /* always milliseconds */
struct timestamp timestamp_now(void);                         /* CLOCK_REALTIME; any thread */

/* Whole seconds since 1970, rounded towards the past; and the day of such a count. */
int64_t timestamp_seconds(struct timestamp time);
struct date date_of_seconds(int64_t seconds);

/* Milliseconds that only grow (CLOCK_MONOTONIC), for deadlines and durations. Any thread. */
int64_t monotonic_ms(void);
int64_t monotonic_us(void);

#endif
