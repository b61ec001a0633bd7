/* Counting the characters of UTF-8. */
#include <CUnit/CUnit.h>

#include "codec/text.h"

static int64_t count(const char *text)
{
    return text_characters(span_text(text));
}

void test_characters_are_code_points_not_bytes(void)
{
    CU_ASSERT_EQUAL(text_characters(span_of(NULL, 0)), 0);
    CU_ASSERT_EQUAL(count("plain"), 5);
    CU_ASSERT_EQUAL(count("sixteen letters."), 16);
    CU_ASSERT_EQUAL(count("bl\xc3\xa5 b\xc3\xa6r, \xe2\x82\xac 5, \xf0\x9f\x99\x82 and so on"), 25);
    CU_ASSERT_EQUAL(count("12345678\xc3\xa5"), 9);
    CU_ASSERT_EQUAL(count("1234567\xc3\xa5"), 8);
    CU_ASSERT_EQUAL(count("\xf4\x8f\xbf\xbf"), 1);
}

void test_what_is_not_utf8_is_refused(void)
{
    CU_ASSERT_EQUAL(count("\xc0\x80"), -1);         /* overlong */
    CU_ASSERT_EQUAL(count("\xe0\x80\xaf"), -1);     /* overlong */
    CU_ASSERT_EQUAL(count("\xf0\x80\x80\xaf"), -1); /* overlong */
    CU_ASSERT_EQUAL(count("\xed\xa0\x80"), -1);     /* a surrogate */
    CU_ASSERT_EQUAL(count("\xf4\x90\x80\x80"), -1); /* above U+10FFFF */
    CU_ASSERT_EQUAL(count("12345678\xff"), -1);
    CU_ASSERT_EQUAL(count("a\x80"), -1);
    CU_ASSERT_EQUAL(text_characters(span_of("ab\xe2\x82\xac", 4)), -1); /* cut off */
}

void test_dates_and_times_end_with_the_year_9999(void)
{
    CU_ASSERT(text_has_date(date_of(1, 1, 1)));
    CU_ASSERT(text_has_date(date_of(9999, 12, 31)));
    CU_ASSERT_FALSE(text_has_date(date_add(date_of(1, 1, 1), -1)));
    CU_ASSERT_FALSE(text_has_date(date_add(date_of(9999, 12, 31), 1)));
    CU_ASSERT(text_has_time((struct timestamp){-62135596800000000}));
    CU_ASSERT(text_has_time((struct timestamp){253402300799999999}));
    CU_ASSERT_FALSE(text_has_time((struct timestamp){-62135596800000001}));
    CU_ASSERT_FALSE(text_has_time((struct timestamp){253402300800000000}));
}
