/* The quick way through JSON beside the way by jansson's tree, which judges alone what is right:
 * what the one takes the other takes, and makes the same of it. */
#include "codec/json_quick.h"

#include <stdlib.h>

#include "sample.h"

#define START "{\"id\":\"" SAMPLE_ID "\",\"text\":\"hi \xc3\xa6\xf0\x9f\x99\x82\",\"number\":"
#define MIDDLE ",\"flag\":true,\"day\":\"2026-11-22\",\"at\":\"2026-11-22T18:15:00.123Z\","
#define END                                                                                        \
    "\"colour\":\"dark_blue\",\"words\":[\"a\",\"\xc3\xa6\xc3\xb8\"],\"limit\":-5,\"days\":[]}"
#define PLAIN START "-123456789012345678" MIDDLE END

/* As a part of a document, which only the tree serves. */
static int decode_by_tree(const struct message *message, struct span bytes,
                          enum codec_unknown unknown, struct arena *arena,
                          struct codec_errors *ret_errors, const void **ret_body)
{
    struct json *document;
    int r = codec_parse_json(bytes, CODEC_MAX_BYTES, ret_errors, &document);

    if (r)
        return r;
    r = codec_decode_json_value(message, document, unknown, arena, ret_errors, ret_body);
    json_free(document);
    return r;
}

static bool same_errors(const struct codec_errors *a, const struct codec_errors *b)
{
    bool same = a->count == b->count;

    for (size_t i = 0; same && i < a->count; i++)
        same = strcmp(a->list[i].pointer, b->list[i].pointer) == 0 &&
               strcmp(a->list[i].code, b->list[i].code) == 0 &&
               strcmp(a->list[i].detail, b->list[i].detail) == 0;
    return same;
}

/* Do both ways say the same of the bytes? They lie at the end of their memory. */
static bool are_alike(struct span bytes, enum codec_unknown unknown, int *ret_result)
{
    struct arena *arena = arena_new(SAMPLE_ARENA_BYTES);
    struct codec_errors errors, by_tree;
    const void *body = NULL, *other = NULL;
    char *copy = malloc(bytes.size ? bytes.size : 1);
    int r, s;

    CU_ASSERT_FATAL(arena && copy);
    if (bytes.size)
        memcpy(copy, bytes.data, bytes.size);
    bytes.data = copy;
    r = codec_decode_json(&sample_message, bytes, unknown, arena, &errors, &body);
    s = decode_by_tree(&sample_message, bytes, unknown, arena, &by_tree, &other);
    *ret_result = r;
    r = r == s && (r ? same_errors(&errors, &by_tree) : sample_equal(body, other));
    arena_free(arena);
    free(copy);
    return r;
}

static void check_alike(const char *text, int result)
{
    int r = -1;

    CU_ASSERT_TRUE(are_alike(span_text(text), CODEC_UNKNOWN_REFUSED, &r));
    CU_ASSERT_EQUAL(r, result);
}

static int read_quickly(struct span bytes)
{
    struct arena *arena = arena_new(SAMPLE_ARENA_BYTES);
    struct codec_errors errors;
    struct decoding d = {.message = &sample_message,
                         .unknown = CODEC_UNKNOWN_REFUSED,
                         .arena = arena,
                         .errors = &errors};
    int r;

    CU_ASSERT_PTR_NOT_NULL_FATAL(arena);
    CU_ASSERT_EQUAL_FATAL(decoding_begin(&d, bytes), 0);
    r = json_quick_read(&d, bytes);
    CU_ASSERT(r != 0 || errors.count == 0);
    arena_free(arena);
    return r;
}

void test_usual_bodies_are_read_quickly(void)
{
    static const char *const texts[] = {
        PLAIN,
        START "0" MIDDLE END,
        START "-0" MIDDLE END,
        START " 7\n\t\r " MIDDLE END " \n",
        " " START "7" MIDDLE "\"words\" : [ \"a\" , \"]\" ,\"},[\"] , \"colour\" : \"red\" }",
    };

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        CU_ASSERT_EQUAL(read_quickly(span_text(texts[i])), 0);
        check_alike(texts[i], 0);
    }
}

void test_unusual_bodies_are_left_and_taken_all_the_same(void)
{
    static const char *const texts[] = {
        SAMPLE_JSON,
        START "1234567890123456789" MIDDLE END,
        START "7" MIDDLE "\"words\":[\"\\u0061\"],\"colour\":\"red\"}",
        START "7" MIDDLE "\"words\":[\"a\"],\"colo\\u0075r\":\"red\"}",
    };

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        CU_ASSERT_EQUAL(read_quickly(span_text(texts[i])), JSON_QUICK_LEFT);
        check_alike(texts[i], 0);
    }
}

