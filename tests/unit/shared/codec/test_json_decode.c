/* The JSON decoder against good, wrong and hostile text. */
#include <CUnit/CUnit.h>

#include "sample.h"

/* The required fields, each with a good value. */
static const struct {
    const char *name, *value;
} good[] = {
    {"id", "\"" SAMPLE_ID "\""}, {"text", "\"hi\""},        {"number", "7"},
    {"flag", "false"},           {"day", "\"2026-11-22\""}, {"at", "\"2026-11-22T18:15:00Z\""},
    {"colour", "\"red\""},       {"words", "[\"a\"]"},
};

/* A body of the good fields, with `name` set to `value` instead, or left out where `value` is
 * empty, or added where it is no good field. */
static void make_body(struct buf *out, const char *name, const char *value)
{
    const char *separator = "{";

    for (size_t i = 0; i < COUNT_OF(good); i++) {
        bool other = strcmp(good[i].name, name) != 0;

        if (other || *value)
            buf_printf(out, "%s\"%s\": %s", separator, good[i].name, other ? good[i].value : value);
        if (!other)
            name = "";
        separator = out->size ? ",\n" : "{";
    }
    if (*name && *value)
        buf_printf(out, "%s\"%s\": %s", separator, name, value);
    buf_add_char(out, '}');
}

static int decode(struct span text, enum codec_unknown unknown, struct codec_errors *errors)
{
    return sample_decode(codec_decode_json, text, unknown, errors);
}

static void takes(const char *name, const char *value)
{
    cleanup(buf_deinit) struct buf body = {0};
    struct codec_errors errors;

    make_body(&body, name, value);
    CU_ASSERT_EQUAL(decode(buf_span(&body), CODEC_UNKNOWN_IGNORED, &errors), 0);
}

static void invalid(const char *name, const char *value, const char *pointer, const char *code)
{
    cleanup(buf_deinit) struct buf body = {0};

    make_body(&body, name, value);
    sample_refused(codec_decode_json, buf_span(&body), CODEC_UNKNOWN_REFUSED, CODEC_INVALID,
                   pointer, code);
}

static void malformed(struct span text, const char *code)
{
    sample_refused(codec_decode_json, text, CODEC_UNKNOWN_IGNORED, CODEC_MALFORMED, "#", code);
}

void test_what_was_encoded_is_decoded(void)
{
    struct arena *arena = arena_new(SAMPLE_ARENA_BYTES);
    struct sample body = sample_full();
    struct codec_errors errors;
    const void *decoded;

    CU_ASSERT_EQUAL_FATAL(codec_decode_json(&sample_message, span_text(SAMPLE_JSON),
                                            CODEC_UNKNOWN_REFUSED, arena, &errors, &decoded),
                          0);
    CU_ASSERT(sample_equal(decoded, &body));
    arena_free(arena);
}

void test_a_body_inside_of_a_document_is_decoded(void)
{
    static const char text[] = "{\"bodies\": [" SAMPLE_JSON ", {\"id\": 7}, 8]}";
    struct arena *arena = arena_new(SAMPLE_ARENA_BYTES);
    struct sample body = sample_full();
    struct codec_errors errors;
    const struct json *bodies;
    const void *decoded;
    struct json *document;

    CU_ASSERT_EQUAL_FATAL(codec_parse_json(span_text(text), sizeof text, &errors, &document), 0);
    bodies = json_get(document, "bodies");
    CU_ASSERT_EQUAL_FATAL(codec_decode_json_value(&sample_message, json_at(bodies, 0),
                                                  CODEC_UNKNOWN_REFUSED, arena, &errors, &decoded),
                          0);
    CU_ASSERT_EQUAL(codec_decode_json_value(&sample_message, json_at(bodies, 1),
                                            CODEC_UNKNOWN_REFUSED, arena, &errors, &decoded),
                    CODEC_INVALID);
    CU_ASSERT_STRING_EQUAL(errors.list[0].pointer, "#/id");
    CU_ASSERT_EQUAL(codec_decode_json_value(&sample_message, json_at(bodies, 2),
                                            CODEC_UNKNOWN_REFUSED, arena, &errors, &decoded),
                    CODEC_MALFORMED);
    json_free(document);
    CU_ASSERT(sample_equal(decoded, &body));
    arena_free(arena);
}

