#include "base/tz_rule.h"

#include <errno.h>

#include "base/date.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, MAX_HOURS = 167, DEFAULT_CHANGE_S = 2 * HOUR };

/* What is left to read. After a mistake `broken` is set and nothing is read any more, so that a
 * rule is checked once, at its end. */
struct reader {
    const char *at, *end;
    bool broken;
};

static char peek(const struct reader *in)
{
    return in->broken || in->at == in->end ? '\0' : *in->at;
}

static bool take(struct reader *in, char c)
{
    if (c == '\0' || peek(in) != c)
        return false;
    in->at++;
    return true;
}

static void must_take(struct reader *in, char c)
{
    if (!take(in, c))
        in->broken = true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int number(struct reader *in, int min, int max)
{
    int value = 0;

    if (!is_digit(peek(in)))
        in->broken = true;
    while (is_digit(peek(in)) && value <= max)
        value = 10 * value + *in->at++ - '0';
    if (value < min || value > max)
        in->broken = true;
    return value;
}

/* "EST", or "<+0330>". The name itself is of no use here. */
static void skip_name(struct reader *in)
{
    bool quoted = take(in, '<');
    int length = 0;

    while (is_letter(peek(in)) ||
           (quoted && (is_digit(peek(in)) || peek(in) == '+' || peek(in) == '-'))) {
        in->at++;
        length++;
    }
    if (length < 3)
        in->broken = true;
    if (quoted)
        must_take(in, '>');
}

/* [+-]h[:mm[:ss]] in seconds. */
static int32_t clock_time(struct reader *in, int max_hours)
{
    bool negative = take(in, '-');
    int32_t seconds;

    if (!negative)
        (void)take(in, '+');
    seconds = number(in, 0, max_hours) * HOUR;
    if (take(in, ':'))
        seconds += number(in, 0, 59) * MINUTE;
    if (take(in, ':'))
        seconds += number(in, 0, 59);
    return negative ? -seconds : seconds;
}

static struct tz_change change(struct reader *in)
{
    struct tz_change result = {.time_s = DEFAULT_CHANGE_S};

    must_take(in, ',');
    if (take(in, 'M')) {
        result.kind = TZ_MONTH_WEEK_DAY;
        result.month = number(in, 1, 12);
        must_take(in, '.');
        result.week = number(in, 1, 5);
        must_take(in, '.');
        result.day = number(in, 0, 6);
    } else if (take(in, 'J')) {
        result.kind = TZ_JULIAN;
        result.day = number(in, 1, 365);
    } else {
        result.kind = TZ_DAY_OF_YEAR;
        result.day = number(in, 0, 365);
    }
    if (take(in, '/'))
        result.time_s = clock_time(in, MAX_HOURS);
    return result;
}

int tz_rule_parse(struct span text, struct tz_rule *ret_rule)
{
    struct reader in = {.at = text.data, .end = text.size ? text.data + text.size : text.data};
    struct tz_rule rule = {0};

    skip_name(&in);
    rule.standard_s = -clock_time(&in, 24); /* POSIX counts hours west of Greenwich */
    if (!in.broken && in.at != in.end) {
        rule.has_summer = true;
        skip_name(&in);
        rule.summer_s = peek(&in) == ',' ? rule.standard_s + HOUR : -clock_time(&in, 24);
        rule.to_summer = change(&in);
        rule.to_standard = change(&in);
    }
    if (in.broken || in.at != in.end)
        return -EINVAL;
    *ret_rule = rule;
    return 0;
}

static struct date month_week_day(const struct tz_change *change, int year)
{
    struct date first = date_of(year, change->month, 1);
    int next_month = change->month % 12 + 1;
    struct date end = date_of(year + (next_month == 1), next_month, 1);
    int ahead = (change->day - (int)date_weekday(first) + 14) % 7;
    struct date day = date_add(first, ahead + 7 * (change->week - 1));

    return date_cmp(day, end) < 0 ? day : date_add(day, -7);
}

static struct date change_day(const struct tz_change *change, int year)
{
    enum { MARCH_1 = 60 }; /* as Jn numbers it */

    if (change->kind == TZ_MONTH_WEEK_DAY)
        return month_week_day(change, year);
    if (change->kind == TZ_DAY_OF_YEAR)
        return date_add(date_of(year, 1, 1), change->day);
    if (change->day >= MARCH_1)
        return date_add(date_of(year, 3, 1), change->day - MARCH_1);
    return date_add(date_of(year, 1, 1), change->day - 1);
}

/* The instant of a change, told by clocks that still show `offset_s`. */
static int64_t change_at(const struct tz_change *change, int year, int32_t offset_s)
{
    return (int64_t)change_day(change, year).days * DAY + change->time_s - offset_s;
}

/* Narrows the period around `at` by a change to `offset_s`. */
static void narrow(struct tz_period *period, int64_t at, int64_t change, int32_t offset_s)
{
    if (change > at) {
        if (change < period->end)
            period->end = change;
    } else if (change >= period->start) {
        period->start = change;
        period->offset_s = offset_s;
    }
}

struct tz_period tz_rule_period(const struct tz_rule *rule, int64_t at)
{
    struct tz_period period = {INT64_MIN, INT64_MAX, rule->standard_s};
    int year, month, day;

    if (!rule->has_summer)
        return period;
    date_civil((struct date){(int32_t)(at / DAY)}, &year, &month, &day);
    /* A change's time may reach a week into a neighbouring year. Summer time comes second, for it
     * wins where one year's end meets the next one's start: that is summer time for ever. */
    for (int y = year - 1; y <= year + 1; y++) {
        narrow(&period, at, change_at(&rule->to_standard, y, rule->summer_s), rule->standard_s);
        narrow(&period, at, change_at(&rule->to_summer, y, rule->standard_s), rule->summer_s);
    }
    return period;
}
