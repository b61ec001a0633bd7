/* What the generator says about wrong contracts: file, line, what is wrong and what was expected.
 */
#include "place.h"

static void expect(const char *name, const char *text, int code, const char *expected)
{
    static char said[TEXT_BYTES];
    struct place place;
    struct stat out;
    char path[2 * PATH_BYTES];

    place_open(&place);
    put(&place, name, text);
    CU_ASSERT_EQUAL(run(&place, generate_mc), code);
    get(&place, "said", said);
    if (strcmp(said, expected) != 0)
        printf("# said: %s# expected: %s", said, expected);
    CU_ASSERT_STRING_EQUAL(said, expected);
    path_in(&place, "out/messages.c", path);
    CU_ASSERT_EQUAL(stat(path, &out) == 0, code == 0);
    place_close(&place);
}

/* A good contract with one change must be refused with this, behind the file's name and a colon. */
static void refuses_in(const char *name, const char *good, const char *what, const char *with,
                       const char *expected)
{
    static char text[TEXT_BYTES];
    char said[1024];

    changed(text, good, what, with);
    snprintf(said, sizeof said, "%s:%s\n", name, expected);
    expect(name, text, EXIT_USAGE, said);
}

static void refuses(const char *what, const char *with, const char *expected)
{
    refuses_in("mc/record-check.yaml", command, what, with, expected);
}

static void refuses_event(const char *what, const char *with, const char *expected)
{
    refuses_in("mc/recorded.yaml", event, what, with, expected);
}

static void refuses_query(const char *what, const char *with, const char *expected)
{
    refuses_in("mc/week.yaml", query, what, with, expected);
}

void test_good_contracts_are_taken_in_silence(void)
{
    expect("mc/record-check.yaml", command, 0, "");
    expect("mc/recorded.yaml", event, 0, "");
    expect("mc/week.yaml", query, 0, "");
}

void test_keys_are_known_and_stand_once(void)
{
    refuses("key: player", "keys: player",
            "5: unknown key \"keys\" in a command, expected name, version, kind, sentence, key, "
            "permission, scope, scope_field, changes_rights, rights_of, holds_key, creates_tenant, "
            "cost, fields or rejects\n"
            "mc/record-check.yaml:1: \"key\" is missing");
    refuses("key: player\n", "key: player\nkey: title\n", "6: \"key\" stands twice in a command");
    refuses("    of: user\n", "    of: user\n    max: 3\n",
            "13: unknown key \"max\" in a field of type uuid, expected name, type, required, "
            "personal, sentence, of or example");
    refuses(
        "{type: enum, ", "{type: enum, personal: true, ",
        "34: unknown key \"personal\" in an item of type enum, expected type, values or example");
    refuses("    field: weight\n", "    fields: weight\n",
            "39: unknown key \"fields\" in a reject, expected code, field or sentence");
    refuses_event("key: organization", "path: /v1/mc",
                  "5: unknown key \"path\" in an event, expected name, version, kind, sentence, "
                  "key, permission, scope, scope_field or fields\n"
                  "mc/recorded.yaml:1: \"key\" is missing");
    refuses_event("fields:", "rejects: [{code: a, sentence: b}]\nfields:",
                  "6: unknown key \"rejects\" in an event, expected name, version, kind, sentence, "
                  "key, permission, scope, scope_field or fields");
}

void test_what_is_missing_is_told(void)
{
    refuses("version: 1\n", "", "1: \"version\" is missing");
    refuses("sentence: Says whether a habit was done on a day.\n", "",
            "1: \"sentence\" is missing");
    refuses("    type: uuid\n    of: user\n    example: 0198c2a4-7b21-7d44-8e32-7c1a5d3fab22\n", "",
            "10: \"type\" is missing");
    refuses("    sentence: Whose check it is.\n", "", "10: \"sentence\" is missing");
    refuses("    max: 80\n", "", "15: \"max\" is missing");
    refuses("    min: -1\n", "", "22: \"min\" is missing");
    refuses("    item: {type: enum, values: [player, coach], example: coach}\n", "",
            "30: \"item\" is missing, e.g. item: {type: date, example: 2026-11-22}");
    refuses(", values: [player, coach]", "", "34: \"values\" is missing");
    refuses("  - code: day_too_old\n    field", "  - field", "38: \"code\" is missing");
    refuses("permission: mc.check.record\n", "",
            "1: \"permission\" is missing, expected one with scope organization or player");
    refuses("scope_field: player\n", "",
            "1: \"scope_field\" is missing, expected the uuid field that names the player");
}

