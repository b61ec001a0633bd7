#include "base/date.h"

#include <errno.h>
#include <stdbool.h>
#include <time.h>

enum { DAYS_A_WEEK = 7, DAYS_FROM_0000_03_01 = 719468, DAYS_AN_ERA = 146097 };

static const int64_t US_A_SECOND = 1000000, SECONDS_A_DAY = 86400;

/* `count` digits; -1: something else stands there. */
static int digits_parse(const char *text, int count)
{
    int value = 0;

    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = 10 * value + text[i] - '0';
    }
    return value;
}

static char *digits_format(char *text, int value, int count)
{
    for (int i = count; i-- > 0; value /= 10)
        text[i] = (char)('0' + value % 10);
    return text + count;
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Years that begin in March have their leap day last, so that a formula gives every month's start
 * (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
struct date date_of(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int year_of_era = y - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return (struct date){era * DAYS_AN_ERA + day_of_era - DAYS_FROM_0000_03_01};
}

void date_civil(struct date date, int *ret_year, int *ret_month, int *ret_day)
{
    int64_t days = (int64_t)date.days + DAYS_FROM_0000_03_01;
    int64_t era = (days >= 0 ? days : days - DAYS_AN_ERA + 1) / DAYS_AN_ERA;
    int day_of_era = (int)(days - era * DAYS_AN_ERA);
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month = (5 * day_of_year + 2) / 153;

    *ret_day = day_of_year - (153 * month + 2) / 5 + 1;
    *ret_month = month < 10 ? month + 3 : month - 9;
    *ret_year = (int)(era * 400) + year_of_era + (*ret_month <= 2);
}

int date_parse(struct span text, struct date *ret_date)
{
    int year, month, day;

    if (text.size != DATE_TEXT || text.data[4] != '-' || text.data[7] != '-')
        return -EINVAL;
    year = digits_parse(text.data, 4);
    month = digits_parse(text.data + 5, 2);
    day = digits_parse(text.data + 8, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return -EINVAL;
    *ret_date = date_of(year, month, day);
    return 0;
}

char *date_format(struct date date, char text[static DATE_TEXT + 1])
{
    int year, month, day;
    char *at = text;

    date_civil(date, &year, &month, &day);
    at = digits_format(at, year, 4);
    *at++ = '-';
    at = digits_format(at, month, 2);
    *at++ = '-';
    at = digits_format(at, day, 2);
    *at = '\0';
    return text;
}

enum weekday date_weekday(struct date date)
{
    int since_monday = (date.days % DAYS_A_WEEK + DAYS_A_WEEK + 3) % DAYS_A_WEEK;

    return (enum weekday)(MONDAY + since_monday);
}

static struct date monday_of(struct date date)
{
    return date_add(date, MONDAY - (int32_t)date_weekday(date));
}

/* ISO 8601: week 1 is the one with 4 January. */
static struct date first_monday(int year)
{
    return monday_of(date_of(year, 1, 4));
}

int week_parse(struct span text, struct date *ret_monday)
{
    const struct date last = date_of(9999, 12, 31);
    struct date monday;
    int year, week;

    if (text.size != WEEK_TEXT || text.data[4] != '-' || text.data[5] != 'W')
        return -EINVAL;
    year = digits_parse(text.data, 4);
    week = digits_parse(text.data + 6, 2);
    if (year < 1 || week < 1)
        return -EINVAL;
    monday = date_add(first_monday(year), (week - 1) * DAYS_A_WEEK);
    if (date_cmp(monday, first_monday(year + 1)) >= 0)
        return -EINVAL;
    if (date_diff(last, monday) < DAYS_A_WEEK - 1)
        return -EINVAL;
    *ret_monday = monday;
    return 0;
}

char *week_format(struct date any_day_of_it, char text[static WEEK_TEXT + 1])
{
    struct date monday = monday_of(any_day_of_it);
    int year, month, day;
    char *at = text;

    /* A week belongs to the year of its Thursday. */
    date_civil(date_add(monday, THURSDAY - MONDAY), &year, &month, &day);
    at = digits_format(at, year, 4);
    *at++ = '-';
    *at++ = 'W';
    at = digits_format(at, date_diff(monday, first_monday(year)) / DAYS_A_WEEK + 1, 2);
    *at = '\0';
    return text;
}

/* "", or a point and one to six digits. */
static int fraction_parse(struct span text)
{
    int us;

    if (text.size == 0)
        return 0;
    if (text.data[0] != '.' || text.size < 2 || text.size > 7)
        return -1;
    us = digits_parse(text.data + 1, (int)text.size - 1);
    for (size_t i = text.size; us > 0 && i < 7; i++)
        us *= 10;
    return us;
}

int timestamp_parse(struct span text, struct timestamp *ret_time)
{
    enum { SECONDS_END = 19 };
    struct date date;
    int hour, minute, second, us;
    int64_t seconds;

    if (text.size < SECONDS_END + 1 || text.data[text.size - 1] != 'Z')
        return -EINVAL;
    if (date_parse(span_of(text.data, DATE_TEXT), &date) < 0)
        return -EINVAL;
    if (text.data[10] != 'T' || text.data[13] != ':' || text.data[16] != ':')
        return -EINVAL;
    hour = digits_parse(text.data + 11, 2);
    minute = digits_parse(text.data + 14, 2);
    second = digits_parse(text.data + 17, 2);
    us = fraction_parse(span_of(text.data + SECONDS_END, text.size - 1 - SECONDS_END));
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || us < 0)
        return -EINVAL;
    seconds = date.days * SECONDS_A_DAY + hour * 3600 + minute * 60 + second;
    *ret_time = (struct timestamp){seconds * US_A_SECOND + us};
    return 0;
}

/* Rounds towards the past, so that the remainder is never negative. */
static int64_t floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

int64_t timestamp_seconds(struct timestamp time)
{
    return floor_divide(time.us, US_A_SECOND);
}

struct date date_of_seconds(int64_t seconds)
{
    return (struct date){(int32_t)floor_divide(seconds, SECONDS_A_DAY)};
}

char *timestamp_format(struct timestamp time, char text[static TIMESTAMP_TEXT + 1])
{
    int64_t seconds = timestamp_seconds(time);
    struct date date = date_of_seconds(seconds);
    int of_day = (int)(seconds - date.days * SECONDS_A_DAY);
    int ms = (int)((time.us - seconds * US_A_SECOND) / 1000);
    char *at = text + DATE_TEXT;

    date_format(date, text);
    *at++ = 'T';
    at = digits_format(at, of_day / 3600, 2);
    *at++ = ':';
    at = digits_format(at, of_day / 60 % 60, 2);
    *at++ = ':';
    at = digits_format(at, of_day % 60, 2);
    *at++ = '.';
    at = digits_format(at, ms, 3);
    *at++ = 'Z';
    *at = '\0';
    return text;
}

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * US_A_SECOND + now.tv_nsec / 1000;
}

struct timestamp timestamp_now(void)
{
    return (struct timestamp){clock_us(CLOCK_REALTIME)};
}

int64_t monotonic_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

int64_t monotonic_ms(void)
{
    return monotonic_us() / 1000;
}
