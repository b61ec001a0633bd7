/* Decimals as text and back. */
#include <CUnit/CUnit.h>
#include <errno.h>

#include "base/decimal.h"

static void reads(const char *text, unsigned scale, int64_t expected, const char *canonical)
{
    char again[DECIMAL_TEXT + 1];
    int64_t value = 0;

    CU_ASSERT_EQUAL(decimal_parse(span_text(text), scale, &value), 0);
    CU_ASSERT_EQUAL(value, expected);
    CU_ASSERT_STRING_EQUAL(decimal_format(value, scale, again), canonical);
}

void test_a_decimal_is_an_integer_with_a_point(void)
{
    reads("0", 0, 0, "0");
    reads("12", 0, 12, "12");
    reads("-12", 2, -1200, "-12.00");
    reads("12.5", 2, 1250, "12.50");
    reads("0.05", 2, 5, "0.05");
    reads("-0.05", 2, -5, "-0.05");
    reads("-0", 2, 0, "0.00");
    reads("0.000000001", 9, 1, "0.000000001");
}

void test_the_ends_of_64_bits_are_reached_and_not_passed(void)
{
    int64_t value = 7;

    reads("9223372036854775807", 0, INT64_MAX, "9223372036854775807");
    reads("-9223372036854775808", 0, INT64_MIN, "-9223372036854775808");
    reads("-9.223372036854775808", 18, INT64_MIN, "-9.223372036854775808");
    CU_ASSERT_EQUAL(decimal_parse(span_text("9223372036854775808"), 0, &value), -ERANGE);
    CU_ASSERT_EQUAL(decimal_parse(span_text("-9223372036854775809"), 0, &value), -ERANGE);
    CU_ASSERT_EQUAL(decimal_parse(span_text("92233720368547758.08"), 2, &value), -ERANGE);
    CU_ASSERT_EQUAL(decimal_parse(span_text("922337203685477581"), 2, &value), -ERANGE);
    CU_ASSERT_EQUAL(value, 7);
}

void test_other_forms_are_refused(void)
{
    static const char *const wrong[] = {"",    "-",  "+1", "1.",  ".1", "01",    "1.234", "1,2",
                                        "1e2", " 1", "1 ", "--1", "1-", "1.2.3", "x",     "-.1"};
    int64_t value = 7;

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CU_ASSERT_EQUAL(decimal_parse(span_text(wrong[i]), 2, &value), -EINVAL);
    CU_ASSERT_EQUAL(decimal_parse(span_text("1.0"), 0, &value), -EINVAL);
    CU_ASSERT_EQUAL(decimal_parse(span_of("1\0", 2), 0, &value), -EINVAL);
    CU_ASSERT_EQUAL(value, 7);
}
