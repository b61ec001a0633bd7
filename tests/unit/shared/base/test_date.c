#include <CUnit/CUnit.h>
#include <errno.h>
#include <time.h>

#include "base/date.h"

static struct date day(const char *text)
{
    struct date date = {INT32_MIN};

    CU_ASSERT_EQUAL(date_parse(span_text(text), &date), 0);
    return date;
}

static void assert_week(const char *date, const char *week)
{
    char text[WEEK_TEXT + 1];

    CU_ASSERT_STRING_EQUAL(week_format(day(date), text), week);
}

void test_days_count_from_1970(void)
{
    CU_ASSERT_EQUAL(day("1970-01-01").days, 0);
    CU_ASSERT_EQUAL(day("1969-12-31").days, -1);
    CU_ASSERT_EQUAL(day("2000-03-01").days, 11017);
    CU_ASSERT_EQUAL(day("0001-01-01").days, -719162);
    CU_ASSERT_EQUAL(day("9999-12-31").days, 2932896);
}

void test_every_day_of_the_calendar_comes_back(void)
{
    struct date date = date_of(1, 1, 1), last = date_of(9999, 12, 31), back;
    char text[DATE_TEXT + 1];
    int wrong = 0;

    for (; date_cmp(date, last) <= 0; date = date_add(date, 1))
        if (date_parse(span_text(date_format(date, text)), &back) < 0 || date_cmp(date, back) != 0)
            wrong++;
    CU_ASSERT_EQUAL(wrong, 0);
}

void test_civil_dates_are_glibcs(void)
{
    for (int32_t days = -719162; days < 2932896; days += 97) {
        time_t seconds = (time_t)days * 86400;
        struct tm tm;
        int year, month, mday;

        gmtime_r(&seconds, &tm);
        date_civil((struct date){days}, &year, &month, &mday);
        if (year != tm.tm_year + 1900 || month != tm.tm_mon + 1 || mday != tm.tm_mday ||
            (int)date_weekday((struct date){days}) % 7 != tm.tm_wday)
            CU_FAIL_FATAL("another day than gmtime_r gives");
    }
}

void test_days_that_do_not_exist_are_refused(void)
{
    static const char *const wrong[] = {
        "2026-02-29", "1900-02-29", "2026-04-31", "2026-00-10",       "2026-13-10",
        "2026-01-00", "2026-01-32", "0000-01-01", "2026-1-01",        "2026-01-1",
        "2026/01/01", "20260101",   "",           "2026-01-01 ",      "+026-01-01",
        "2026-0a-01", "2026-01-0:", "-001-01-01", "2026-01-\xd9\xa1",
    };
    struct date date;

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CU_ASSERT_EQUAL(date_parse(span_text(wrong[i]), &date), -EINVAL);
    CU_ASSERT_EQUAL(date_parse(span_text("2000-02-29"), &date), 0);
    CU_ASSERT_EQUAL(date_parse(span_text("2024-02-29"), &date), 0);
}

void test_weeks_belong_to_the_year_of_their_thursday(void)
{
    assert_week("2026-11-22", "2026-W47");
    assert_week("2026-01-01", "2026-W01");
    assert_week("2027-01-03", "2026-W53");
    assert_week("2027-01-04", "2027-W01");
    assert_week("2024-12-30", "2025-W01");
    assert_week("2021-01-03", "2020-W53");
    assert_week("0001-01-01", "0001-W01");
    assert_week("9999-12-31", "9999-W52");
}

void test_a_week_is_read_as_its_monday(void)
{
    struct date monday;

    CU_ASSERT_EQUAL(week_parse(span_text("2026-W47"), &monday), 0);
    CU_ASSERT_EQUAL(date_cmp(monday, day("2026-11-16")), 0);
    CU_ASSERT_EQUAL(week_parse(span_text("2026-W53"), &monday), 0);
    CU_ASSERT_EQUAL(date_cmp(monday, day("2026-12-28")), 0);
    CU_ASSERT_EQUAL(week_parse(span_text("2025-W01"), &monday), 0);
    CU_ASSERT_EQUAL(date_cmp(monday, day("2024-12-30")), 0);
    CU_ASSERT_EQUAL(week_parse(span_text("9999-W51"), &monday), 0);
    CU_ASSERT_EQUAL(date_cmp(monday, day("9999-12-20")), 0);
}

