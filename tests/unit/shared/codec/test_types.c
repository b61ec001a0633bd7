/* Decimals, structs, maps and unions at every depth, in both formats alike. */
#include "survey.h"

static int decode(decoder *with, struct span bytes, enum codec_unknown unknown,
                  struct codec_errors *errors)
{
    struct arena *arena = arena_new(SURVEY_ARENA_BYTES);
    const void *body = NULL;
    int r = with(&tally_survey_message, bytes, unknown, arena, errors, &body);

    CU_ASSERT_EQUAL(r == 0, body != NULL);
    CU_ASSERT(r == 0 || arena_used(arena) == 0);
    arena_free(arena);
    return r;
}

static void check_refusal(decoder *with, struct span bytes, int result, const char *pointer,
                          const char *code, const char *json)
{
    struct codec_errors errors = {0};
    int r = decode(with, bytes, CODEC_UNKNOWN_REFUSED, &errors);
    bool good = r == result && errors.count == 1 && strcmp(errors.list[0].code, code) == 0 &&
                (!pointer || strcmp(errors.list[0].pointer, pointer) == 0);

    if (!good)
        printf("# %s: %d, %zu errors, %s %s\n", json, r, errors.count, errors.list[0].pointer,
               errors.list[0].code);
    CU_ASSERT_TRUE(good);
}

/* Both formats must refuse this value of the field with this one error. */
static void refuses(const char *field, const char *json, const char *pointer, const char *code)
{
    cleanup(buf_deinit) struct buf text = {0}, packed = {0};

    survey_json(&text, field, json);
    survey_to_msgpack(&text, &packed);
    check_refusal(codec_decode_json, buf_span(&text), CODEC_INVALID, pointer, code, json);
    check_refusal(codec_decode_msgpack, buf_span(&packed), CODEC_INVALID, pointer, code, json);
}

/* A key that stands twice; where, a JSON parser does not tell. */
static void refuses_twice(const char *field, const char *json, const char *pointer)
{
    cleanup(buf_deinit) struct buf text = {0}, packed = {0};

    survey_json(&text, field, json);
    survey_to_msgpack(&text, &packed);
    check_refusal(codec_decode_json, buf_span(&text), CODEC_MALFORMED, "#", "duplicate_field",
                  json);
    check_refusal(codec_decode_msgpack, buf_span(&packed), CODEC_MALFORMED, pointer,
                  "duplicate_field", json);
}

static void takes(const char *field, const char *json)
{
    cleanup(buf_deinit) struct buf text = {0}, packed = {0};
    struct codec_errors errors = {0};

    survey_json(&text, field, json);
    survey_to_msgpack(&text, &packed);
    CU_ASSERT_EQUAL(decode(codec_decode_json, buf_span(&text), CODEC_UNKNOWN_REFUSED, &errors), 0);
    CU_ASSERT_EQUAL(decode(codec_decode_msgpack, buf_span(&packed), CODEC_UNKNOWN_REFUSED, &errors),
                    0);
    if (errors.count)
        printf("# %s: %s %s\n", json, errors.list[0].pointer, errors.list[0].code);
}

/* Decodes this value of the field in both formats, and gives what both encoders make of it. */
static void becomes(const char *field, const char *json, const char *expected)
{
    cleanup(buf_deinit) struct buf text = {0}, packed = {0}, again = {0}, repacked = {0};
    struct arena *arena = arena_new(SURVEY_ARENA_BYTES);
    struct codec_errors errors;
    const void *body = NULL;

    survey_json(&text, field, json);
    survey_to_msgpack(&text, &packed);
    CU_ASSERT_EQUAL_FATAL(codec_decode_msgpack(&tally_survey_message, buf_span(&packed),
                                               CODEC_UNKNOWN_REFUSED, arena, &errors, &body),
                          0);
    memset(packed.data, 0, packed.size); /* nothing points into the bytes */
    CU_ASSERT_EQUAL(codec_encode_json(&tally_survey_message, body, &again), 0);
    CU_ASSERT_EQUAL(codec_encode_msgpack(&tally_survey_message, body, &repacked), 0);
    survey_json(&text, field, expected);
    if (!span_equal(buf_span(&again), buf_span(&text)))
        printf("# %s\n# %s\n", again.data, text.data);
    CU_ASSERT(span_equal(buf_span(&again), buf_span(&text)));
    CU_ASSERT_EQUAL_FATAL(codec_decode_json(&tally_survey_message, buf_span(&again),
                                            CODEC_UNKNOWN_REFUSED, arena, &errors, &body),
                          0);
    buf_clear(&packed);
    CU_ASSERT_EQUAL(codec_encode_msgpack(&tally_survey_message, body, &packed), 0);
    CU_ASSERT(span_equal(buf_span(&packed), buf_span(&repacked)));
    arena_free(arena);
}

