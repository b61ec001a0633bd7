/* Personal fields are hidden at every depth, and nothing else is. */
#include "survey.h"

static void hides(const char *name, const char *json, const char *wanted)
{
    cleanup(buf_deinit) struct buf text = {0}, out = {0};
    struct arena *arena = arena_new(SURVEY_ARENA_BYTES);
    struct codec_errors errors = {.count = 0};
    const void *body;

    survey_json(&text, name, json);
    CU_ASSERT_EQUAL_FATAL(codec_decode_json(&tally_survey_message, buf_span(&text),
                                            CODEC_UNKNOWN_REFUSED, arena, &errors, &body),
                          0);
    CU_ASSERT_EQUAL(codec_encode_json_impersonal(&tally_survey_message, body, &out), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, wanted));
    CU_ASSERT_PTR_NULL(strstr(out.data, "Ada"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, SURVEY_COUNTER));
    arena_free(arena);
}

void test_a_personal_field_inside_of_a_map_is_hidden(void)
{
    hides("places", "{" SURVEY_TEAM ":{\"rank\":1,\"names\":[\"Ada\",\"Grace\"]}}",
          "{\"rank\":1,\"names\":\"(personal)\"}");
}

void test_what_is_not_there_is_not_hidden(void)
{
    hides("places", "{" SURVEY_TEAM ":{\"rank\":1}}", "{\"rank\":1}");
}

void test_without_personal_fields_both_are_the_same(void)
{
    cleanup(buf_deinit) struct buf text = {0}, all = {0}, some = {0};
    struct arena *arena = arena_new(SURVEY_ARENA_BYTES);
    struct codec_errors errors = {.count = 0};
    const void *body;

    survey_json(&text, "", NULL);
    CU_ASSERT_EQUAL_FATAL(codec_decode_json(&tally_survey_message, buf_span(&text),
                                            CODEC_UNKNOWN_REFUSED, arena, &errors, &body),
                          0);
    CU_ASSERT_EQUAL(codec_encode_json(&tally_survey_message, body, &all), 0);
    CU_ASSERT_EQUAL(codec_encode_json_impersonal(&tally_survey_message, body, &some), 0);
    CU_ASSERT_STRING_EQUAL(all.data, some.data);
    arena_free(arena);
}
