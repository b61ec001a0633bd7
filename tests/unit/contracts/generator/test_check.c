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

void test_good_contracts_are_taken_in_silence(void)
{
    expect("mc/record-check.yaml", command, 0, "");
    expect("mc/recorded.yaml", event, 0, "");
}

void test_keys_are_known_and_stand_once(void)
{
    refuses("key: player", "keys: player",
            "5: unknown key \"keys\" in a command, expected name, version, kind, sentence, key, "
            "permission, scope, scope_field, changes_rights, creates_tenant, fields or rejects\n"
            "mc/record-check.yaml:1: \"key\" is missing");
    refuses("key: player\n", "key: player\nkey: title\n", "6: \"key\" stands twice in a command");
    refuses("    of: user\n", "    of: user\n    max: 3\n",
            "13: unknown key \"max\" in a field of type uuid, expected name, type, required, "
            "personal, sentence or of");
    refuses("{type: enum, ", "{type: enum, personal: true, ",
            "30: unknown key \"personal\" in an item of type enum, expected type or values");
    refuses("    field: weight\n", "    fields: weight\n",
            "34: unknown key \"fields\" in a reject, expected code, field or sentence");
    refuses_event("key: organization", "scope: none",
                  "5: unknown key \"scope\" in an event, expected name, version, kind, sentence, "
                  "key or fields\nmc/recorded.yaml:1: \"key\" is missing");
    refuses_event("fields:", "rejects: [{code: a, sentence: b}]\nfields:",
                  "6: unknown key \"rejects\" in an event, expected name, version, kind, sentence, "
                  "key or fields");
}

void test_what_is_missing_is_told(void)
{
    refuses("version: 1\n", "", "1: \"version\" is missing");
    refuses("sentence: Says whether a habit was done on a day.\n", "",
            "1: \"sentence\" is missing");
    refuses("    type: uuid\n    of: user\n", "", "10: \"type\" is missing");
    refuses("    sentence: Whose check it is.\n", "", "10: \"sentence\" is missing");
    refuses("    max: 80\n", "", "14: \"max\" is missing");
    refuses("    min: -1\n", "", "20: \"min\" is missing");
    refuses("    item: {type: enum, values: [player, coach]}\n", "",
            "26: \"item\" is missing, e.g. item: {type: date}");
    refuses(", values: [player, coach]", "", "30: \"values\" is missing");
    refuses("  - code: day_too_old\n    field", "  - field", "33: \"code\" is missing");
    refuses("permission: mc.check.record\n", "",
            "1: \"permission\" is missing, expected one with scope organization or player");
    refuses("scope_field: player\n", "",
            "1: \"scope_field\" is missing, expected the uuid field that names the player");
}

void test_values_have_the_right_form(void)
{
    refuses("kind: command", "kind: query", "3: \"kind\" is \"query\", expected command or event");
    refuses("scope: player", "scope: team",
            "7: \"scope\" is \"team\", expected none, anyone, organization or player");
    refuses("version: 1", "version: one", "2: \"version\" is not an integer of at most 64 bits");
    refuses("max: 80", "max: \"80\"", "17: \"max\" is not an integer of at most 64 bits");
    refuses("max: 80", "max: 99999999999999999999",
            "17: \"max\" is not an integer of at most 64 bits");
    refuses("personal: true", "personal: yes", "18: \"personal\" must be true or false");
    refuses("type: integer", "type: number",
            "21: \"type\" is \"number\", expected uuid, string, integer, boolean, date, time, enum "
            "or list");
    refuses("sentence: Whose check it is.", "sentence: [a]",
            "13: \"sentence\" is a list, expected a text");
    refuses("sentence: Whose check it is.", "sentence: ''",
            "13: \"sentence\" is empty, expected a text");
    refuses("sentence: Whose check it is.", "sentence: a */ b",
            "13: a sentence becomes a comment, so it must not contain \"/*\" or \"*/\"");
    refuses("sentence: Whose check it is.", "sentence: a /* b",
            "13: a sentence becomes a comment, so it must not contain \"/*\" or \"*/\"");
    refuses("[player, coach]", "[]",
            "30: \"values\" is empty, expected a list with something in it");
    refuses("[player, coach]", "player",
            "30: \"values\" is a text, expected a list with something in it");
    refuses("[player, coach]", "[Player, coach]",
            "30: the value \"Player\" is not snake_case (\"late_days\")");
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
            "14: the field's name \"Title\" is not snake_case (\"late_days\")");
    refuses("name: title", "name: default", "14: \"default\" is a word of C, choose another name");
    refuses("name: title", "name: has_weight",
            "14: \"has_weight\" is already the member that says whether \"weight\" is there");
    refuses("name: title", "name: a_name_that_is_much_too_long_for_any_field",
            "14: the field's name has 42 characters, at most 40");
    refuses("name: roles", "name: title", "26: the field \"title\" stands twice");
    refuses("of: user", "of: User", "12: \"of\" \"User\" is not snake_case (\"late_days\")");
}

void test_bounds_make_sense(void)
{
    refuses("    max: 10\n", "    max: -2\n", "20: \"min\" -1 is above \"max\" -2");
    refuses("    min: 1\n    max: 80\n", "    min: -1\n    max: 80\n",
            "14: \"min\" must not be negative here");
    refuses("    min: 1\n    max: 80\n", "    max: 0\n", "14: \"max\" must be at least 1");
    refuses("max: 80", "max: 70000",
            "14: \"max\" must be at most 65536\nmc/record-check.yaml:10: a body can take 393368 "
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
            "36: the code \"day_too_old\" stands twice");
    refuses("code: unknown_habit", "code: forbidden",
            "36: \"forbidden\" is the runtime's own code, choose another");
    refuses("    field: weight", "    field: day", "34: \"field\" names no field: \"day\"");
    refuses("[player, coach]", "[coach, coach]", "30: the value \"coach\" stands twice");
    refuses("code: unknown_habit", "code: roles_coach",
            "30: this becomes MC_RECORD_CHECK_ROLES_COACH in C, as mc/record-check.yaml:36 does "
            "already");
}

void test_lists_do_not_nest(void)
{
    refuses("{type: enum, values: [player, coach]}", "{type: list, max: 3, item: {type: date}}",
            "30: lists do not nest: expected an item of another type");
    refuses("{type: enum, values: [player, coach]}", "date",
            "30: \"item\" is no mapping, e.g. item: {type: date}");
}

void test_events_carry_nothing_personal(void)
{
    refuses_event("    of: habit\n", "    of: habit\n    personal: true\n",
                  "7: a personal field in an event, expected ids and numbers only");
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
           "organization\nmc/record-check.yaml:36: \"forbidden\" is the runtime's own code, choose "
           "another\n");
}
