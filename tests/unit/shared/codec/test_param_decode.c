/* A query's parameters: text to fields, with the errors that bodies have. */
#include "survey.h"

#define MAX_PARAMS 8

struct params {
    struct codec_param list[MAX_PARAMS];
    size_t count;
};

static void add(struct params *params, const char *name, const char *text)
{
    params->list[params->count++] =
        (struct codec_param){.name = span_text(name), .text = span_text(text)};
}

static int decode(const struct params *params, struct arena *arena, struct codec_errors *errors,
                  const struct tally_counters **ret_body)
{
    const void *body = NULL;
    int r = codec_decode_params(&tally_counters_message, params->list, params->count, arena, errors,
                                &body);

    *ret_body = body;
    return r;
}

/* One parameter beside the required one must be refused. */
static void refuses(int result, const char *name, const char *text, const char *pointer,
                    const char *code)
{
    struct arena *arena = arena_new(SURVEY_ARENA_BYTES);
    struct codec_errors errors = {0};
    struct params params = {0};
    const struct tally_counters *body;

    if (strcmp(name, "from") != 0)
        add(&params, "from", "1");
    if (text)
        add(&params, name, text);
    CU_ASSERT_EQUAL(decode(&params, arena, &errors, &body), result);
    CU_ASSERT_PTR_NULL(body);
    CU_ASSERT_EQUAL_FATAL(errors.count, 1);
    CU_ASSERT_STRING_EQUAL(errors.list[0].pointer, pointer);
    CU_ASSERT_STRING_EQUAL(errors.list[0].code, code);
    arena_free(arena);
}

void test_every_type_of_parameter_is_read_from_text(void)
{
    struct arena *arena = arena_new(SURVEY_ARENA_BYTES);
    struct codec_errors errors;
    struct params params = {0};
    const struct tally_counters *body;
    char title[] = "Push/ups \xc3\xa5";

    add(&params, "since", "2026-11-22T18:00:00Z");
    add(&params, "from", "40");
    add(&params, "title", title);
    add(&params, "counter", "00112233-4455-6677-8899-aabbccddeeff");
    add(&params, "full", "false");
    add(&params, "day", "2026-11-22");
    add(&params, "order", "down");
    CU_ASSERT_EQUAL_FATAL(decode(&params, arena, &errors, &body), 0);
    memset(title, 'x', sizeof title - 1); /* nothing points into the text */
    CU_ASSERT_EQUAL(body->from, 40);
    CU_ASSERT(body->has_counter && body->counter.uuid.bytes[15] == 0xff);
    CU_ASSERT(body->has_title && span_is(body->title, "Push/ups \xc3\xa5"));
    CU_ASSERT(body->has_full && !body->full);
    CU_ASSERT(body->has_day && body->day.days == 20779);
    CU_ASSERT(body->has_since && body->since.us > 0);
    CU_ASSERT(body->has_order && body->order == TALLY_COUNTERS_ORDER_DOWN);
    arena_free(arena);
}

void test_optional_parameters_may_be_left_out(void)
{
    struct arena *arena = arena_new(SURVEY_ARENA_BYTES);
    struct codec_errors errors;
    struct params params = {0};
    const struct tally_counters *body;

    add(&params, "from", "1000000");
    CU_ASSERT_EQUAL_FATAL(decode(&params, arena, &errors, &body), 0);
    CU_ASSERT(!body->has_counter && !body->has_title && !body->has_full && !body->has_order);
    arena_free(arena);
}

void test_wrong_parameters_are_refused_as_fields_are(void)
{
    refuses(CODEC_INVALID, "from", NULL, "#/from", "missing");
    refuses(CODEC_INVALID, "from", "-1", "#/from", "too_small");
    refuses(CODEC_INVALID, "from", "1000001", "#/from", "too_large");
    refuses(CODEC_INVALID, "from", "99999999999999999999", "#/from", "too_large");
    refuses(CODEC_INVALID, "from", "-99999999999999999999", "#/from", "too_small");
    refuses(CODEC_INVALID, "title", "", "#/title", "too_short");
    refuses(CODEC_INVALID, "title", "123456789012345678901", "#/title", "too_long");
    refuses(CODEC_INVALID, "counter", "00112233", "#/counter", "not_a_uuid");
    refuses(CODEC_INVALID, "day", "2026-11-31", "#/day", "not_a_date");
    refuses(CODEC_INVALID, "since", "2026-11-22", "#/since", "not_a_time");
    refuses(CODEC_INVALID, "order", "sideways", "#/order", "not_one_of");
    refuses(CODEC_INVALID, "other", "1", "#/other", "unknown_field");
    refuses(CODEC_INVALID, "a/b", "1", "#/a~1b", "unknown_field");
    refuses(CODEC_MALFORMED, "title", "\xff", "#/title", "malformed");
}

void test_numbers_and_truths_have_one_spelling(void)
{
    static const char *const numbers[] = {"", " 1", "1 ", "+1", "01", "0x1", "1.0", "1e3", "one"};
    static const char *const truths[] = {"", "1", "TRUE", "yes", "true "};

    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        refuses(CODEC_INVALID, "from", numbers[i], "#/from", "wrong_type");
    for (size_t i = 0; i < COUNT_OF(truths); i++)
        refuses(CODEC_INVALID, "full", truths[i], "#/full", "wrong_type");
}

void test_a_parameter_stands_once(void)
{
    struct arena *arena = arena_new(SURVEY_ARENA_BYTES);
    struct codec_errors errors;
    struct params params = {0};
    const struct tally_counters *body;

    add(&params, "from", "1");
    add(&params, "full", "true");
    add(&params, "from", "1");
    CU_ASSERT_EQUAL(decode(&params, arena, &errors, &body), CODEC_MALFORMED);
    CU_ASSERT_EQUAL(errors.count, 1);
    CU_ASSERT_STRING_EQUAL(errors.list[0].pointer, "#/from");
    CU_ASSERT_STRING_EQUAL(errors.list[0].code, "duplicate_field");
    CU_ASSERT_EQUAL(arena_used(arena), 0);
    arena_free(arena);
}