void test_values_have_the_right_form(void)
{
    refuses("kind: command", "kind: order",
            "3: \"kind\" is \"order\", expected command, event or query");
    refuses("scope: player", "scope: team",
            "7: \"scope\" is \"team\", expected none, anyone, organization or player");
    refuses("key: player\n", "key: player\nrights_of: player\n",
            "6: \"rights_of\" has a meaning with changes_rights: true only");
    refuses("key: player\n", "key: player\nchanges_rights: true\nrights_of: title\n",
            "7: \"rights_of\" names \"title\", which is no uuid");
    refuses("key: player\n", "key: player\ncost: 0\n", "6: \"cost\" must be from 1 to 1000000");
    refuses("version: 1", "version: one", "2: \"version\" is not an integer of at most 64 bits");
    refuses("max: 80", "max: \"80\"", "18: \"max\" is not an integer of at most 64 bits");
    refuses("max: 80", "max: 99999999999999999999",
            "18: \"max\" is not an integer of at most 64 bits");
    refuses("personal: true", "personal: yes", "19: \"personal\" must be true or false");
    refuses(
        "type: integer", "type: number",
        "23: \"type\" is \"number\", expected uuid, string, integer, boolean, date, time, enum, "
        "list, decimal, struct, map or union");
    refuses("sentence: Whose check it is.", "sentence: [a]",
            "14: \"sentence\" is a list, expected a text");
    refuses("sentence: Whose check it is.", "sentence: ''",
            "14: \"sentence\" is empty, expected a text");
    refuses("sentence: Whose check it is.", "sentence: a */ b",
            "14: a sentence becomes a comment, so it must not contain \"/*\" or \"*/\"");
    refuses("sentence: Whose check it is.", "sentence: a /* b",
            "14: a sentence becomes a comment, so it must not contain \"/*\" or \"*/\"");
    refuses("[player, coach]", "[]",
            "34: \"values\" is empty, expected a list with something in it");
    refuses("[player, coach]", "player",
            "34: \"values\" is a text, expected a list with something in it");
    refuses("[player, coach]", "[Player, coach]",
            "34: the value \"Player\" is not snake_case (\"late_days\")");
}

void test_names_fit_folder_file_and_c(void)
{
    refuses("name: mc.record-check", "name: core.record-check",
            "1: \"name\" is \"core.record-check\", expected mc. and lower-case words joined by "
            "\"-\" (\"mc.record-check\"), none of them a version");
    refuses("name: mc.record-check", "name: mc.record-v2",
            "1: \"name\" is \"mc.record-v2\", expected mc. and lower-case words joined by \"-\" "
            "(\"mc.record-check\"), none of them a version");
    refuses("name: mc.record-check", "name: mc.record",
            "1: version 1 of \"mc.record\" belongs into the file record.yaml, not "
            "record-check.yaml");
    refuses("version: 1", "version: 2",
            "1: version 2 of \"mc.record-check\" belongs into the file record-check.v2.yaml, not "
            "record-check.yaml");
    refuses("version: 1", "version: 0", "2: \"version\" must be from 1 to 999");
    refuses("name: title", "name: Title",
            "15: the field's name \"Title\" is not snake_case (\"late_days\")");
    refuses("name: title", "name: default", "15: \"default\" is a word of C, choose another name");
    refuses("name: title", "name: has_weight",
            "15: \"has_weight\" is already the member that says whether \"weight\" is there");
    refuses("name: title", "name: a_name_that_is_much_too_long_for_any_field",
            "15: the field's name has 42 characters, at most 40");
    refuses("name: roles", "name: title", "30: the field \"title\" stands twice");
    refuses("of: user", "of: User", "12: \"of\" \"User\" is not snake_case (\"late_days\")");
}

