/* What the generator says about fields inside of fields. */
#include "place.h"

/* The good contract with one change must be refused with this, behind the file's name. */
static void refuses(const char *what, const char *with, const char *expected)
{
    static char text[TEXT_BYTES], said[TEXT_BYTES];
    char line[1024];
    struct place place;

    place_open(&place);
    changed(text, nested, what, with);
    put(&place, "mc/measured.yaml", text);
    CU_ASSERT_EQUAL(run(&place, generate_mc), EXIT_USAGE);
    get(&place, "said", said);
    snprintf(line, sizeof line, "mc/measured.yaml:%s\n", expected);
    if (strcmp(said, line) != 0)
        printf("# said: %s# expected: %s", said, line);
    CU_ASSERT_STRING_EQUAL(said, line);
    place_close(&place);
}

void test_good_fields_inside_of_fields_are_taken(void)
{
    static char text[TEXT_BYTES];
    struct place place;

    place_open(&place);
    put(&place, "mc/measured.yaml", nested);
    CU_ASSERT_EQUAL_FATAL(run(&place, generate_mc), 0);
    get(&place, "said", text);
    CU_ASSERT_STRING_EQUAL(text, "");
    get(&place, "out/contracts/mc.h", text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text,
                                  "/* How much. From -1.00 to 12.50 kilograms, times 10^2. */\n"
                                  "    int64_t load;\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "struct mc_measured_target_inner {\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "    const struct mc_measured_marks_pair *items;\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "    MC_MEASURED_MEASURE_NOTHING = 1,\n"));
    get(&place, "out/contracts/mc_ids.h", text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "struct team_id {\n"));
    get(&place, "out/contracts/mc.c", text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "        .min = -100,\n        .max = 1250,\n"
                                        "        .scale = 2,\n"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "        .example = \"{\\\"left\\\": 3, \\\"right\\\": 4}\",\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "offsetof(struct mc_measured_marks_pair, value)"));
    place_close(&place);
}

void test_decimals_have_a_scale_and_bounds_in_it(void)
{
    refuses("    scale: 2\n", "", "7: \"scale\" is missing");
    refuses("scale: 2", "scale: 10", "7: \"scale\" must be from 0 to 9");
    refuses("\"12.5\"", "\"12.505\"",
            "11: \"max\" is \"12.505\", expected a decimal with at most 2 digits behind the point");
    refuses("\"-1.00\"", "\"13\"", "7: \"min\" 13.00 is above \"max\" 12.50");
    refuses("\"2.50\"", "\"2.5\"",
            "13: the example is no value of the field: expected a decimal with 2 digits behind the "
            "point, between the bounds");
    refuses("\"2.50\"", "\"12.51\"",
            "13: the example is no value of the field: expected a decimal with 2 digits behind the "
            "point, between the bounds");
    refuses("unit: kilograms", "unit: Kilograms",
            "12: \"unit\" is \"Kilograms\", expected what is counted, in the plural and in at most "
            "24 lower-case letters (\"points\", \"percent\"); everything has a unit");
}

void test_structs_have_fields_and_no_example(void)
{
    refuses("        type: struct\n        sentence",
            "        type: struct\n        example: {}\n"
            "        sentence",
            "21: unknown key \"example\" in a field of type struct, expected name, type, required, "
            "personal, sentence or fields");
    refuses("          - name: team\n", "          - name: Team\n",
            "23: the field's name \"Team\" is not snake_case (\"late_days\")");
    refuses("    item: {type: integer, min: 0, max: 9, unit: points, example: 3}\n",
            "    item: {type: struct, fields: [{name: a, type: date, example: 2026-11-22, "
            "sentence: b}]}\n",
            "34: \"example\" is made of the fields' own examples here, leave it out");
}

void test_nesting_has_an_end(void)
{
    refuses("            type: uuid\n            of: team\n"
            "            example: 0198c2a4-7b21-7d44-8e32-7c1a5d3fab22\n",
            "            type: struct\n"
            "            fields:\n"
            "              - name: a\n"
            "                type: struct\n"
            "                sentence: b\n"
            "                fields: [{name: c, type: date, example: 2026-11-22, sentence: d}]\n",
            "29: fields nest deeper than 4 levels");
}

void test_events_carry_nothing_personal_at_any_depth(void)
{
    refuses("            of: team\n", "            of: team\n            personal: true\n",
            "23: a personal field in an event, expected ids and numbers only");
    refuses("            type: boolean\n",
            "            type: boolean\n            personal: true\n",
            "44: a personal field in an event, expected ids and numbers only");
}

void test_maps_have_keys_that_are_texts(void)
{
    refuses("    key: {type: string, min: 1, max: 5, example: left}\n", "",
            "28: \"key\" is missing, e.g. key: {type: string, min: 1, max: 20, example: left}");
    refuses("{type: string, min: 1, max: 5, example: left}", "{type: date, example: 2026-11-22}",
            "30: a key is no date, expected string, uuid or enum");
    refuses("{type: integer, min: 0, max: 9, unit: points, example: 3}", "{type: map, max: 3}",
            "31: an item is no map, expected another type: lists and maps do not nest");
    refuses("{left: 3, right: 4}", "{}",
            "34: the example is no value of the field: expected a mapping of 1 to 4 pairs");
    refuses("{left: 3, right: 4}", "{left: 3, middle: 4}",
            "34: the example is no value of the field: expected 1 to 5 characters");
    refuses("{left: 3, right: 4}", "{left: 3, right: 10}",
            "34: the example is no value of the field: expected 0 to 9");
    refuses("{left: 3, right: 4}", "{left: 3, left: 4}",
            "34: the example is no value of the field: expected each key once");
}

void test_a_map_of_structs_may_not_want_many(void)
{
    refuses("    item: {type: integer, min: 0, max: 9, unit: points, example: 3}\n"
            "    min: 1\n"
            "    max: 4\n"
            "    example: {left: 3, right: 4}\n",
            "    item: {type: struct, fields: [{name: a, type: date, example: 2026-11-22, "
            "sentence: b}]}\n"
            "    min: 2\n"
            "    max: 4\n",
            "28: \"min\" must be 0 or 1 for a map of structs, so that an example can be made");
}

void test_the_tag_of_a_union_is_a_name_of_its_own(void)
{
    refuses("    tag: kind\n", "", "36: \"tag\" is missing");
    refuses("tag: kind", "tag: union", "38: \"union\" is a word of C, choose another tag");
    refuses("tag: kind", "tag: nothing", "48: the alternative \"nothing\" has the name of the tag");
    refuses("tag: kind", "tag: done", "44: the field \"done\" has the name of the union's tag");
    refuses("name: nothing", "name: count", "48: the field \"count\" stands twice");
    refuses("        sentence: Not at all.\n", "", "48: \"sentence\" is missing");
}

void test_structs_of_two_places_are_told_apart(void)
{
    refuses("  - name: target\n",
            "  - name: target_inner\n    type: struct\n    sentence: a\n"
            "    fields: [{name: c, type: date, example: 2026-11-22, "
            "sentence: d}]\n"
            "  - name: target\n",
            "23: this becomes struct mc_measured_target_inner in C, as mc/measured.yaml:15 does "
            "already");
}