void test_decimals_are_exact_and_have_all_their_digits(void)
{
    becomes("load", "\"12.5\"", "\"12.50\"");
    becomes("load", "\"7\"", "\"7.00\"");
    becomes("load", "\"-0.05\"", "\"-0.05\"");
    becomes("load", "\"-0\"", "\"0.00\"");
    takes("load", "\"1000.00\"");
    takes("load", "\"-10\"");
    takes("whole", "\"9\"");
    refuses("load", "\"1000.01\"", "#/load", "too_large");
    refuses("load", "\"-10.01\"", "#/load", "too_small");
    refuses("load", "\"99999999999999999999\"", "#/load", "too_large");
    refuses("load", "\"-99999999999999999999\"", "#/load", "too_small");
    refuses("load", "12.5", "#/load", "wrong_type");
    refuses("load", "12", "#/load", "wrong_type");
    refuses("load", "null", "#/load", "null_refused");
    refuses("whole", "\"10\"", "#/whole", "too_large");
    refuses("whole", "\"4.0\"", "#/whole", "not_a_decimal");
}

void test_texts_of_another_form_are_no_decimals(void)
{
    static const char *const wrong[] = {
        "",    "-",    ".",    "1.",  ".5",  "12.500", "+1",  "01",    "1e3", "1,5", " 1",   "1 ",
        "--1", "1.-5", "0x1f", "1..", "-.5", "1.2.3",  "NaN", "1_000", "00",  "-01", "12.5a"};
    char json[32];

    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        snprintf(json, sizeof json, "\"%s\"", wrong[i]);
        refuses("load", json, "#/load", "not_a_decimal");
    }
}

void test_structs_are_checked_as_bodies_are(void)
{
    becomes(
        "target", "{\"limits\":{\"parts\":{\"left\":\"1\"},\"low\":2},\"from\":\"2026-11-23\"}",
        "{\"from\":\"2026-11-23\",\"limits\":{\"low\":2,\"parts\":{\"left\":\"1.000000000\"}}}");
    refuses("target", NULL, "#/target", "missing");
    refuses("target", "null", "#/target", "null_refused");
    refuses("target", "\"a\"", "#/target", "wrong_type");
    refuses("target", "[1]", "#/target", "wrong_type");
    refuses("target", "{}", "#/target/from", "missing");
    refuses("target", "{\"from\":\"2026-11-31\"}", "#/target/from", "not_a_date");
    refuses("target", "{\"from\":\"2026-11-23\",\"at\":null}", "#/target/at", "null_refused");
    refuses("target", "{\"from\":\"2026-11-23\",\"other\":1}", "#/target/other", "unknown_field");
    refuses("target",
            "{\"from\":\"2026-11-23\",\"limits\":{\"parts\":{\"left\":\"1\"},\"low\":10}}",
            "#/target/limits/low", "too_large");
    refuses("target", "{\"from\":\"2026-11-23\",\"limits\":{\"parts\":{\"left\":\"1\"}}}",
            "#/target/limits/low", "missing");
    refuses("target",
            "{\"from\":\"2026-11-23\",\"limits\":{\"low\":1,\"parts\":{\"left\":\"1.1\"}}}",
            "#/target/limits/parts/left", "too_large");
}

