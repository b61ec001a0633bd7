#include <CUnit/CUnit.h>
#include <errno.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/zone.h"

static const char database[] = "/usr/share/zoneinfo/";
static const int64_t DAY = 86400;

static const struct zone *zone(const char *name)
{
    const struct zone *found;

    CU_ASSERT_EQUAL_FATAL(zone_find(span_text(name), &found), 0);
    return found;
}

static int find(struct span name)
{
    const struct zone *found;

    return zone_find(name, &found);
}

static struct timestamp at_second(int64_t seconds)
{
    return (struct timestamp){seconds * 1000000};
}

static struct timestamp instant(const char *text)
{
    struct timestamp time = {0};

    CU_ASSERT_EQUAL(timestamp_parse(span_text(text), &time), 0);
    return time;
}

static struct date day(const char *text)
{
    struct date date = {0};

    CU_ASSERT_EQUAL(date_parse(span_text(text), &date), 0);
    return date;
}

static void assert_date(const char *name, const char *at, const char *date)
{
    char text[DATE_TEXT + 1];

    CU_ASSERT_STRING_EQUAL(date_format(zone_date(zone(name), instant(at)), text), date);
}

static void assert_day_start(const char *name, const char *date, const char *at)
{
    char text[TIMESTAMP_TEXT + 1];

    CU_ASSERT_STRING_EQUAL(timestamp_format(zone_day_start(zone(name), day(date)), text), at);
}

void test_oslo_changes_its_clocks_twice_a_year(void)
{
    const struct zone *oslo = zone("Europe/Oslo");

    CU_ASSERT_EQUAL(zone_offset(oslo, instant("2026-03-29T00:59:59.999999Z")), 3600);
    CU_ASSERT_EQUAL(zone_offset(oslo, instant("2026-03-29T01:00:00Z")), 7200);
    CU_ASSERT_EQUAL(zone_offset(oslo, instant("2026-10-25T00:59:59.999999Z")), 7200);
    CU_ASSERT_EQUAL(zone_offset(oslo, instant("2026-10-25T01:00:00Z")), 3600);
    assert_date("Europe/Oslo", "2026-03-28T22:59:59.999999Z", "2026-03-28");
    assert_date("Europe/Oslo", "2026-03-28T23:00:00Z", "2026-03-29");
    assert_date("Europe/Oslo", "2026-03-29T21:59:59.999999Z", "2026-03-29");
    assert_date("Europe/Oslo", "2026-03-29T22:00:00Z", "2026-03-30");
    assert_day_start("Europe/Oslo", "2026-03-29", "2026-03-28T23:00:00.000Z");
    assert_day_start("Europe/Oslo", "2026-03-30", "2026-03-29T22:00:00.000Z");
    assert_day_start("Europe/Oslo", "2026-10-25", "2026-10-24T22:00:00.000Z");
    assert_day_start("Europe/Oslo", "2026-10-26", "2026-10-25T23:00:00.000Z");
}

void test_the_footer_holds_where_the_list_has_ended(void)
{
    const struct zone *oslo = zone("Europe/Oslo");

    CU_ASSERT_EQUAL(zone_offset(oslo, instant("2099-07-01T00:00:00Z")), 7200);
    CU_ASSERT_EQUAL(zone_offset(oslo, instant("2099-12-01T00:00:00Z")), 3600);
    assert_day_start("Europe/Oslo", "2099-03-30", "2099-03-29T22:00:00.000Z");
    assert_day_start("America/Havana", "2050-03-13", "2050-03-13T05:00:00.000Z");
}

void test_a_day_whose_midnight_is_skipped_starts_behind_the_gap(void)
{
    assert_day_start("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00.000Z");
    assert_day_start("Asia/Beirut", "2022-03-27", "2022-03-26T22:00:00.000Z");
    assert_day_start("Africa/Cairo", "2024-04-26", "2024-04-25T22:00:00.000Z");
    assert_day_start("America/Havana", "2026-03-08", "2026-03-08T05:00:00.000Z");
    assert_date("America/Havana", "2026-03-08T04:59:59Z", "2026-03-07");
    assert_date("America/Havana", "2026-03-08T05:00:00Z", "2026-03-08");
}

void test_a_day_that_came_twice_starts_with_the_first(void)
{
    /* At midnight of 18 February clocks went back to 23:00. */
    assert_day_start("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00.000Z");
    assert_day_start("America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00.000Z");
    /* At 00:01 they went back to 23:01, so the 7th began, was left, and began again. */
    assert_day_start("America/St_Johns", "2010-11-07", "2010-11-07T02:30:00.000Z");
}

void test_a_day_that_was_left_out_starts_where_the_next_one_does(void)
{
    assert_day_start("Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00.000Z");
    assert_day_start("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00.000Z");
    assert_day_start("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00.000Z");
    assert_date("Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29");
    assert_date("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31");
}

void test_odd_offsets_are_kept(void)
{
    CU_ASSERT_EQUAL(zone_offset(zone("Asia/Kathmandu"), instant("2026-01-01T00:00:00Z")), 20700);
    CU_ASSERT_EQUAL(zone_offset(zone("Pacific/Kiritimati"), instant("2026-01-01T00:00:00Z")),
                    50400);
    CU_ASSERT_EQUAL(zone_offset(zone("Etc/GMT+12"), instant("2026-01-01T00:00:00Z")), -43200);
    CU_ASSERT_EQUAL(zone_offset(zone("UTC"), instant("1600-01-01T00:00:00Z")), 0);
}