void test_a_document_is_refused_as_a_body_is(void)
{
    struct codec_errors errors;
    struct json *document;

    CU_ASSERT_EQUAL(codec_parse_json(span_text("[1, 2]"), 5, &errors, &document), CODEC_MALFORMED);
    CU_ASSERT_STRING_EQUAL(errors.list[0].code, "too_long");
    CU_ASSERT_EQUAL(
        codec_parse_json(span_text("{\"a\": {\"b\": 1, \"b\": 2}}"), 99, &errors, &document),
        CODEC_MALFORMED);
    CU_ASSERT_STRING_EQUAL(errors.list[0].code, "duplicate_field");
    CU_ASSERT_EQUAL(codec_parse_json(span_text("{"), 99, &errors, &document), CODEC_MALFORMED);
    CU_ASSERT_STRING_EQUAL(errors.list[0].code, "malformed");
    CU_ASSERT_EQUAL_FATAL(codec_parse_json(span_text("[\"a\\u0000b\"]"), 99, &errors, &document),
                          0);
    CU_ASSERT_FALSE(json_text(json_at(document, 0), &(struct span){0}));
    json_free(document);
}

void test_each_required_field_must_be_there(void)
{
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        char pointer[CODEC_POINTER_BYTES];

        snprintf(pointer, sizeof pointer, "#/%s", good[i].name);
        invalid(good[i].name, "", pointer, "missing");
    }
}

void test_null_is_refused_everywhere(void)
{
    for (size_t i = 0; i < COUNT_OF(sample_fields); i++) {
        char pointer[CODEC_POINTER_BYTES];

        snprintf(pointer, sizeof pointer, "#/%s", sample_fields[i].name);
        invalid(sample_fields[i].name, "null", pointer, "null_refused");
    }
    invalid("words", "[\"a\", null]", "#/words/1", "null_refused");
}

void test_values_of_another_type_are_refused(void)
{
    invalid("number", "7.0", "#/number", "wrong_type");
    invalid("number", "1e2", "#/number", "wrong_type");
    invalid("number", "\"7\"", "#/number", "wrong_type");
    invalid("number", "true", "#/number", "wrong_type");
    invalid("text", "7", "#/text", "wrong_type");
    invalid("text", "[\"hi\"]", "#/text", "wrong_type");
    invalid("text", "{\"hi\": 1}", "#/text", "wrong_type");
    invalid("flag", "\"true\"", "#/flag", "wrong_type");
    invalid("flag", "0", "#/flag", "wrong_type");
    invalid("words", "\"a\"", "#/words", "wrong_type");
    invalid("words", "{}", "#/words", "wrong_type");
    invalid("words", "[\"a\", [\"b\"]]", "#/words/1", "wrong_type");
}

void test_texts_must_be_what_the_field_says(void)
{
    invalid("id", "\"00112233-4455-6677-8899-AABBCCDDEEFF\"", "#/id", "not_a_uuid");
    invalid("day", "\"2026-02-29\"", "#/day", "not_a_date");
    invalid("at", "\"2026-11-22 18:15:00\"", "#/at", "not_a_time");
    invalid("colour", "\"blue\"", "#/colour", "not_one_of");
    invalid("days", "[\"2026-11-22\", \"x\"]", "#/days/1", "not_a_date");
}

void test_bounds_hold(void)
{
    takes("text", "\"123456789012\"");
    takes("text", "\"\\u00e5\\u00e5\\u00e5\\u00e5\\u00e5\\u00e5\\u00e5\\u00e5\\u00e5\"");
    takes("text", "\"\\ud83d\\ude42\\ud83d\\ude42\"");
    invalid("text", "\"\\ud83d\\ude42\"", "#/text", "too_short");
    invalid("text", "\"1234567890123\"", "#/text", "too_long");
    invalid("text", "\"a\\u0000b\"", "#/text", "nul_refused");
    takes("limit", "10");
    invalid("limit", "11", "#/limit", "too_large");
    invalid("limit", "-6", "#/limit", "too_small");
    takes("number", "9223372036854775807");
    takes("number", "-9223372036854775808");
    invalid("words", "[]", "#/words", "too_few");
    invalid("words", "[\"a\", \"b\", \"c\", \"d\"]", "#/words", "too_many");
    invalid("words", "[\"a\", \"12345\"]", "#/words/1", "too_long");
    takes("days", "[]");
}

void test_unknown_keys_are_ignored_or_refused(void)
{
    takes("other", "{\"a\": [1, 2.5, null]}");
    invalid("other", "1", "#/other", "unknown_field");
    invalid("a/b~ c", "1", "#/a~1b~0%20c", "unknown_field");
}