void test_maps_are_sorted_by_the_bytes_of_their_keys(void)
{
    becomes("marks", "{\"b\":1,\"a\":2,\"ab\":3,\"B\":4,\"\xc3\xa5\":5}",
            "{\"B\":4,\"a\":2,\"ab\":3,\"b\":1,\"\xc3\xa5\":5}");
    becomes("target",
            "{\"from\":\"2026-11-23\",\"limits\":{\"low\":2,\"parts\":{\"right\":\"0.25\","
            "\"left\":\"0.5\",\"both_hands\":\"0\"}}}",
            "{\"from\":\"2026-11-23\",\"limits\":{\"low\":2,\"parts\":{"
            "\"both_hands\":\"0.000000000\",\"left\":\"0.500000000\",\"right\":\"0.250000000\"}}}");
    becomes("places",
            "{" SURVEY_TEAM ":{\"rank\":1}," SURVEY_COUNTER ":{\"rank\":2,\"names\":[\"Ada\"]}}",
            "{" SURVEY_TEAM ":{\"rank\":1}," SURVEY_COUNTER ":{\"rank\":2,\"names\":[\"Ada\"]}}");
    takes("marks", "{}");
}

void test_maps_keep_their_bounds(void)
{
    refuses("marks", "[]", "#/marks", "wrong_type");
    refuses("marks", "null", "#/marks", "null_refused");
    refuses("marks",
            "{\"0\":0,\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,\"7\":0,\"8\":0,\"9\":0,"
            "\"10\":0}",
            "#/marks", "too_many");
    refuses("places", "{}", "#/places", "too_few");
    refuses("marks", "{\"\":1}", "#/marks/", "too_short");
    refuses("marks", "{\"123456789012345678901\":1}", "#/marks/123456789012345678901", "too_long");
    refuses("marks", "{\"left\":10}", "#/marks/left", "too_large");
    refuses("marks", "{\"left\":null}", "#/marks/left", "null_refused");
    refuses("marks", "{\"a/b~ \xc3\xa5\":10}", "#/marks/a~1b~0%20%C3%A5", "too_large");
    refuses("places", "{\"left\":{\"rank\":1}}", "#/places/left", "not_a_uuid");
    refuses("places", "{" SURVEY_TEAM ":{\"rank\":1,\"names\":[\"Ada\",\"\"]}}",
            "#/places/0198c2a5-0c32-7e55-9f43-8d2b6e40bc33/names/1", "too_short");
    refuses("target",
            "{\"from\":\"2026-11-23\",\"limits\":{\"low\":1,\"parts\":{\"middle\":\"1\"}}}",
            "#/target/limits/parts/middle", "not_one_of");
}

void test_the_tag_of_a_union_may_stand_anywhere(void)
{
    becomes("measure", "{\"kind\":\"count\",\"total\":3,\"steps\":[]}",
            "{\"kind\":\"count\",\"total\":3,\"steps\":[]}");
    becomes("measure",
            "{\"steps\":[{\"value\":1,\"done\":true},{\"value\":2}],\"total\":3,"
            "\"kind\":\"count\"}",
            "{\"kind\":\"count\",\"total\":3,\"steps\":[{\"value\":1,\"done\":true},"
            "{\"value\":2}]}");
    becomes("measure", "{\"total\":3,\"kind\":\"count\",\"steps\":[]}",
            "{\"kind\":\"count\",\"total\":3,\"steps\":[]}");
    becomes("measure", "{\"inner\":{\"words\":\"hi\",\"kind\":\"text\"},\"kind\":\"nested\"}",
            "{\"kind\":\"nested\",\"inner\":{\"kind\":\"text\",\"words\":\"hi\"}}");
    becomes("choices", "[{\"of\":\"nothing\"},{\"name\":\"green\",\"of\":\"colour\"}]",
            "[{\"of\":\"nothing\"},{\"of\":\"colour\",\"name\":\"green\"}]");
}

