/* Valid JSON comes out whatever is written. */
#include <CUnit/CUnit.h>

#include "codec/json_writer.h"

void test_commas_and_quotes_stand_where_they_belong(void)
{
    cleanup(buf_deinit) struct buf out = {0};
    struct json_writer w = {.out = &out};

    json_open(&w, '{');
    json_member_text(&w, "say \"hi\"", "a\nb");
    json_member_integer(&w, "least", INT64_MIN);
    json_member_open(&w, "list", '[');
    json_put_boolean(&w, true);
    json_put_boolean(&w, false);
    json_put_text(&w, NULL);
    json_put_raw(&w, "[1]");
    json_open(&w, '{');
    json_close(&w, '}');
    json_close(&w, ']');
    json_member_raw(&w, "raw", "1.50");
    json_key(&w, "template");
    json_put_template(&w, "{'$ref': '#/%s', 'most': %d}", "here", 7);
    json_close(&w, '}');
    CU_ASSERT_STRING_EQUAL(out.data,
                           "{\"say \\\"hi\\\"\":\"a\\u000ab\",\"least\":-9223372036854775808,"
                           "\"list\":[true,false,null,[1],{}],\"raw\":1.50,"
                           "\"template\":{\"$ref\": \"#/here\", \"most\": 7}}");
}

void test_a_member_without_a_value_is_left_out(void)
{
    cleanup(buf_deinit) struct buf out = {0};
    struct json_writer w = {.out = &out};

    json_open(&w, '{');
    json_member_text(&w, "text", NULL);
    json_member_raw(&w, "raw", NULL);
    json_close(&w, '}');
    CU_ASSERT_STRING_EQUAL(out.data, "{}");
}

void test_a_span_is_a_member_even_where_it_is_empty(void)
{
    cleanup(buf_deinit) struct buf out = {0};
    struct json_writer w = {.out = &out};

    json_open(&w, '{');
    json_member_span(&w, "none", (struct span){0});
    json_member_span(&w, "some", span_of("a\"b", 2));
    json_close(&w, '}');
    CU_ASSERT_STRING_EQUAL(out.data, "{\"none\":\"\",\"some\":\"a\\\"\"}");
}

void test_a_template_changes_nothing_in_front_of_it(void)
{
    cleanup(buf_deinit) struct buf out = {0};
    struct json_writer w = {.out = &out};

    json_open(&w, '[');
    json_put_text(&w, "player's");
    json_put_template(&w, "'b'");
    json_close(&w, ']');
    CU_ASSERT_STRING_EQUAL(out.data, "[\"player's\",\"b\"]");
}

void test_for_people_each_member_has_its_line(void)
{
    cleanup(buf_deinit) struct buf out = {0};
    struct json_writer w = {.out = &out, .lines = true};

    json_open(&w, '{');
    json_member_text(&w, "a", "b");
    json_member_open(&w, "c", '[');
    json_put_integer(&w, 1);
    json_open(&w, '{');
    json_close(&w, '}');
    json_close(&w, ']');
    json_key_raw(&w, "\"d\"");
    json_put_raw(&w, "[2, 3]");
    json_close(&w, '}');
    CU_ASSERT_STRING_EQUAL(out.data, "{\n"
                                     "  \"a\": \"b\",\n"
                                     "  \"c\": [\n"
                                     "    1,\n"
                                     "    {}\n"
                                     "  ],\n"
                                     "  \"d\": [2, 3]\n"
                                     "}");
}