void test_bounds_make_sense(void)
{
    refuses("    max: 10\n", "    max: -2\n", "22: \"min\" -1 is above \"max\" -2");
    refuses("    min: 1\n    max: 80\n", "    min: -1\n    max: 80\n",
            "15: \"min\" must not be negative here");
    refuses("    min: 1\n    max: 80\n", "    max: 0\n",
            "19: the example is no value of the field: expected 0 to 0 characters\n"
            "mc/record-check.yaml:15: \"max\" must be at least 1");
    refuses("max: 80", "max: 70000",
            "15: \"max\" must be at most 65536\nmc/record-check.yaml:10: a body can take 393368 "
            "bytes by these bounds, at most 65536 fit");
    refuses("max: 80", "max: 12000",
            "10: a body can take 72152 bytes by these bounds, at most 65536 fit");
}

void test_keys_and_scopes_name_uuid_fields(void)
{
    refuses("key: player", "key: team",
            "5: \"key\" names no field: \"team\", expected a uuid field or organization");
    refuses("key: player", "key: title", "5: \"key\" names \"title\", which is no uuid");
    refuses("    of: user\n", "    of: user\n    required: false\n",
            "5: \"key\" names \"player\", which is not required\nmc/record-check.yaml:8: "
            "\"scope_field\" names \"player\", which is not required");
    refuses("scope_field: player", "scope_field: weight",
            "8: \"scope_field\" names \"weight\", which is no uuid");
    refuses("scope: player", "scope: organization",
            "8: \"scope_field\" has a meaning with scope player only");
    refuses("scope: player\nscope_field: player", "scope: none",
            "6: \"permission\" has no meaning with scope none or anyone");
    refuses("permission: mc.check.record", "permission: record",
            "6: \"permission\" is \"record\", expected words joined by \".\" "
            "(\"mc.check.record\")");
    refuses("scope: player\n", "scope: player\ncreates_tenant: true\n",
            "1: \"creates_tenant\" wants scope anyone and key organization");
    refuses_event("name: habit", "name: organization",
                  "5: \"key\" is the organization itself, so no field may have this name");
}

void test_rejects_and_values_are_told_apart(void)
{
    refuses("code: unknown_habit", "code: day_too_old",
            "41: the code \"day_too_old\" stands twice");
    refuses("code: unknown_habit", "code: forbidden",
            "41: \"forbidden\" is the runtime's own code, choose another");
    refuses("    field: weight", "    field: day", "39: \"field\" names no field: \"day\"");
    refuses("[player, coach]", "[coach, player, coach]", "34: the value \"coach\" stands twice");
    refuses("code: unknown_habit", "code: roles_coach",
            "34: this becomes MC_RECORD_CHECK_ROLES_COACH in C, as mc/record-check.yaml:41 does "
            "already");
}

void test_lists_do_not_nest(void)
{
    refuses("{type: enum, values: [player, coach], example: coach}",
            "{type: list, max: 3, item: {type: date}}",
            "34: an item is no list, expected another type: lists and maps do not nest");
    refuses("{type: enum, values: [player, coach], example: coach}", "date",
            "34: \"item\" is no mapping, e.g. item: {type: date, example: 2026-11-22}");
}

void test_events_carry_nothing_personal(void)
{
    refuses_event("    of: habit\n", "    of: habit\n    personal: true\n",
                  "7: a personal field in an event, expected ids and numbers only");
}

