/* Examples are made of every contract's fields, and are bodies of it. */
#include "codec/example.h"

#include "survey.h"

static void check_example(const struct message *message)
{
    cleanup(buf_deinit) struct buf json = {0};
    struct arena *arena = arena_new(1 << 22);
    struct codec_errors errors = {0};
    const void *body;

    message_example(message, &json);
    CU_ASSERT_EQUAL(
        codec_decode_json(message, buf_span(&json), CODEC_UNKNOWN_REFUSED, arena, &errors, &body),
        0);
    for (size_t i = 0; i < errors.count; i++)
        printf("# %s: %s %s\n", message->type, errors.list[i].pointer, errors.list[i].detail);
    arena_free(arena);
}

void test_every_contracts_example_is_a_body_of_it(void)
{
    CU_ASSERT(message_count > 20);
    for (size_t i = 0; i < message_count; i++) {
        check_example(messages[i]);
        if (messages[i]->answer)
            check_example(messages[i]->answer);
    }
}

void test_an_example_has_every_field_at_every_depth(void)
{
    cleanup(buf_deinit) struct buf json = {0};

    message_example(&tally_survey_message, &json);
    CU_ASSERT_STRING_EQUAL(
        json.data, "{\"counter\": \"0198c2a5-2e54-7077-9b65-af4d8062de55\", \"load\": \"12.50\", "
                   "\"whole\": \"4\", \"target\": {\"from\": \"2026-11-23\", "
                   "\"at\": \"2026-11-22T18:00:00.000Z\", \"limits\": {\"low\": 2, "
                   "\"parts\": {\"left\": \"0.250000000\", \"right\": \"0.750000000\"}}}, "
                   "\"marks\": {\"left\": 3, \"right/hand\": 4}, "
                   "\"measure\": {\"kind\": \"count\", \"total\": 12, "
                   "\"steps\": [{\"value\": 6, \"done\": true}]}, "
                   "\"places\": {\"0198c2a5-0c32-7e55-9f43-8d2b6e40bc33\": {\"rank\": 7, "
                   "\"names\": [\"Ada\", \"Grace\"]}}, "
                   "\"choices\": [{\"of\": \"colour\", \"name\": \"red\"}]}");
}