void test_a_key_may_stand_once(void)
{
    malformed(span_text("{\"number\": 1, \"number\": 1}"), "duplicate_field");
    malformed(span_text("{\"other\": 1, \"other\": 1}"), "duplicate_field");
    malformed(span_text("{\"other\": {\"a\": 1, \"a\": 1}}"), "duplicate_field");
    malformed(span_text("{\"number\": 1, \"n\\u0075mber\": 1}"), "duplicate_field");
}

void test_what_is_not_json_is_refused(void)
{
    static const char *const texts[] = {
        "",
        " ",
        "null",
        "7",
        "\"x\"",
        "[]",
        "{",
        "{}}",
        "{} x",
        "{'a': 1}",
        "{a: 1}",
        "{\"a\": 1,}",
        "{\"a\" 1}",
        "// x\n{}",
        "{\"a\": NaN}",
        "{\"a\": 01}",
        "{\"a\": +1}",
        "{\"a\": \"\xff\"}",
        "{\"a\": \"\xed\xa0\x80\"}",
        "{\"a\": \"\n\"}",
        "{\"a\": \"\\ud800\"}",
        "\xef\xbb\xbf{}",
    };

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        malformed(span_text(texts[i]), "malformed");
    malformed(span_of(NULL, 0), "malformed");
    malformed(span_of("{}\0", 3), "malformed");
}

void test_numbers_above_64_bits_are_refused(void)
{
    malformed(span_text("{\"number\": 9223372036854775808}"), "too_large");
    malformed(span_text("{\"other\": -9223372036854775809}"), "too_large");
    malformed(span_text("{\"other\": 1e999}"), "too_large");
}

static void nested(struct buf *out, unsigned depth)
{
    buf_clear(out);
    buf_add_text(out, "{\"x\": ");
    for (unsigned i = 1; i < depth; i++)
        buf_add_char(out, '[');
    for (unsigned i = 1; i < depth; i++)
        buf_add_char(out, ']');
    buf_add_char(out, '}');
}

void test_nesting_ends_at_the_bound(void)
{
    cleanup(buf_deinit) struct buf body = {0};
    struct codec_errors errors;

    nested(&body, CODEC_MAX_DEPTH);
    CU_ASSERT_EQUAL(decode(buf_span(&body), CODEC_UNKNOWN_IGNORED, &errors), CODEC_INVALID);
    CU_ASSERT_STRING_EQUAL(errors.list[0].code, "missing");
    nested(&body, CODEC_MAX_DEPTH + 1);
    malformed(buf_span(&body), "too_deep");
    nested(&body, 30000);
    malformed(buf_span(&body), "too_deep");
}

void test_brackets_in_texts_are_no_nesting(void)
{
    takes("other", "\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[\\\\\"");
}

void test_bytes_are_bounded(void)
{
    cleanup(buf_deinit) struct buf body = {0};
    char *blanks = buf_extend(&body, CODEC_MAX_BYTES + 1 - strlen(SAMPLE_JSON));
    struct codec_errors errors;

    CU_ASSERT_PTR_NOT_NULL_FATAL(blanks);
    memset(blanks, ' ', body.size);
    buf_add_text(&body, SAMPLE_JSON);
    CU_ASSERT_EQUAL(decode(span_of(body.data + 1, CODEC_MAX_BYTES), CODEC_UNKNOWN_REFUSED, &errors),
                    0);
    malformed(buf_span(&body), "too_long");
}

void test_keys_are_bounded(void)
{
    cleanup(buf_deinit) struct buf body = {0};

    for (unsigned i = 0; i < 257; i++)
        buf_printf(&body, "%s\"%u\":1", i ? "," : "{", i);
    buf_add_char(&body, '}');
    malformed(buf_span(&body), "too_many");
}

void test_errors_never_quote_what_was_sent(void)
{
    static const char *const bodies[] = {"{\"text\": \"a secret of somebody\"}",
                                         "{\"text\": \"secret\" \"secret\"}", "{\"text\": secret}",
                                         "{\"colour\": \"secret\"}"};
    struct codec_errors errors;

    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        CU_ASSERT(decode(span_text(bodies[i]), CODEC_UNKNOWN_REFUSED, &errors) > 0);
        for (size_t j = 0; j < errors.count; j++)
            CU_ASSERT_PTR_NULL(strstr(errors.list[j].detail, "secret"));
    }
}

void test_every_cut_is_refused(void)
{
    for (size_t size = 0; size < sizeof SAMPLE_JSON - 1; size++)
        malformed(span_of(SAMPLE_JSON, size), "malformed");
}

void test_flipped_bytes_never_pass_the_contract(void)
{
    sample_flip(codec_decode_json, codec_encode_json, span_text(SAMPLE_JSON), 20000);
}
