#include <CUnit/CUnit.h>
#include <errno.h>

#include "base/date.h"
#include "base/tz_rule.h"

static int64_t seconds(const char *instant)
{
    struct timestamp time = {0};

    CU_ASSERT_EQUAL(timestamp_parse(span_text(instant), &time), 0);
    return timestamp_seconds(time);
}

static struct tz_rule rule(const char *text)
{
    struct tz_rule parsed = {0};

    CU_ASSERT_EQUAL(tz_rule_parse(span_text(text), &parsed), 0);
    return parsed;
}

/* The offset changes to `after_s` at that instant and not a second earlier. */
static void assert_change(const char *text, const char *instant, int32_t before_s, int32_t after_s)
{
    struct tz_rule parsed = rule(text);
    int64_t at = seconds(instant);
    struct tz_period before = tz_rule_period(&parsed, at - 1), after = tz_rule_period(&parsed, at);

    CU_ASSERT_EQUAL(before.offset_s, before_s);
    CU_ASSERT_EQUAL(after.offset_s, after_s);
    CU_ASSERT_EQUAL(before.end, at);
    CU_ASSERT_EQUAL(after.start, at);
}

void test_a_rule_without_summer_holds_for_ever(void)
{
    struct tz_rule parsed = rule("<+0330>-3:30");
    struct tz_period period = tz_rule_period(&parsed, seconds("2050-06-01T00:00:00Z"));

    CU_ASSERT_EQUAL(period.offset_s, 12600);
    CU_ASSERT_EQUAL(period.start, INT64_MIN);
    CU_ASSERT_EQUAL(period.end, INT64_MAX);
}

void test_both_changes_of_a_year_are_found(void)
{
    static const char oslo[] = "CET-1CEST,M3.5.0,M10.5.0/3";

    assert_change(oslo, "2050-03-27T01:00:00Z", 3600, 7200);
    assert_change(oslo, "2050-10-30T01:00:00Z", 7200, 3600);
}

void test_summer_over_new_year_works_in_the_south(void)
{
    static const char santiago[] = "<-04>4<-03>,M9.1.6/24,M4.1.6/24";

    assert_change(santiago, "2050-09-04T04:00:00Z", -14400, -10800);
    assert_change(santiago, "2051-04-02T03:00:00Z", -10800, -14400);
}

void test_winter_may_be_the_exception(void)
{
    static const char dublin[] = "IST-1GMT0,M10.5.0,M3.5.0/1";

    assert_change(dublin, "2050-03-27T01:00:00Z", 0, 3600);
    assert_change(dublin, "2050-10-30T01:00:00Z", 3600, 0);
}

void test_times_of_change_may_lie_outside_their_day(void)
{
    assert_change("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2050-03-27T01:00:00Z", -7200, -3600);
    assert_change("EET-2EEST,M3.4.4/50,M10.4.4/50", "2050-03-26T00:00:00Z", 7200, 10800);
    assert_change("AAA0BBB,0/-167,J200", "2049-12-25T01:00:00Z", 0, 3600);
}

void test_days_are_counted_with_and_without_leap_day(void)
{
    assert_change("AAA0BBB,J60/0,J300", "2048-03-01T00:00:00Z", 0, 3600);
    assert_change("AAA0BBB,J59/0,J300", "2048-02-28T00:00:00Z", 0, 3600);
    assert_change("AAA0BBB,59/0,J300", "2048-02-29T00:00:00Z", 0, 3600);
    assert_change("AAA0BBB,59/0,J300", "2049-03-01T00:00:00Z", 0, 3600);
}

void test_summer_all_year_never_ends(void)
{
    struct tz_rule parsed = rule("XXX3EDT4,0/0,J365/23");

    for (int64_t at = seconds("2049-12-30T00:00:00Z"); at < seconds("2050-01-03T00:00:00Z");
         at += 1800)
        CU_ASSERT_EQUAL(tz_rule_period(&parsed, at).offset_s, -14400);
}

void test_other_texts_are_refused(void)
{
    static const char *const wrong[] = {
        "",
        "CET",
        "CE-1",
        "-1",
        "CET-",
        "CET-1 ",
        "CET-25",
        "CET-1:60",
        "CET-1CEST",
        "CET-1CEST,",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,M3.5.0,",
        "CET-1CEST,M3.5.0,M10.5.0/3x",
        "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M0.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.0.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,M3.5,M10.5.0",
        "CET-1CEST,J0,J300",
        "CET-1CEST,J366,J300",
        "CET-1CEST,366,J300",
        "CET-1CEST,M3.5.0/168,M10.5.0",
        "CET-99999999999999999999",
        "<+03-3",
        "<+0>-3",
        "<+03>",
        ":Europe/Oslo",
    };
    struct tz_rule parsed;

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CU_ASSERT_EQUAL(tz_rule_parse(span_text(wrong[i]), &parsed), -EINVAL);
}