void test_a_name_gives_the_same_zone_each_time(void)
{
    const struct zone *oslo = zone("Europe/Oslo"), *tokyo = zone("Asia/Tokyo");

    CU_ASSERT_PTR_NOT_EQUAL(oslo, tokyo);
    CU_ASSERT_PTR_EQUAL(zone("Europe/Oslo"), oslo);
    CU_ASSERT_PTR_EQUAL(zone("Asia/Tokyo"), tokyo);
}

void test_names_that_are_no_zones_are_refused(void)
{
    static const char *const wrong[] = {
        "",
        "Europe",
        "Europe/",
        "Europe/Nowhere",
        "europe/oslo",
        "/Europe/Oslo",
        "Europe//Oslo",
        "/usr/share/zoneinfo/Europe/Oslo",
        "../zoneinfo/Europe/Oslo",
        "Europe/../Europe/Oslo",
        "./UTC",
        "Europe/Oslo ",
        "Europe/Oslo\n",
        "zone.tab",
        "leapseconds",
        "right/Europe/Oslo",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CU_ASSERT_EQUAL(find(span_text(wrong[i])), -ENOENT);
    CU_ASSERT_EQUAL(find(span_of("Europe/Oslo\0x", 13)), -ENOENT);
    CU_ASSERT_EQUAL(find(span_of(NULL, 0)), -ENOENT);
}

/* ---- against glibc, for every zone of this machine ---- */

static int zones, mistakes;

static void differ(const char *name, int64_t at, const char *what)
{
    if (mistakes++ < 10)
        fprintf(stderr, "%s at %lld: %s\n", name, (long long)at, what);
}

/* glibc's answer in the zone that TZ names. */
static int32_t glibc_offset(int64_t at)
{
    time_t seconds = (time_t)at;
    struct tm tm;

    localtime_r(&seconds, &tm);
    return (int32_t)tm.tm_gmtoff;
}

static void check_instant(const struct zone *checked, const char *name, int64_t at)
{
    if (zone_offset(checked, at_second(at)) != glibc_offset(at))
        differ(name, at, "not the offset of glibc");
}

/* Both ends of a period in which the offset changes somewhere, and the very second of it. */
static void check_change(const struct zone *checked, const char *name, int64_t low, int64_t high)
{
    int32_t before = glibc_offset(low);

    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;

        if (glibc_offset(middle) == before)
            low = middle;
        else
            high = middle;
    }
    for (int64_t at = low - 3600; at <= high + 3600; at += 1800)
        check_instant(checked, name, at);
    check_instant(checked, name, low);
    check_instant(checked, name, high);
}

/* A day starts at the first instant with its date or, where it was left out, a later one. */
static void check_day(const struct zone *checked, const char *name, struct date date)
{
    struct timestamp start = zone_day_start(checked, date);

    if (zone_date(checked, start).days < date.days)
        differ(name, timestamp_seconds(start), "the day starts too early");
    for (int hours = 0; hours < 3; hours++) {
        struct timestamp earlier = {start.us - 1 - hours * 3600 * INT64_C(1000000)};

        if (zone_date(checked, earlier).days >= date.days)
            differ(name, timestamp_seconds(start), "the day starts too late");
    }
}

static void check_zone(const char *name)
{
    static const int64_t step = 10 * DAY;
    const struct zone *checked;

    if (zone_find(span_text(name), &checked) < 0) {
        differ(name, 0, "not found");
        return;
    }
    zones++;
    setenv("TZ", name, 1);
    tzset();
    /* 1970 to 2080: the files list changes to 2037. */
    for (int64_t at = 0; at < 40178 * DAY; at += step) {
        check_instant(checked, name, at);
        if (glibc_offset(at) == glibc_offset(at + step))
            continue;
        check_change(checked, name, at, at + step);
        for (int64_t seconds = at; seconds <= at + step; seconds += DAY)
            check_day(checked, name, date_of_seconds(seconds));
    }
}

static int visit(const char *path, const struct stat *status, int type, struct FTW *where)
{
    const char *name = path + sizeof database - 1;
    char magic[4] = "";
    FILE *file = type == FTW_F ? fopen(path, "rb") : NULL;

    (void)status;
    (void)where;
    if (file && fread(magic, 1, 4, file) == 4 && memcmp(magic, "TZif", 4) == 0 &&
        strncmp(name, "right/", 6) != 0 && strncmp(name, "posix/", 6) != 0)
        check_zone(name);
    if (file)
        fclose(file);
    return 0;
}

void test_every_zone_agrees_with_glibc(void)
{
    CU_ASSERT_EQUAL(nftw(database, visit, 16, 0), 0);
    CU_ASSERT_TRUE(zones > 300);
    CU_ASSERT_EQUAL(mistakes, 0);
}

/* ---- threads ---- */

static void *look_up(void *data)
{
    static const char *const names[] = {"Europe/Paris", "Asia/Dubai", "America/Lima", "Asia/Seoul"};
    size_t *found = data;

    for (size_t i = 0; i < 4000; i++)
        *found += find(span_text(names[i % COUNT_OF(names)])) == 0;
    return NULL;
}

void test_threads_may_look_up_at_once(void)
{
    pthread_t threads[4];
    size_t found[4] = {0};

    for (size_t i = 0; i < COUNT_OF(threads); i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, look_up, &found[i]), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(found[i], 4000);
    }
}
