/* The rule in a TZif file's footer: POSIX's TZ text as RFC 8536 section 3.3 widens it. Says which
 * offset holds after the last change that the file lists. Pure. */
#ifndef BASE_TZ_RULE_H
#define BASE_TZ_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

enum { TZ_MAX_OFFSET_S = 26 * 3600 }; /* RFC 8536: an offset lies within 26 hours */

enum tz_day_kind {
    TZ_MONTH_WEEK_DAY, /* Mm.w.d: weekday d (0 is Sunday) of week w (5: the last) of month m */
    TZ_JULIAN,         /* Jn: day 1 to 365, 29 February is never counted */
    TZ_DAY_OF_YEAR,    /* n: day 0 to 365, 29 February is counted */
};

/* When clocks change in a year, by the local time that ends. */
struct tz_change {
    enum tz_day_kind kind;
    int month, week, day;
    int32_t time_s; /* after midnight of that day; may be negative or above a day */
};

struct tz_rule {
    int32_t standard_s, summer_s; /* east of UTC */
    bool has_summer;
    struct tz_change to_summer, to_standard;
};

/* From `start` (inclusive) to `end` the offset is one; seconds since 1970. INT64_MIN and INT64_MAX
 * stand for no bound. */
struct tz_period {
    int64_t start, end;
    int32_t offset_s;
};

/* "CET-1CEST,M3.5.0,M10.5.0/3". 0 or -EINVAL. */
must_check int tz_rule_parse(struct span text, struct tz_rule *ret_rule);

/* The period that holds `at` (seconds, within the years of struct date). */
struct tz_period tz_rule_period(const struct tz_rule *rule, int64_t at);

#endif
