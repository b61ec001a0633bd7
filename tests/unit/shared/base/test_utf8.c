#include <CUnit/CUnit.h>

#include "base/attr.h"
#include "base/utf8.h"

void test_characters_of_one_to_four_bytes_are_known(void)
{
    CU_ASSERT_EQUAL(utf8_next(span_text("a")), 1);
    CU_ASSERT_EQUAL(utf8_next(span_text("\x7f")), 1);
    CU_ASSERT_EQUAL(utf8_next(span_text("\xc2\x80")), 2);
    CU_ASSERT_EQUAL(utf8_next(span_text("\xdf\xbf")), 2);
    CU_ASSERT_EQUAL(utf8_next(span_text("\xe0\xa0\x80")), 3);
    CU_ASSERT_EQUAL(utf8_next(span_text("\xed\x9f\xbf")), 3);
    CU_ASSERT_EQUAL(utf8_next(span_text("\xef\xbf\xbf")), 3);
    CU_ASSERT_EQUAL(utf8_next(span_text("\xf0\x90\x80\x80")), 4);
    CU_ASSERT_EQUAL(utf8_next(span_text("\xf4\x8f\xbf\xbf rest")), 4);
}

void test_what_is_not_utf8_is_refused(void)
{
    static const char *const wrong[] = {
        "",                 /* nothing */
        "\x80",             /* begins with a continuation */
        "\xc0\x80",         /* overlong NUL */
        "\xc1\xbf",         /* overlong */
        "\xe0\x9f\xbf",     /* overlong */
        "\xf0\x8f\xbf\xbf", /* overlong */
        "\xed\xa0\x80",     /* a surrogate */
        "\xf4\x90\x80\x80", /* above U+10FFFF */
        "\xf5\x80\x80\x80",
        "\xff",
        "\xc3",         /* cut */
        "\xe2\x82",     /* cut */
        "\xf0\x9f\x99", /* cut */
        "\xc3(",        /* no continuation */
        "\xe2\x82(",
        "\xf0\x9f\x99(",
    };

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CU_ASSERT_EQUAL(utf8_next(span_text(wrong[i])), 0);
}

void test_a_cut_falls_between_characters(void)
{
    struct span text = span_text("a\xc3\xa5\xf0\x9f\x99\x82");
    static const size_t sizes[] = {0, 1, 1, 3, 3, 3, 3, 7, 7};

    for (size_t max = 0; max < COUNT_OF(sizes); max++)
        CU_ASSERT_EQUAL(utf8_cut(text, max).size, sizes[max]);
}

void test_a_cut_of_bytes_that_are_no_text_still_takes_some(void)
{
    CU_ASSERT_EQUAL(utf8_cut(span_text("\x80\x80\x80\x80\x80\x80\x80\x80"), 7).size, 4);
}
