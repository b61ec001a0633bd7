/* Nothing that a terminal would obey comes through, whatever the bytes are, and lines stay in their
 * columns. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ops/fleetctl/screen.h"
#include "codec/json.h"

static void shows(const char *bytes, size_t size, size_t max, const char *wanted)
{
    cleanup(buf_deinit) struct buf out = {0};

    screen_add(&out, span_of(bytes, size), max);
    CU_ASSERT_STRING_EQUAL(out.size > 0 ? out.data : "", wanted);
}

#define SHOWS(bytes, wanted) shows(bytes, sizeof bytes - 1, 100, wanted)

void test_text_is_shown_as_it_is(void)
{
    SHOWS("", "");
    SHOWS("say \"hi\" \\ 100 %", "say \"hi\" \\ 100 %");
    SHOWS("bl\xc3\xa5, \xe2\x82\xac, \xf0\x9f\x98\x80",
          "bl\xc3\xa5, \xe2\x82\xac, \xf0\x9f\x98\x80");
}

void test_what_a_terminal_obeys_is_escaped(void)
{
    SHOWS("\x1b[2J", "\\u001b[2J");
    SHOWS("a\r\nb\tc\0d", "a\\u000d\\u000ab\\u0009c\\u0000d");
    SHOWS("\x7f\xc2\x9b"
          "31m",
          "\\u007f\\u009b31m");
    SHOWS("\xe2\x80\xae"
          "txt\xe2\x81\xa6\xef\xbb\xbf",
          "\\u202etxt\\u2066\\ufeff");
    SHOWS("\xf3\xa0\x80\x81", "\\udb40\\udc01");
}

void test_bytes_that_are_no_text_are_shown_as_such(void)
{
    SHOWS("\xff", "\\xff");
    SHOWS("a\xc3", "a\\xc3");
    SHOWS("\xc0\x80\xed\xa0\x80", "\\xc0\\x80\\xed\\xa0\\x80");
}

void test_what_is_long_is_cut_between_characters(void)
{
    shows("abcdef", 6, 6, "abcdef");
    shows("abcdefg", 7, 6, "abcdef...");
    shows("ab\xe2\x82\xac"
          "c",
          6, 4, "ab...");
}

/* Each byte alone, and behind others: what comes out has no control character and is UTF-8, and as
 * JSON it means what it meant. */
void test_no_bytes_break_out(void)
{
    static const char *const before[] = {"", "\xc2", "\xe2\x80", "\xf3\xa0\x80", "\x1b["};

    for (size_t i = 0; i < COUNT_OF(before); i++)
        for (int byte = 0; byte < 256; byte++) {
            cleanup(buf_deinit) struct buf text = {0}, shown = {0}, json = {0}, safe = {0};

            buf_add_text(&text, before[i]);
            buf_add_char(&text, (char)byte);
            screen_add(&shown, buf_span(&text), 100);
            buf_add_char(&json, '[');
            buf_add_json(&json, buf_span(&text));
            buf_add_char(&json, ']');
            screen_add_json(&safe, buf_span(&json));
            for (size_t at = 0; at < shown.size; at++)
                CU_ASSERT((uint8_t)shown.data[at] >= 0x20 && shown.data[at] != 0x7f);
            for (size_t at = 0; at < safe.size; at++)
                CU_ASSERT((uint8_t)safe.data[at] >= 0x20 && safe.data[at] != 0x7f);
            CU_ASSERT_PTR_NULL(strstr(shown.data, "\xc2\x9b"));
            CU_ASSERT_PTR_NULL(strstr(safe.data, "\xc2\x9b"));
        }
}

void test_json_means_the_same(void)
{
    static const char text[] = "{\n  \"a\": \"x\xc2\x9by\xe2\x80\xae\"\n}";
    cleanup(buf_deinit) struct buf out = {0};
    struct json *document = NULL;
    struct span a;

    screen_add_json(&out, span_text(text));
    CU_ASSERT_STRING_EQUAL(out.data, "{\n  \"a\": \"x\\u009by\\u202e\"\n}");
    CU_ASSERT_EQUAL_FATAL(json_parse(buf_span(&out), &document), 0);
    CU_ASSERT_FATAL(json_text(json_get(document, "a"), &a));
    CU_ASSERT(span_is(a, "x\xc2\x9by\xe2\x80\xae"));
    json_free(document);
}

void test_cells_stand_in_columns(void)
{
    cleanup(screen_table_deinit) struct screen_table table = {.columns = 3};
    char printed[256] = "";
    FILE *file = fmemopen(printed, sizeof printed, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    screen_cell(&table, span_text("A"));
    screen_cell(&table, span_text("LONG"));
    screen_cell(&table, span_text("B"));
    screen_cell(&table, span_text("\xc3\xa5\xc3\xa5"));
    screen_cell_printf(&table, "%d", 7);
    screen_cell(&table, span_text("x\ny"));
    CU_ASSERT_EQUAL(screen_table_print(&table, file), 0);
    fclose(file);
    CU_ASSERT_STRING_EQUAL(printed, "A   LONG  B\n\xc3\xa5\xc3\xa5  7     x\\u000ay\n");
}
