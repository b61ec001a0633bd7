/* JSON Schema of a field of every type, and the example that is made beside it. */
#include <CUnit/CUnit.h>
#include <jansson.h>

#include "base/attr.h"
#include "describe/describe.h"
#include "describe/describe_private.h"

static void release(json_t **root)
{
    json_decref(*root);
}

static json_t *parse(const struct buf *text)
{
    json_t *root = json_loadb(text->data, text->size, JSON_REJECT_DUPLICATES, NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(root);
    return root;
}

static void expect(const json_t *json, const char *wanted)
{
    cleanup(release) json_t *other = json_loads(wanted, JSON_DECODE_ANY, NULL);
    char *text = json_dumps(json, JSON_ENCODE_ANY | JSON_SORT_KEYS);

    CU_ASSERT_TRUE_FATAL(other != NULL);
    if (!json_equal(json, other))
        printf("# %s\n# is not %s\n", text, wanted);
    CU_ASSERT_TRUE(json_equal(json, other));
    free(text);
}

static json_t *schema_of(const struct field *field, enum schema_kind kind)
{
    cleanup(buf_deinit) struct buf out = {0};
    struct json_writer w = {.out = &out};

    describe_field_schema(&w, field, kind);
    return parse(&out);
}

static void expect_schema(const struct field *field, const char *wanted)
{
    cleanup(release) json_t *root = schema_of(field, SCHEMA_OPEN);

    expect(root, wanted);
}

static const struct field count = {.name = "count",
                                   .sentence = "How often.",
                                   .unit = "times",
                                   .example = "3",
                                   .type = FIELD_INTEGER,
                                   .min = INT64_MIN,
                                   .max = 9};
static const struct field amount = {.name = "amount",
                                    .type = FIELD_DECIMAL,
                                    .scale = 2,
                                    .min = -50,
                                    .max = 100000,
                                    .unit = "kilograms",
                                    .example = "\"12.50\""};
static const struct field mark = {.type = FIELD_STRING, .min = 1, .max = 4, .example = "\"left\""};
static const char *const colours[] = {"red", "dark_blue"};
static const struct field colour = {
    .type = FIELD_ENUM, .names = colours, .name_count = 2, .example = "\"red\""};
static const struct field inner[] = {
    {.name = "done", .type = FIELD_BOOLEAN, .example = "true"},
    {.name = "note",
     .type = FIELD_STRING,
     .max = 80,
     .personal = true,
     .optional = true,
     .example = "\"A \\\"note\\\"\""},
};
static const struct field structure = {
    .name = "target", .type = FIELD_STRUCT, .fields = inner, .field_count = 2};
static const struct field alternatives[] = {
    {.name = "number",
     .type = FIELD_STRUCT,
     .sentence = "A number.",
     .fields = &count,
     .field_count = 1},
    {.name = "nothing", .type = FIELD_STRUCT, .sentence = "Nothing."},
};
static const char *const alternative_names[] = {"number", "nothing"};
static const struct field choice = {.name = "measure",
                                    .type = FIELD_UNION,
                                    .tag = "kind",
                                    .names = alternative_names,
                                    .name_count = 2,
                                    .fields = alternatives,
                                    .field_count = 2};
static const struct field marks = {
    .name = "marks", .type = FIELD_MAP, .key = &mark, .item = &colour, .min = 1, .max = 5};
static const struct field list = {
    .name = "targets", .type = FIELD_LIST, .item = &structure, .min = 2, .max = 3};

void test_numbers_have_bounds_and_unit(void)
{
    expect_schema(&count,
                  "{\"description\":\"How often.\",\"type\":\"integer\",\"format\":\"int64\","
                  "\"minimum\":-9223372036854775808,\"maximum\":9,\"x-unit\":\"times\","
                  "\"examples\":[3]}");
    expect_schema(&amount, "{\"type\":\"string\","
                           "\"pattern\":\"^-?(0|[1-9][0-9]*)(\\\\.[0-9]{1,2})?$\","
                           "\"x-minimum\":\"-0.50\",\"x-maximum\":\"1000.00\",\"x-scale\":2,"
                           "\"x-unit\":\"kilograms\",\"examples\":[\"12.50\"]}");
}

void test_text_has_its_form(void)
{
    const struct field date = {.type = FIELD_DATE}, flag = {.type = FIELD_BOOLEAN};
    cleanup(release) json_t *uuid = schema_of(&(struct field){.type = FIELD_UUID}, SCHEMA_OPEN);
    cleanup(release) json_t *time = schema_of(&(struct field){.type = FIELD_TIME}, SCHEMA_OPEN);

    expect_schema(&mark, "{\"type\":\"string\",\"pattern\":\"^[^\\\\u0000]*$\",\"minLength\":1,"
                         "\"maxLength\":4,\"examples\":[\"left\"]}");
    expect_schema(&colour,
                  "{\"type\":\"string\",\"enum\":[\"red\",\"dark_blue\"],\"examples\":[\"red\"]}");
    expect_schema(&date, "{\"type\":\"string\",\"format\":\"date\"}");
    expect_schema(&flag, "{\"type\":\"boolean\"}");
    expect(json_object_get(uuid, "format"), "\"uuid\"");
    expect(json_object_get(time, "format"), "\"date-time\"");
}

void test_what_is_made_of_fields_says_which_are_required(void)
{
    expect_schema(
        &structure,
        "{\"type\":\"object\",\"properties\":{\"done\":{\"type\":\"boolean\",\"examples\":"
        "[true]},\"note\":{\"type\":\"string\",\"pattern\":\"^[^\\\\u0000]*$\","
        "\"minLength\":0,\"maxLength\":80,\"x-personal\":true,\"examples\":"
        "[\"A \\\"note\\\"\"]}},\"required\":[\"done\"]}");
}

void test_each_alternative_of_a_union_has_the_tag(void)
{
    cleanup(release) json_t *root = schema_of(&choice, SCHEMA_CLOSED);
    json_t *first = json_array_get(json_object_get(root, "oneOf"), 0);

    CU_ASSERT_EQUAL(json_array_size(json_object_get(root, "oneOf")), 2);
    expect(json_object_get(first, "required"), "[\"kind\",\"count\"]");
    expect(json_object_get(json_object_get(first, "properties"), "kind"), "{\"const\":\"number\"}");
    expect(json_array_get(json_object_get(root, "oneOf"), 1),
           "{\"title\":\"nothing\",\"description\":\"Nothing.\",\"type\":\"object\",\"properties\":"
           "{\"kind\":{\"const\":\"nothing\"}},\"required\":[\"kind\"],"
           "\"additionalProperties\":false}");
}

void test_lists_and_maps_count_what_is_in_them(void)
{
    cleanup(release) json_t *map = schema_of(&marks, SCHEMA_OPEN);
    cleanup(release) json_t *items = schema_of(&list, SCHEMA_OPEN);

    expect(json_object_get(map, "minProperties"), "1");
    expect(json_object_get(map, "maxProperties"), "5");
    expect(json_object_get(json_object_get(map, "propertyNames"), "maxLength"), "4");
    expect(json_object_get(json_object_get(map, "additionalProperties"), "type"), "\"string\"");
    expect(json_object_get(items, "minItems"), "2");
    expect(json_object_get(items, "maxItems"), "3");
    expect(json_object_get(json_object_get(items, "items"), "type"), "\"object\"");
}

void test_an_example_has_every_field(void)
{
    const struct field fields[] = {count, amount, structure, choice, marks, list};
    const struct message message = {.fields = fields, .field_count = COUNT_OF(fields)};
    cleanup(buf_deinit) struct buf out = {0};
    struct json_writer w = {.out = &out};
    cleanup(release) json_t *root = NULL;

    describe_example(&w, &message);
    root = parse(&out);
    expect(root, "{\"count\":3,\"amount\":\"12.50\","
                 "\"target\":{\"done\":true,\"note\":\"A \\\"note\\\"\"},"
                 "\"measure\":{\"kind\":\"number\",\"count\":3},\"marks\":{\"left\":\"red\"},"
                 "\"targets\":[{\"done\":true,\"note\":\"A \\\"note\\\"\"},"
                 "{\"done\":true,\"note\":\"A \\\"note\\\"\"}]}");
}

void test_a_message_alone_is_found_by_its_type(void)
{
    cleanup(buf_deinit) struct buf out = {0}, none = {0};
    cleanup(release) json_t *root = NULL;

    CU_ASSERT_TRUE_FATAL(describe_schema(span_text("core.add-member.v1"), &out));
    root = parse(&out);
    expect(json_object_get(root, "$id"), "\"/schemas/core.add-member.v1\"");
    expect(json_object_get(root, "$schema"), "\"https://json-schema.org/draft/2020-12/schema\"");
    CU_ASSERT_FALSE(describe_schema(span_text("core.add-member"), &none));
    CU_ASSERT_EQUAL(none.size, 0);
}
