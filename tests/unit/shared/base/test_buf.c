#include <CUnit/CUnit.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static void assert_json(const char *text, size_t size, const char *json)
{
    cleanup(buf_deinit) struct buf buf = {0};

    buf_add_json(&buf, span_of(text, size));
    CU_ASSERT_STRING_EQUAL(buf.data, json);
}

void test_content_grows_and_ends_with_nul(void)
{
    cleanup(buf_deinit) struct buf buf = {0};

    for (int i = 0; i < 1000; i++)
        buf_printf(&buf, "%d,", i % 10);
    CU_ASSERT_EQUAL(buf.size, 2000);
    CU_ASSERT_EQUAL(strlen(buf.data), 2000);
    CU_ASSERT_FALSE(buf_failed(&buf));
}

void test_numbers_are_decimal(void)
{
    static const int64_t numbers[] = {0, 7, 10, 1234567890, -1, INT64_MAX, INT64_MIN};
    cleanup(buf_deinit) struct buf buf = {0};

    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        buf_add_number(&buf, numbers[i]);
        buf_add_char(&buf, ' ');
    }
    CU_ASSERT_STRING_EQUAL(buf.data,
                           "0 7 10 1234567890 -1 9223372036854775807 -9223372036854775808 ");
}

void test_printed_text_fits_whatever_room_there_is(void)
{
    for (int before = 0; before < 140; before++) {
        cleanup(buf_deinit) struct buf buf = {0};

        buf_printf(&buf, "%*s", before, "");
        buf_printf(&buf, "%070d", before);
        buf_printf(&buf, "%s", "end");
        CU_ASSERT_EQUAL(buf.size, (size_t)before + 73);
        CU_ASSERT_EQUAL(strlen(buf.data), buf.size);
        CU_ASSERT_STRING_EQUAL(buf.data + before + 70, "end");
        CU_ASSERT_EQUAL(strtol(buf.data + before, NULL, 10), before);
    }
}

void test_text_that_cannot_be_printed_leaves_what_was_there(void)
{
    cleanup(buf_deinit) struct buf buf = {0};

    buf_add_text(&buf, "before");
    buf_printf(&buf, "more %ls", L"\u20ac"); /* the C locale has no euro */
    CU_ASSERT_TRUE(buf_failed(&buf));
    CU_ASSERT_EQUAL(buf.size, 6);
    CU_ASSERT_STRING_EQUAL(buf.data, "before");
}

void test_an_empty_buffer_is_an_empty_span(void)
{
    struct buf buf = {0};

    CU_ASSERT_EQUAL(buf_span(&buf).size, 0);
    buf_add(&buf, NULL, 0);
    buf_add_text(&buf, "");
    CU_ASSERT_EQUAL(buf.size, 0);
    buf_deinit(&buf);
    buf_deinit(&buf);
}

void test_numbers_are_big_endian(void)
{
    cleanup(buf_deinit) struct buf buf = {0};

    buf_add_be16(&buf, 0x0102);
    buf_add_be32(&buf, 0x03040506);
    buf_add_be64(&buf, 0x0708090a0b0c0d0e);
    CU_ASSERT_EQUAL(buf.size, 14);
    CU_ASSERT_EQUAL(
        memcmp(buf.data, "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e", 14), 0);
}

void test_a_failure_stays_until_the_buffer_is_cleared(void)
{
    cleanup(buf_deinit) struct buf buf = {0};

    buf_add_text(&buf, "before");
    CU_ASSERT_PTR_NULL(buf_extend(&buf, SIZE_MAX - 2));
    CU_ASSERT_TRUE(buf_failed(&buf));
    buf_add_text(&buf, "after");
    CU_ASSERT_STRING_EQUAL(buf.data, "before");
    buf_clear(&buf);
    CU_ASSERT_FALSE(buf_failed(&buf));
    buf_add_text(&buf, "again");
    CU_ASSERT_STRING_EQUAL(buf.data, "again");
}

void test_consume_and_truncate_cut_either_end(void)
{
    cleanup(buf_deinit) struct buf buf = {0};

    buf_add_text(&buf, "0123456789");
    buf_consume(&buf, 0);
    buf_consume(&buf, 3);
    CU_ASSERT_STRING_EQUAL(buf.data, "3456789");
    buf_truncate(&buf, 100);
    buf_truncate(&buf, 4);
    CU_ASSERT_STRING_EQUAL(buf.data, "3456");
    buf_consume(&buf, 100);
    CU_ASSERT_STRING_EQUAL(buf.data, "");
    CU_ASSERT_EQUAL(buf.size, 0);
}

void test_an_extension_can_be_written_into(void)
{
    cleanup(buf_deinit) struct buf buf = {0};
    char *place = buf_extend(&buf, 3);

    memcpy(place, "abc", 3);
    CU_ASSERT_STRING_EQUAL(buf.data, "abc");
    CU_ASSERT_PTR_NOT_NULL(buf_extend(&buf, 0));
}

void test_json_escapes_what_would_end_a_string(void)
{
    assert_json("a\"b\\c", 5, "\"a\\\"b\\\\c\"");
    assert_json("", 0, "\"\"");
    assert_json(NULL, 0, "\"\"");
    assert_json("\n\t\x1f\0z", 5, "\"\\u000a\\u0009\\u001f\\u0000z\"");
    assert_json("\x7f/", 2, "\"\x7f/\"");
}

void test_json_keeps_utf8_and_replaces_what_is_not(void)
{
    assert_json("bl\xc3\xa5 \xf0\x9f\x99\x82", 9, "\"bl\xc3\xa5 \xf0\x9f\x99\x82\"");
    assert_json("a\xff\x62", 3, "\"a\xef\xbf\xbd\x62\"");
    assert_json("a\xc3", 2, "\"a\xef\xbf\xbd\"");
}
