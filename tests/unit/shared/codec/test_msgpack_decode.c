/* The MessagePack decoder against good, wrong and hostile bytes. */
#include <CUnit/CUnit.h>
#include <stdlib.h>

#include "sample.h"

struct part {
    const char *name;
    struct span value; /* MessagePack */
};
#define BYTES(text)                                                                                \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

/* The required fields, each with a good value. */
static const struct part good[] = {
    {"id", BYTES("\xd9\x24" SAMPLE_ID)},
    {"text", BYTES("\xa2hi")},
    {"number", BYTES("\x07")},
    {"flag", BYTES("\xc2")},
    {"day", BYTES("\xaa"
                  "2026-11-22")},
    {"at", BYTES("\xb4"
                 "2026-11-22T18:15:00Z")},
    {"colour", BYTES("\xa3red")},
    {"words", BYTES("\x91\xa1"
                    "a")},
};

static void add_text(struct buf *out, const char *text)
{
    buf_add_char(out, (char)0xd9);
    buf_add_char(out, (char)strlen(text));
    buf_add_text(out, text);
}

/* A body of the good fields, with `name` set to `value` instead, or left out where `value` is
 * empty, or added where it is no good field. */
static void make_body(struct buf *out, const char *name, struct span value)
{
    uint8_t count = 0;

    buf_clear(out);
    buf_add_text(out, "\x80");
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        bool other = strcmp(good[i].name, name) != 0;

        if (!other && !value.size)
            continue;
        add_text(out, good[i].name);
        buf_add(out, other ? good[i].value.data : value.data,
                other ? good[i].value.size : value.size);
        count++;
        if (!other)
            name = "";
    }
    if (*name && value.size) {
        add_text(out, name);
        buf_add(out, value.data, value.size);
        count++;
    }
    out->data[0] = (char)(0x80 | count);
}

static int decode(struct span bytes, enum codec_unknown unknown, struct codec_errors *errors)
{
    return sample_decode(codec_decode_msgpack, bytes, unknown, errors);
}

static void takes(const char *name, struct span value)
{
    cleanup(buf_deinit) struct buf body = {0};
    struct codec_errors errors;

    make_body(&body, name, value);
    CU_ASSERT_EQUAL(decode(buf_span(&body), CODEC_UNKNOWN_IGNORED, &errors), 0);
}

static void refuses(const char *name, struct span value, int result, const char *pointer,
                    const char *code)
{
    cleanup(buf_deinit) struct buf body = {0};

    make_body(&body, name, value);
    sample_refused(codec_decode_msgpack, buf_span(&body), CODEC_UNKNOWN_REFUSED, result, pointer,
                   code);
}

#define TAKES(name, text) takes(name, span_of(text, sizeof(text) - 1))
#define INVALID(name, text, pointer, code)                                                         \
    refuses(name, span_of(text, sizeof(text) - 1), CODEC_INVALID, pointer, code)
#define MALFORMED(name, text, code)                                                                \
    refuses(name, span_of(text, sizeof(text) - 1), CODEC_MALFORMED, "#", code)

void test_what_was_encoded_is_decoded(void)
{
    cleanup(buf_deinit) struct buf out = {0};
    struct arena *arena = arena_new(SAMPLE_ARENA_BYTES);
    struct sample body = sample_full();
    struct codec_errors errors;
    const void *decoded;

    CU_ASSERT_EQUAL_FATAL(codec_encode_msgpack(&sample_message, &body, &out), 0);
    CU_ASSERT_EQUAL_FATAL(codec_decode_msgpack(&sample_message, buf_span(&out),
                                               CODEC_UNKNOWN_REFUSED, arena, &errors, &decoded),
                          0);
    memset(out.data, 0, out.size); /* nothing points into the bytes */
    CU_ASSERT(sample_equal(decoded, &body));
    arena_free(arena);
}

void test_fields_may_come_in_any_order(void)
{
    cleanup(buf_deinit) struct buf body = {0};
    struct codec_errors errors;

    buf_add_char(&body, (char)(0x80 | COUNT_OF(good)));
    for (size_t i = COUNT_OF(good); i-- > 0;) {
        add_text(&body, good[i].name);
        buf_add(&body, good[i].value.data, good[i].value.size);
    }
    CU_ASSERT_EQUAL(decode(buf_span(&body), CODEC_UNKNOWN_REFUSED, &errors), 0);
}

void test_each_required_field_must_be_there(void)
{
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        char pointer[CODEC_POINTER_BYTES];

        snprintf(pointer, sizeof pointer, "#/%s", good[i].name);
        refuses(good[i].name, span_of(NULL, 0), CODEC_INVALID, pointer, "missing");
    }
}