void test_every_fault_is_left_and_told_alike(void)
{
    static const struct {
        const char *text;
        int result;
    } bodies[] = {
        {START "7" MIDDLE END "x", CODEC_MALFORMED},
        {START "7" MIDDLE END "}", CODEC_MALFORMED},
        {START "7" MIDDLE END PLAIN, CODEC_MALFORMED},
        {START "07" MIDDLE END, CODEC_MALFORMED},
        {START "-" MIDDLE END, CODEC_MALFORMED},
        {START "+7" MIDDLE END, CODEC_MALFORMED},
        {START "--7" MIDDLE END, CODEC_MALFORMED},
        {START "7.5" MIDDLE END, CODEC_INVALID},
        {START "7e2" MIDDLE END, CODEC_INVALID},
        {START "7x" MIDDLE END, CODEC_MALFORMED},
        {START "true" MIDDLE END, CODEC_INVALID},
        {START "truex" MIDDLE END, CODEC_MALFORMED},
        {START "null" MIDDLE END, CODEC_INVALID},
        {START "12345678901234567890" MIDDLE END, CODEC_MALFORMED},
        {START "\"\xff\"" MIDDLE END, CODEC_MALFORMED},
        {START "\"\xed\xa0\x80\"" MIDDLE END, CODEC_MALFORMED},
        {START "\"a\nbcdefgh\"" MIDDLE END, CODEC_MALFORMED},
        {START "\"abcdefgh\x1f\"" MIDDLE END, CODEC_MALFORMED},
        {START "7,\"number\":7" MIDDLE END, CODEC_MALFORMED},
        {START "7,\"other\":7" MIDDLE END, CODEC_INVALID},
        {START "7,\"\":7" MIDDLE END, CODEC_INVALID},
        {START "7," MIDDLE END, CODEC_MALFORMED},
        {START "7,\"limit\"" MIDDLE END, CODEC_MALFORMED},
        {START "7,\"limit\":11" MIDDLE "\"colour\":\"red\",\"words\":[\"a\"]}", CODEC_INVALID},
        {START "7" MIDDLE "\"colour\":\"red\"}", CODEC_INVALID},
        {START "7" MIDDLE "\"colour\":\"red\",\"words\":[]}", CODEC_INVALID},
        {START "7" MIDDLE "\"colour\":\"red\",\"words\":[,]}", CODEC_MALFORMED},
        {START "7" MIDDLE "\"colour\":\"red\",\"words\":[\"a\",]}", CODEC_MALFORMED},
        {START "7" MIDDLE "\"colour\":\"red\",\"words\":[\"a\" \"b\"]}", CODEC_MALFORMED},
        {START "7" MIDDLE "\"colour\":\"red\",\"words\":[\"a\",[\"b\"]]}", CODEC_INVALID},
        {START "7" MIDDLE "\"colour\":\"red\",\"words\":[\"a\"", CODEC_MALFORMED},
        {START "7" MIDDLE "\"colour\":\"red\",\"words\":[\"a\"}", CODEC_MALFORMED},
        {START "7" MIDDLE "\"colour\":\"red\",\"words\":{\"a\":1}}", CODEC_INVALID},
        {START "7" MIDDLE "\"colour\":\"red\",\"words\":[\"a\"],}", CODEC_MALFORMED},
        {"{}", CODEC_INVALID},
        {"{\"id\"}", CODEC_MALFORMED},
        {"{\"id\":", CODEC_MALFORMED},
        {"[]", CODEC_MALFORMED},
        {"", CODEC_MALFORMED},
    };

    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        CU_ASSERT_EQUAL(read_quickly(span_text(bodies[i].text)), JSON_QUICK_LEFT);
        check_alike(bodies[i].text, bodies[i].result);
    }
}

void test_a_nul_behind_the_body_is_no_space(void)
{
    int r = 0;

    CU_ASSERT_EQUAL(read_quickly(span_of(PLAIN, sizeof PLAIN)), JSON_QUICK_LEFT);
    CU_ASSERT_TRUE(are_alike(span_of(PLAIN, sizeof PLAIN), CODEC_UNKNOWN_REFUSED, &r));
    CU_ASSERT_EQUAL(r, CODEC_MALFORMED);
}

void test_every_cut_is_judged_alike(void)
{
    int r = 0;

    for (size_t size = 0; size < sizeof PLAIN - 1; size++) {
        CU_ASSERT_TRUE(are_alike(span_of(PLAIN, size), CODEC_UNKNOWN_REFUSED, &r));
        CU_ASSERT_EQUAL(r, CODEC_MALFORMED);
    }
}

/* By a fixed series: bytes that mean something to JSON, and any. */
void test_changed_bytes_are_judged_alike(void)
{
    static const char telling[] = "{}[]\",:\\/ \n09-.eEtfn\x1f\x7f\xc3";
    char text[] = PLAIN;
    uint64_t random = 88172645463325252u;
    unsigned taken = 0, different = 0;
    int r = 0;

    for (unsigned i = 0; i < 20000; i++) {
        memcpy(text, PLAIN, sizeof text);
        for (unsigned changes = 1 + i % 3; changes; changes--) {
            size_t at = sample_random(&random) % (sizeof text - 1);

            text[at] =
                i % 2 ? telling[(random >> 32) % (sizeof telling - 1)] : (char)(random >> 32);
        }
        different += !are_alike(span_of(text, sizeof text - 1),
                                i & 4 ? CODEC_UNKNOWN_REFUSED : CODEC_UNKNOWN_IGNORED, &r);
        taken += r == 0;
    }
    CU_ASSERT_EQUAL(different, 0);
    CU_ASSERT(taken > 100);
}