void test_numbers_have_units_and_values_examples(void)
{
    refuses("    unit: points\n", "", "22: \"unit\" is missing");
    refuses("unit: points", "unit: none",
            "27: \"unit\" is \"none\", expected what is counted, in the plural and in at most 24 "
            "lower-case letters (\"points\", \"percent\"); everything has a unit");
    refuses("    example: 3\n", "", "22: \"example\" is missing");
    refuses("    example: [player]\n", "", "30: \"example\" is missing");
    refuses(", example: coach", "", "34: \"example\" is missing");
    refuses("example: 3", "example: 11",
            "28: the example is no value of the field: expected -1 to 10");
    refuses("example: 3", "example: \"3\"",
            "28: the example is no value of the field: expected -1 to 10");
    refuses("example: Read", "example: [a]",
            "20: the example is no value of the field: expected a text");
    refuses("example: [player]", "example: [player, admin]",
            "35: the example is no value of the field: expected one of the values");
    refuses("example: [player]", "example: []",
            "35: the example is no value of the field: expected a list of 1 to 3 items");
    refuses("0198c2a4-7b21-7d44-8e32-7c1a5d3fab22", "0198C2A4",
            "13: the example is no value of the field: expected a UUID in lower case");
}

void test_an_event_may_say_who_sees_it(void)
{
    static char text[TEXT_BYTES];

    changed(text, event, "fields:", "permission: mc.read\nscope: organization\nfields:");
    expect("mc/recorded.yaml", text, 0, "");
    refuses_event("fields:", "permission: mc.read\nfields:",
                  "6: \"permission\" has no meaning with scope none or anyone");
    refuses_event("fields:", "scope: organization\nfields:",
                  "1: \"permission\" is missing, expected one with scope organization or player");
}

void test_a_query_is_what_an_address_can_carry(void)
{
    refuses_query("weeks/{week}", "weeks",
                  "16: the path lacks {week}: a parameter stands in it or has \"required: false\"");
    refuses_query("weeks/{week}", "weeks/{week}/{all}",
                  "9: the path names \"all\", which is no required field");
    refuses_query("weeks/{week}", "weeks/{week}/{week}", "9: the path names \"week\" twice");
    refuses_query("/weeks/", "/Weeks/",
                  "9: \"Weeks\" is no segment of a path, expected a lower-case word or {field}");
    refuses_query("/weeks/", "//",
                  "9: \"\" is no segment of a path, expected a lower-case word or {field}");
    refuses_query("/v1/mc/", "/mc/",
                  "9: \"path\" is \"/mc/players/{player}/weeks/{week}\", expected /v1/mc/...");
    refuses_query(
        "    type: boolean\n    required: false\n    example: true\n",
        "    type: decimal\n    required: false\n    scale: 1\n    min: 0\n    max: 9\n"
        "    unit: points\n    example: \"1.0\"\n",
        "22: a query's parameter is of type uuid, string, integer, boolean, date, time or enum");
    refuses_query("answer:\n", "paged: true\nanswer:\n",
                  "29: a paged query's answer has one required field, the list \"items\"");
    refuses_query("scope: player\n", "", "1: \"scope\" is missing");
}

void test_what_is_not_one_mapping_is_refused(void)
{
    expect("mc/a.yaml", "", 2,
           "mc/a.yaml:1: holds nothing, expected a mapping that begins with name:\n");
    expect("mc/a.yaml", "- a\n", 2,
           "mc/a.yaml:1: holds a list, expected a mapping that begins with name:\n");
    expect("mc/a.yaml", "name: a\nversion: [\n", 2,
           "mc/a.yaml:3: not YAML: did not find expected node content\n");
    refuses("kind: command\n", "---\nkind: command\n",
            "3: a second document begins, expected one message in a file");
}

void test_all_mistakes_are_told_at_once(void)
{
    static char once[TEXT_BYTES], twice[TEXT_BYTES];

    changed(once, command, "key: player", "key: team");
    changed(twice, once, "code: unknown_habit", "code: forbidden");
    expect("mc/record-check.yaml", twice, 2,
           "mc/record-check.yaml:5: \"key\" names no field: \"team\", expected a uuid field or "
           "organization\nmc/record-check.yaml:41: \"forbidden\" is the runtime's own code, choose "
           "another\n");
}