void test_nil_is_refused_everywhere(void)
{
    for (size_t i = 0; i < COUNT_OF(sample_fields); i++) {
        char pointer[CODEC_POINTER_BYTES];

        snprintf(pointer, sizeof pointer, "#/%s", sample_fields[i].name);
        refuses(sample_fields[i].name, span_of("\xc0", 1), CODEC_INVALID, pointer, "null_refused");
    }
    INVALID("words",
            "\x92\xa1"
            "a\xc0",
            "#/words/1", "null_refused");
}

void test_values_of_another_type_are_refused(void)
{
    INVALID("number", "\xcb\x40\x00\x00\x00\x00\x00\x00\x00", "#/number", "wrong_type");
    INVALID("number", "\xca\x40\x00\x00\x00", "#/number", "wrong_type");
    INVALID("number",
            "\xa1"
            "7",
            "#/number", "wrong_type");
    INVALID("number", "\xc3", "#/number", "wrong_type");
    INVALID("text", "\xc4\x02hi", "#/text", "wrong_type");
    INVALID("text", "\xd5\x01hi", "#/text", "wrong_type");
    INVALID("text", "\x07", "#/text", "wrong_type");
    INVALID("text", "\x91\xa2hi", "#/text", "wrong_type");
    INVALID("flag", "\x01", "#/flag", "wrong_type");
    INVALID("id",
            "\xc4\x10"
            "0123456789abcdef",
            "#/id", "wrong_type");
    INVALID("day", "\xd6\xff\x00\x00\x00\x00", "#/day", "wrong_type");
    INVALID("at",
            "\x81\xa1"
            "a\x01",
            "#/at", "wrong_type");
    INVALID("colour", "\x00", "#/colour", "wrong_type");
    INVALID("words",
            "\xa1"
            "a",
            "#/words", "wrong_type");
    INVALID("words",
            "\x81\xa1"
            "a\xa1"
            "b",
            "#/words", "wrong_type");
    INVALID("words",
            "\x92\xa1"
            "a\x91\xa1"
            "b",
            "#/words/1", "wrong_type");
}

void test_texts_must_be_what_the_field_says(void)
{
    INVALID("id",
            "\xd9\x24"
            "00112233-4455-6677-8899-AABBCCDDEEFF",
            "#/id", "not_a_uuid");
    INVALID("id", "\xa0", "#/id", "not_a_uuid");
    INVALID("day",
            "\xaa"
            "2026-02-29",
            "#/day", "not_a_date");
    INVALID("day",
            "\xa9"
            "2026-1-22",
            "#/day", "not_a_date");
    INVALID("at",
            "\xb3"
            "2026-11-22T18:15:00",
            "#/at", "not_a_time");
    INVALID("colour",
            "\xa4"
            "blue",
            "#/colour", "not_one_of");
    INVALID("colour", "\xa3RED", "#/colour", "not_one_of");
    INVALID("days", "\x91\xa1x", "#/days/0", "not_a_date");
}