void test_unions_want_their_tag_and_its_alternative(void)
{
    refuses("measure", "\"yes_no\"", "#/measure", "wrong_type");
    refuses("measure", "null", "#/measure", "null_refused");
    refuses("measure", "{}", "#/measure/kind", "missing");
    refuses("measure", "{\"total\":3,\"steps\":[]}", "#/measure/kind", "missing");
    refuses("measure", "{\"total\":3,\"kind\":\"sum\"}", "#/measure/kind", "not_one_of");
    refuses("measure", "{\"kind\":1}", "#/measure/kind", "wrong_type");
    refuses("measure", "{\"kind\":{\"kind\":\"count\"},\"total\":[1]}", "#/measure/kind",
            "wrong_type");
    refuses("measure", "{\"kind\":null}", "#/measure/kind", "null_refused");
    refuses("measure", "{\"kind\":\"yes_no\",\"total\":3}", "#/measure/total", "unknown_field");
    refuses("measure", "{\"kind\":\"count\",\"total\":3}", "#/measure/steps", "missing");
    refuses("measure", "{\"kind\":\"count\",\"total\":3,\"steps\":[{\"value\":1},{\"value\":11}]}",
            "#/measure/steps/1/value", "too_large");
    refuses("measure", "{\"kind\":\"count\",\"total\":3,\"steps\":[{\"value\":1},7]}",
            "#/measure/steps/1", "wrong_type");
    refuses("measure", "{\"kind\":\"nested\",\"inner\":{\"kind\":\"day\",\"day\":\"1\"}}",
            "#/measure/inner/day", "not_a_date");
    refuses("measure", "{\"kind\":\"nested\",\"inner\":{\"kind\":\"count\"}}",
            "#/measure/inner/kind", "not_one_of");
    refuses("choices", "[{\"of\":\"nothing\"},{}]", "#/choices/1/of", "missing");
}

void test_a_key_stands_once_at_every_level(void)
{
    refuses_twice("target", "{\"from\":\"2026-11-23\",\"from\":\"2026-11-23\"}", "#/target/from");
    refuses_twice("target", "{\"from\":\"2026-11-23\",\"x\":1,\"x\":2}", "#");
    refuses_twice("marks", "{\"a\":1,\"b\":2,\"a\":3}", "#/marks");
    refuses_twice("measure", "{\"kind\":\"yes_no\",\"kind\":\"count\"}", "#/measure/kind");
    refuses_twice("measure", "{\"kind\":\"count\",\"total\":1,\"steps\":[],\"total\":1}",
                  "#/measure/total");
    refuses_twice("measure",
                  "{\"kind\":\"count\",\"total\":1,\"steps\":[{\"value\":1,\"value\":1}]}",
                  "#/measure/steps/0/value");
}

void test_unknown_keys_are_ignored_at_every_level_where_they_may_be(void)
{
    static const char *const bodies[][2] = {
        {"target", "{\"x\":{\"y\":[1,{\"z\":2}]},\"from\":\"2026-11-23\",\"w\":\"v\"}"},
        {"places", "{" SURVEY_TEAM ":{\"x\":[],\"rank\":1}}"},
        {"measure", "{\"x\":{\"kind\":1},\"kind\":\"yes_no\",\"y\":[1]}"},
    };
    cleanup(buf_deinit) struct buf text = {0}, packed = {0};
    struct codec_errors errors;

    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        survey_json(&text, bodies[i][0], bodies[i][1]);
        survey_to_msgpack(&text, &packed);
        CU_ASSERT_EQUAL(decode(codec_decode_json, buf_span(&text), CODEC_UNKNOWN_IGNORED, &errors),
                        0);
        CU_ASSERT_EQUAL(
            decode(codec_decode_msgpack, buf_span(&packed), CODEC_UNKNOWN_IGNORED, &errors), 0);
    }
}