void test_weeks_that_do_not_exist_are_refused(void)
{
    static const char *const wrong[] = {
        "2025-W53", "2026-W00", "2026-W54", "2026-W99", "2026-47",   "2026W47",
        "2026-w47", "2026-W4",  "",         "0000-W01", "2026-W047", "2026-W4x",
    };
    struct date monday;

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CU_ASSERT_EQUAL(week_parse(span_text(wrong[i]), &monday), -EINVAL);
    /* Its Saturday would be 10000-01-01. */
    CU_ASSERT_EQUAL(week_parse(span_text("9999-W52"), &monday), -EINVAL);
}

void test_every_week_comes_back(void)
{
    char text[WEEK_TEXT + 1];
    int wrong = 0;

    for (struct date date = date_of(1, 1, 1); date.days + 6 <= 2932896; date = date_add(date, 7)) {
        struct date monday;

        if (week_parse(span_text(week_format(date, text)), &monday) < 0 ||
            date_cmp(monday, date) != 0)
            wrong++;
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static int64_t instant(const char *text)
{
    struct timestamp time = {INT64_MIN};

    CU_ASSERT_EQUAL(timestamp_parse(span_text(text), &time), 0);
    return time.us;
}

void test_instants_have_none_to_six_digits_of_fraction(void)
{
    CU_ASSERT_EQUAL(instant("1970-01-01T00:00:00Z"), 0);
    CU_ASSERT_EQUAL(instant("1970-01-01T00:00:00.1Z"), 100000);
    CU_ASSERT_EQUAL(instant("1970-01-01T00:00:00.000Z"), 0);
    CU_ASSERT_EQUAL(instant("1970-01-01T00:00:00.012Z"), 12000);
    CU_ASSERT_EQUAL(instant("1970-01-01T00:00:00.000001Z"), 1);
    CU_ASSERT_EQUAL(instant("1969-12-31T23:59:59.999999Z"), -1);
    CU_ASSERT_EQUAL(instant("2026-11-22T18:00:00.000Z"), 1795370400000000);
}

void test_instants_of_any_other_form_are_refused(void)
{
    static const char *const wrong[] = {
        "2026-11-22T18:00:00",
        "2026-11-22T18:00:00+00:00",
        "2026-11-22 18:00:00Z",
        "2026-11-22T18:00:00.Z",
        "2026-11-22T18:00:00.1234567Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T18:60:00Z",
        "2026-11-22T18:00:60Z",
        "2026-11-31T18:00:00Z",
        "2026-11-22t18:00:00z",
        "2026-11-22T18:00Z",
        "",
        "Z",
        "2026-11-22T18:00:00,5Z",
        "2026-11-22T18:00:00.-1Z",
        "2026-11-22T18:00:00.00000 Z",
        "2026-11-22T18:00:00.000ZZ",
        "2026-11-22T-1:00:00Z",
    };
    struct timestamp time;

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CU_ASSERT_EQUAL(timestamp_parse(span_text(wrong[i]), &time), -EINVAL);
}

void test_instants_are_written_with_milliseconds_rounded_down(void)
{
    char text[TIMESTAMP_TEXT + 1];

    CU_ASSERT_STRING_EQUAL(timestamp_format((struct timestamp){1795370400123999}, text),
                           "2026-11-22T18:00:00.123Z");
    CU_ASSERT_STRING_EQUAL(timestamp_format((struct timestamp){-1}, text),
                           "1969-12-31T23:59:59.999Z");
    CU_ASSERT_STRING_EQUAL(timestamp_format((struct timestamp){0}, text),
                           "1970-01-01T00:00:00.000Z");
}

void test_seconds_and_days_round_towards_the_past(void)
{
    CU_ASSERT_EQUAL(timestamp_seconds((struct timestamp){-1}), -1);
    CU_ASSERT_EQUAL(timestamp_seconds((struct timestamp){1999999}), 1);
    CU_ASSERT_EQUAL(date_of_seconds(-1).days, -1);
    CU_ASSERT_EQUAL(date_of_seconds(86399).days, 0);
    CU_ASSERT_EQUAL(date_of_seconds(86400).days, 1);
}

void test_clocks_run(void)
{
    int64_t before = monotonic_us();

    CU_ASSERT_TRUE(monotonic_us() >= before);
    CU_ASSERT_TRUE(monotonic_ms() >= before / 1000);
    CU_ASSERT_TRUE(timestamp_now().us > instant("2026-01-01T00:00:00Z"));
}