void test_bounds_hold(void)
{
    TAKES("text", "\xac"
                  "123456789012");
    TAKES("text", "\xac\xc3\xa5\xc3\xa5\xc3\xa5\xc3\xa5\xc3\xa5\xc3\xa5");
    INVALID("text", "\xa1h", "#/text", "too_short");
    INVALID("text", "\xa2\xc3\xa5", "#/text", "too_short");
    INVALID("text",
            "\xad"
            "1234567890123",
            "#/text", "too_long");
    INVALID("text",
            "\xa3"
            "a\0b",
            "#/text", "nul_refused");
    TAKES("limit", "\x0a");
    TAKES("limit", "\xfb");
    INVALID("limit", "\x0b", "#/limit", "too_large");
    INVALID("limit", "\xfa", "#/limit", "too_small");
    INVALID("limit", "\xcf\x80\x00\x00\x00\x00\x00\x00\x00", "#/limit", "too_large");
    INVALID("number", "\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "#/number", "too_large");
    TAKES("words", "\x93\xa1"
                   "a\xa1"
                   "b\xa1"
                   "c");
    INVALID("words", "\x90", "#/words", "too_few");
    INVALID("words",
            "\x94\xa1"
            "a\xa1"
            "b\xa1"
            "c\xa1"
            "d",
            "#/words", "too_many");
    INVALID("words",
            "\x92\xa1"
            "a\xa5"
            "12345",
            "#/words/1", "too_long");
    INVALID("words",
            "\x92\xa0\xa1"
            "a",
            "#/words/0", "too_short");
    TAKES("days", "\x90");
}

void test_text_must_be_utf8(void)
{
    MALFORMED("text", "\xa2\xc0\x80", "malformed");
    MALFORMED("text", "\xa3\xed\xa0\x80", "malformed");
    MALFORMED("text", "\xa2\xff\xff", "malformed");
    MALFORMED("words", "\x91\xa1\xe2", "malformed");
    MALFORMED("other", "\xa1\x80", "malformed");
    MALFORMED("\xff", "\x01", "malformed");
}

void test_unknown_keys_are_ignored_or_refused(void)
{
    TAKES("other", "\xc0");
    TAKES("other", "\xc7\x01\x05x");
    TAKES("other", "\xd8\x05"
                   "0123456789abcdef");
    TAKES("other", "\xc5\x00\x01x");
    TAKES("other", "\x82\xa1"
                   "a\x93\x01\x02\x03\xa1"
                   "b\x81\xa1"
                   "c\xcb\0\0\0\0\0\0\0\0");
    INVALID("other", "\xc0", "#/other", "unknown_field");
    INVALID("a/b~ \xc3\xa5", "\x01", "#/a~1b~0%20%C3%A5", "unknown_field");
}

void test_a_pointer_to_a_long_key_is_cut(void)
{
    cleanup(buf_deinit) struct buf body = {0};
    struct codec_errors errors;

    buf_add_text(&body, "\x81\xda\x01\x2c");
    memset(buf_extend(&body, 300), 'k', 300);
    buf_add_char(&body, 1);
    CU_ASSERT_EQUAL(decode(buf_span(&body), CODEC_UNKNOWN_REFUSED, &errors), CODEC_INVALID);
    CU_ASSERT_NSTRING_EQUAL(errors.list[0].pointer, "#/kkkk", 6);
    CU_ASSERT_EQUAL(strspn(errors.list[0].pointer + 2, "k"), strlen(errors.list[0].pointer) - 2);
    CU_ASSERT(strlen(errors.list[0].pointer) > CODEC_POINTER_BYTES - 4);
}

static void malformed_body(const char *bytes, size_t size, const char *code)
{
    sample_refused(codec_decode_msgpack, span_of(bytes, size), CODEC_UNKNOWN_IGNORED,
                   CODEC_MALFORMED, "#", code);
}
#define MALFORMED_BODY(text, code) malformed_body(text, sizeof(text) - 1, code)

void test_a_key_may_stand_once(void)
{
    static const char known[] = "\x82\xa6number\x01\xa6number\x02";

    sample_refused(codec_decode_msgpack, span_of(known, sizeof known - 1), CODEC_UNKNOWN_IGNORED,
                   CODEC_MALFORMED, "#/number", "duplicate_field");
    MALFORMED_BODY("\x83\xa5other\x01\xa1x\x01\xa5other\x02", "duplicate_field");
    MALFORMED_BODY("\x82\xa0\x01\xa0\x01", "duplicate_field");
}

void test_a_body_is_one_map_with_text_keys(void)
{
    MALFORMED_BODY("", "malformed");
    MALFORMED_BODY("\xc0", "malformed");
    MALFORMED_BODY("\x90", "malformed");
    MALFORMED_BODY("\xa2hi", "malformed");
    MALFORMED_BODY("\x81\x01\x01", "malformed");
    MALFORMED_BODY("\x81\xc4\x01x\x01", "malformed");
    MALFORMED_BODY("\x81\xa1x\x81\x01\x01", "malformed"); /* also inside an unknown value */
    MALFORMED_BODY("\x81\xa1x\xc1", "malformed");
    MALFORMED_BODY("\x80\x00", "malformed"); /* something follows */
}

void test_counts_that_cannot_be_are_refused_before_memory_is_asked_for(void)
{
    MALFORMED_BODY("\xdd\xff\x00\x00\x00", "malformed");
    MALFORMED_BODY("\xdf\xff\xff\xff\xff", "malformed");
    MALFORMED_BODY("\xde\x00\x02\xa1x\x01", "malformed");
    MALFORMED_BODY("\x81\xa5words\xdd\xff\x00\x00\x00", "malformed");
    MALFORMED_BODY("\x81\xa5words\xdc\xff\xff\xa1"
                   "a",
                   "malformed");
    MALFORMED_BODY("\x81\xa5other\xdd\xff\x00\x00\x00", "malformed");
    MALFORMED_BODY("\x81\xa4text\xdb\xff\xff\xff\xff"
                   "a",
                   "malformed");
    MALFORMED_BODY("\x81\xa5other\xc6\xff\xff\xff\xff"
                   "a",
                   "malformed");
    MALFORMED_BODY("\x81\xa5other\xc9\xff\xff\xff\xff\x01"
                   "a",
                   "malformed");
}

void test_nesting_ends_at_the_bound(void)
{
    char value[CODEC_MAX_DEPTH + 1];

    memset(value, '\x91', sizeof value);
    value[CODEC_MAX_DEPTH - 1] = 7; /* in 31 lists, which stand in the body */
    takes("other", span_of(value, CODEC_MAX_DEPTH));
    value[CODEC_MAX_DEPTH - 1] = '\x91';
    value[CODEC_MAX_DEPTH] = 7;
    refuses("other", span_of(value, CODEC_MAX_DEPTH + 1), CODEC_MALFORMED, "#", "too_deep");
    refuses("text", span_of(value, CODEC_MAX_DEPTH + 1), CODEC_MALFORMED, "#", "too_deep");
    refuses("words", span_of(value, CODEC_MAX_DEPTH + 1), CODEC_MALFORMED, "#", "too_deep");
}

void test_a_bomb_of_lists_is_refused(void)
{
    cleanup(buf_deinit) struct buf body = {0};
    char *bytes;

    buf_add_text(&body, "\x81\xa1x");
    bytes = buf_extend(&body, CODEC_MAX_BYTES - body.size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    memset(bytes, '\x91', CODEC_MAX_BYTES - 3);
    malformed_body(body.data, body.size, "too_deep");
    buf_add_char(&body, '\x91');
    malformed_body(body.data, body.size, "too_long");
}

/* `count` keys of four digits each. */
static void many_keys(struct buf *body, unsigned count)
{
    buf_clear(body);
    buf_add_char(body, (char)0xde);
    buf_add_be16(body, (uint16_t)count);
    for (unsigned i = 0; i < count; i++)
        buf_printf(body, "\xa4%04u\x01", i);
}

void test_keys_are_bounded(void)
{
    cleanup(buf_deinit) struct buf body = {0};
    struct codec_errors errors;

    many_keys(&body, 256);
    CU_ASSERT_EQUAL(decode(buf_span(&body), CODEC_UNKNOWN_REFUSED, &errors), CODEC_INVALID);
    CU_ASSERT_EQUAL(errors.count, CODEC_MAX_ERRORS);
    CU_ASSERT_EQUAL(decode(buf_span(&body), CODEC_UNKNOWN_IGNORED, &errors), CODEC_INVALID);
    CU_ASSERT_EQUAL(errors.count, COUNT_OF(good)); /* what is missing */
    many_keys(&body, 257);
    malformed_body(body.data, body.size, "too_many");
}

void test_all_errors_are_told_and_no_personal_value(void)
{
    static const char body[] = "\x83\xa4text\xb4"
                               "a secret of somebody"
                               "\xa6number\xc0\xa5words\x92\xa0\xa5"
                               "12345";
    struct codec_errors errors;

    CU_ASSERT_EQUAL(decode(span_of(body, sizeof body - 1), CODEC_UNKNOWN_REFUSED, &errors),
                    CODEC_INVALID);
    CU_ASSERT_EQUAL_FATAL(errors.count, 9);
    CU_ASSERT_STRING_EQUAL(errors.list[0].pointer, "#/text");
    CU_ASSERT_STRING_EQUAL(errors.list[1].pointer, "#/number");
    CU_ASSERT_STRING_EQUAL(errors.list[2].pointer, "#/words/0");
    CU_ASSERT_STRING_EQUAL(errors.list[3].pointer, "#/words/1");
    CU_ASSERT_STRING_EQUAL(errors.list[4].pointer, "#/id");
    for (size_t i = 0; i < errors.count; i++)
        CU_ASSERT_PTR_NULL(strstr(errors.list[i].detail, "secret"));
}

void test_every_cut_is_refused(void)
{
    cleanup(buf_deinit) struct buf out = {0};
    struct sample body = sample_full();
    struct codec_errors errors;

    CU_ASSERT_EQUAL_FATAL(codec_encode_msgpack(&sample_message, &body, &out), 0);
    for (size_t size = 1; size < out.size; size++) {
        char *cut = malloc(size); /* so that a sanitizer sees a read behind the end */

        memcpy(cut, out.data, size);
        CU_ASSERT_EQUAL(decode(span_of(cut, size), CODEC_UNKNOWN_IGNORED, &errors),
                        CODEC_MALFORMED);
        free(cut);
    }
}

void test_flipped_bytes_never_pass_the_contract(void)
{
    cleanup(buf_deinit) struct buf good_body = {0};
    struct sample body = sample_full();

    CU_ASSERT_EQUAL_FATAL(codec_encode_msgpack(&sample_message, &body, &good_body), 0);
    sample_flip(codec_decode_msgpack, codec_encode_msgpack, buf_span(&good_body), 50000);
}

void test_an_arena_that_is_full_is_a_fault(void)
{
    cleanup(buf_deinit) struct buf body = {0};
    struct arena *arena = arena_new(64);
    struct codec_errors errors;
    const void *decoded;

    make_body(&body, "", span_of(NULL, 0));
    CU_ASSERT(codec_decode_msgpack(&sample_message, buf_span(&body), CODEC_UNKNOWN_IGNORED, arena,
                                   &errors, &decoded) < 0);
    arena_free(arena);
}