void test_all_errors_of_all_levels_are_told(void)
{
    static const char *const pointers[] = {"#/load", "#/target/from", "#/marks/a",
                                           "#/measure/steps/0/value", "#/measure/total"};
    cleanup(buf_deinit) struct buf text = {0}, packed = {0};
    decoder *const decoders[] = {codec_decode_json, codec_decode_msgpack};
    struct codec_errors errors;

    buf_add_text(&text, "{\"counter\":" SURVEY_COUNTER ",\"load\":\"x\",\"target\":{},"
                        "\"marks\":{\"a\":\"b\"},"
                        "\"measure\":{\"steps\":[{\"value\":-1}],\"kind\":\"count\"}}");
    survey_to_msgpack(&text, &packed);
    for (size_t i = 0; i < COUNT_OF(decoders); i++) {
        CU_ASSERT_EQUAL(
            decode(decoders[i], buf_span(i ? &packed : &text), CODEC_UNKNOWN_REFUSED, &errors),
            CODEC_INVALID);
        CU_ASSERT_EQUAL_FATAL(errors.count, COUNT_OF(pointers));
        for (size_t j = 0; j < errors.count; j++)
            CU_ASSERT_STRING_EQUAL(errors.list[j].pointer, pointers[j]);
    }
}

void test_a_long_pointer_is_cut_between_characters(void)
{
    char name[128], json[256];
    cleanup(buf_deinit) struct buf text = {0};
    struct codec_errors errors;

    memset(name, '/', sizeof name);
    snprintf(json, sizeof json, "{\"from\":\"2026-11-23\",\"%.*s\":1}", (int)sizeof name, name);
    survey_json(&text, "target", json);
    CU_ASSERT_EQUAL(decode(codec_decode_json, buf_span(&text), CODEC_UNKNOWN_REFUSED, &errors),
                    CODEC_INVALID);
    CU_ASSERT_EQUAL(strlen(errors.list[0].pointer), CODEC_POINTER_BYTES - 1);
    CU_ASSERT_STRING_EQUAL(errors.list[0].pointer + CODEC_POINTER_BYTES - 3, "~1");
}

/* What an encoder refuses: a handler's fault. */
static void cannot_be_encoded(const struct tally_survey *body)
{
    cleanup(buf_deinit) struct buf out = {0};

    CU_ASSERT_EQUAL(codec_encode_json(&tally_survey_message, body, &out), -EINVAL);
    CU_ASSERT_EQUAL(codec_encode_msgpack(&tally_survey_message, body, &out), -EINVAL);
    CU_ASSERT_EQUAL(out.size, 0);
}

static const struct tally_survey least = {.measure = {.kind = TALLY_SURVEY_MEASURE_YES_NO}};

void test_the_encoders_sort_maps_and_refuse_doubles(void)
{
    static const struct tally_survey_marks_pair pairs[] = {{{"b", 1}, 1}, {{"a", 1}, 2}};
    static const struct tally_survey_marks_pair twice[] = {{{"b", 1}, 1}, {{"b", 1}, 2}};
    static const struct tally_survey_marks_pair wrong[] = {{{"", 0}, 1}};
    cleanup(buf_deinit) struct buf out = {0};
    struct tally_survey body = least;

    body.marks.items = pairs;
    body.marks.count = 2;
    CU_ASSERT_EQUAL(codec_encode_json(&tally_survey_message, &body, &out), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "\"marks\":{\"a\":2,\"b\":1}"));
    body.marks.items = twice;
    cannot_be_encoded(&body);
    body.marks.items = wrong;
    body.marks.count = 1;
    cannot_be_encoded(&body);
}

void test_the_encoders_keep_the_contract_at_depth(void)
{
    static const struct tally_survey_target_limits_parts_pair parts[] = {{3, 0}};
    static const struct tally_survey_measure_count_steps steps[] = {{.value = 1}, {.value = 11}};
    struct tally_survey body = least;

    body.load = 100001;
    cannot_be_encoded(&body);
    body = least;
    body.measure.kind = 3;
    cannot_be_encoded(&body);
    body = least;
    body.target.has_limits = true; /* which has too few parts */
    cannot_be_encoded(&body);
    body.target.limits.parts.items = parts; /* no word of the keys */
    body.target.limits.parts.count = 1;
    cannot_be_encoded(&body);
    body = least;
    body.measure.kind = TALLY_SURVEY_MEASURE_COUNT;
    body.measure.count.steps.items = steps;
    body.measure.count.steps.count = 2;
    cannot_be_encoded(&body);
}
