#include <CUnit/CUnit.h>
#include <errno.h>

#include "codec/json.h"

static void free_document(struct json **document)
{
    json_free(*document);
}

static struct json *parse(const char *text)
{
    struct json *document = NULL;

    CU_ASSERT_EQUAL_FATAL(json_parse(span_text(text), &document), 0);
    return document;
}

static void expect_refused(struct span text)
{
    struct json *document = NULL;

    CU_ASSERT_EQUAL(json_parse(text, &document), -EINVAL);
    CU_ASSERT_PTR_NULL(document);
}

static void expect_text_refused(const char *text)
{
    expect_refused(span_text(text));
}

void test_members_and_items_are_found(void)
{
    cleanup(free_document) struct json *document = parse("{\"a\":\"x\",\"b\":[1,2.5]}");
    const struct json *list = json_get(document, "b");
    struct span text;
    double number;

    CU_ASSERT_TRUE(json_text(json_get(document, "a"), &text) && span_is(text, "x"));
    CU_ASSERT_EQUAL(json_count(list), 2);
    CU_ASSERT(json_members(document) > 0);
    CU_ASSERT_TRUE(json_number(json_at(list, 0), &number) && number == 1);
    CU_ASSERT_TRUE(json_number(json_at(list, 1), &number) && number == 2.5);
    CU_ASSERT_PTR_NULL(json_at(list, 2));
}

void test_questions_of_the_wrong_kind_have_no_answer(void)
{
    cleanup(free_document) struct json *document = parse("{\"a\":\"x\",\"n\":null}");
    struct span text = span_text("kept");
    double number = 7;

    CU_ASSERT_PTR_NULL(json_get(json_get(document, "nothing"), "more"));
    CU_ASSERT_PTR_NULL(json_get(json_get(document, "a"), "more"));
    CU_ASSERT_PTR_NULL(json_at(document, 0));
    CU_ASSERT_EQUAL(json_count(document), 0);
    CU_ASSERT_EQUAL(json_members(json_get(document, "list")), 0);
    CU_ASSERT_FALSE(json_text(NULL, &text));
    CU_ASSERT_FALSE(json_text(json_get(document, "n"), &text));
    CU_ASSERT_FALSE(json_number(json_get(document, "a"), &number));
    CU_ASSERT_TRUE(span_is(text, "kept") && number == 7);
}

void test_kinds_are_told_apart(void)
{
    cleanup(free_document) struct json *document = parse("[{},[],\"\",1,1.0,true,null]");
    static const enum json_kind kinds[] = {JSON_KIND_OBJECT, JSON_KIND_ARRAY,  JSON_KIND_TEXT,
                                           JSON_KIND_NUMBER, JSON_KIND_NUMBER, JSON_KIND_OTHER,
                                           JSON_KIND_OTHER};

    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        CU_ASSERT_EQUAL(json_kind(json_at(document, i)), kinds[i]);
    CU_ASSERT_EQUAL(json_kind(NULL), JSON_KIND_OTHER);
}

void test_what_is_not_strictly_json_is_refused(void)
{
    expect_text_refused("");
    expect_text_refused("{");
    expect_text_refused("{} {}");
    expect_text_refused("{}x");
    expect_text_refused("{'a':1}");
    expect_text_refused("{\"a\":1,}");
    expect_text_refused("{\"a\":NaN}");
    expect_text_refused("{\"a\":01}");
    expect_text_refused("// no\n{}");
    expect_text_refused("\"a text alone\"");
    expect_text_refused("{\"a\":99999999999999999999}");
    expect_text_refused("{\"a\":1e999}");
}

void test_duplicate_members_are_refused_at_any_depth(void)
{
    expect_text_refused("{\"a\":1,\"a\":1}");
    expect_text_refused("{\"a\":1,\"\\u0061\":2}");
    expect_text_refused("[{\"b\":{\"a\":1,\"a\":2}}]");
}

void test_text_is_utf8_without_nul(void)
{
    expect_text_refused("{\"a\":\"\xff\"}");
    expect_text_refused("{\"a\":\"\xed\xa0\x80\"}");
    expect_text_refused("{\"a\":\"\\u0000\"}");
    expect_text_refused("{\"a\\u0000b\":1}");
    expect_refused(span_of("{\"a\":\"\0\"}", 9));
    expect_refused(span_of("{}\0", 3));
}

void test_depth_is_bounded(void)
{
    cleanup(buf_deinit) struct buf deepest = {0};
    cleanup(buf_deinit) struct buf deeper = {0};

    for (int i = 0; i < JSON_MAX_DEPTH; i++)
        buf_add_char(&deepest, '[');
    buf_add_text(&deepest, "\"]]]][[[[\\\"[[[[\"");
    for (int i = 0; i < JSON_MAX_DEPTH; i++)
        buf_add_char(&deepest, ']');
    json_free(parse(deepest.data));
    buf_printf(&deeper, "[%s]", deepest.data);
    expect_refused(buf_span(&deeper));
}

void test_size_is_bounded(void)
{
    cleanup(buf_deinit) struct buf text = {0};

    buf_add_text(&text, "[]");
    while (text.size < JSON_MAX_BYTES)
        buf_add_char(&text, ' ');
    json_free(parse(text.data));
    buf_add_char(&text, ' ');
    expect_refused(buf_span(&text));
}

void test_values_are_written_compactly_in_their_order(void)
{
    cleanup(free_document) struct json *document =
        parse("{ \"z\" : [ 1, \"\xc3\xa9\\n\" ], \"a\" : { \"b\" : null } }");
    cleanup(buf_deinit) struct buf out = {0};

    buf_add_text(&out, "body=");
    CU_ASSERT_EQUAL(json_write(document, &out), 0);
    CU_ASSERT_TRUE(span_is(buf_span(&out), "body={\"z\":[1,\"\xc3\xa9\\n\"],\"a\":{\"b\":null}}"));
}
