/* The generator on folders of the test's own: what it writes, and what it says about wrong
 * contracts. It runs in a child, since it ends its process where it cannot go on. */
#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../../contracts/generator/contract.h"

enum { PATH_BYTES = 512, TEXT_BYTES = 65536 };

static const char command[] = "name: mc.record-check\n"
                              "version: 1\n"
                              "kind: command\n"
                              "sentence: Says whether a habit was done on a day.\n"
                              "key: player\n"
                              "permission: mc.check.record\n"
                              "scope: player\n"
                              "scope_field: player\n"
                              "fields:\n"
                              "  - name: player\n" /* line 10 */
                              "    type: uuid\n"
                              "    of: user\n"
                              "    sentence: Whose check it is.\n"
                              "  - name: title\n"
                              "    type: string\n" /* line 15 */
                              "    min: 1\n"
                              "    max: 80\n"
                              "    personal: true\n"
                              "    sentence: What it is called.\n"
                              "  - name: weight\n" /* line 20 */
                              "    type: integer\n"
                              "    min: -1\n"
                              "    max: 10\n"
                              "    required: false\n"
                              "    sentence: How much it counts.\n" /* line 25 */
                              "  - name: roles\n"
                              "    type: list\n"
                              "    min: 1\n"
                              "    max: 3\n"
                              "    item: {type: enum, values: [player, coach]}\n" /* line 30 */
                              "    sentence: In which roles.\n"
                              "rejects:\n"
                              "  - code: day_too_old\n"
                              "    field: weight\n"
                              "    sentence: The day is too far back.\n" /* line 35 */
                              "  - code: unknown_habit\n"
                              "    sentence: There is no such habit.\n";

static const char event[] = "name: mc.recorded\n"
                            "version: 1\n"
                            "kind: event\n"
                            "sentence: A check was recorded.\n"
                            "key: organization\n"
                            "fields:\n"
                            "  - name: habit\n"
                            "    type: uuid\n"
                            "    of: habit\n"
                            "    sentence: The habit.\n";

struct place {
    char root[PATH_BYTES];
};

static void path_in(const struct place *place, const char *name, char path[static 2 * PATH_BYTES])
{
    snprintf(path, 2 * PATH_BYTES, "%s/%s", place->root, name);
}

static void put(const struct place *place, const char *name, const char *text)
{
    char path[2 * PATH_BYTES];
    FILE *file;

    path_in(place, name, path);
    file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static void get(const struct place *place, const char *name, char text[static TEXT_BYTES])
{
    char path[2 * PATH_BYTES];
    FILE *file;

    path_in(place, name, path);
    file = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    text[fread(text, 1, TEXT_BYTES - 1, file)] = '\0';
    fclose(file);
}

/* A new folder with an empty folder of contracts, mc. */
static void place_open(struct place *place)
{
    char path[2 * PATH_BYTES];
    const char *base = getenv("TMPDIR");

    snprintf(place->root, sizeof place->root, "%s/generator.XXXXXX", base ? base : "/tmp");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(place->root));
    path_in(place, "mc", path);
    CU_ASSERT_EQUAL_FATAL(mkdir(path, 0777), 0);
}

static void place_close(const struct place *place)
{
    char *const arguments[] = {"rm", "-rf", (char *)place->root, NULL};
    pid_t child = fork();

    if (child == 0) {
        execvp("rm", arguments);
        _exit(127);
    }
    waitpid(child, NULL, 0);
}

/* Runs `work` in a child inside the place, its stderr going to the file "said". Gives the exit
 * code. */
static int run(const struct place *place, int (*work)(void))
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        int said;

        if (chdir(place->root) != 0 || (said = creat("said", 0666)) < 0 || dup2(said, 2) < 0)
            _exit(99);
        exit(work());
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int generate_mc(void)
{
    static const char *const folders[] = {"mc"};

    return generate("out", folders, 1);
}

/* The command with its one `what` replaced by `with`. */
static void changed(char text[static TEXT_BYTES], const char *good, const char *what,
                    const char *with)
{
    const char *at = strstr(good, what);

    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    CU_ASSERT_PTR_NULL_FATAL(strstr(at + 1, what));
    snprintf(text, TEXT_BYTES, "%.*s%s%s", (int)(at - good), good, with, at + strlen(what));
}

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

static void refuses(const char *what, const char *with, const char *expected)
{
    static char text[TEXT_BYTES];
    char line[1024];

    changed(text, command, what, with);
    snprintf(line, sizeof line, "mc/record-check.yaml:%s\n", expected);
    expect("mc/record-check.yaml", text, 2, line);
}

static void refuses_event(const char *what, const char *with, const char *expected)
{
    static char text[TEXT_BYTES];
    char line[1024];

    changed(text, event, what, with);
    snprintf(line, sizeof line, "mc/recorded.yaml:%s\n", expected);
    expect("mc/recorded.yaml", text, 2, line);
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
            "13: a sentence must not contain \"*/\"");
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

static void contains(const struct place *place, const char *name, const char *part)
{
    static char text[TEXT_BYTES];

    get(place, name, text);
    if (!strstr(text, part))
        printf("# %s lacks: %s\n", name, part);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, part));
}

void test_the_struct_is_what_the_contract_says(void)
{
    struct place place;

    place_open(&place);
    put(&place, "mc/record-check.yaml", command);
    put(&place, "mc/recorded.yaml", event);
    CU_ASSERT_EQUAL_FATAL(run(&place, generate_mc), 0);
    contains(&place, "out/contracts/mc.h",
             "struct mc_record_check {\n"
             "    /* Whose check it is. */\n"
             "    struct user_id player;\n"
             "    /* What it is called. 1 to 80 characters. Personal. */\n"
             "    struct span title;\n"
             "    /* How much it counts. From -1 to 10. */\n"
             "    bool has_weight;\n"
             "    int64_t weight;\n"
             "    /* In which roles. 1 to 3 items. */\n"
             "    struct {\n"
             "        const int32_t *items;\n"
             "        size_t count;\n"
             "    } roles;\n"
             "};\n"
             "extern const struct message mc_record_check_message;\n");
    contains(&place, "out/contracts/mc.h", "    MC_RECORD_CHECK_ROLES_COACH = 1,\n");
    contains(&place, "out/contracts/mc.h", "    MC_RECORD_CHECK_UNKNOWN_HABIT = 2,\n");
    contains(&place, "out/contracts/mc_ids.h", "#ifndef ID_HABIT_DEFINED\n");
    contains(&place, "out/contracts/mc_emit.h",
             "return uow_emit(uow, &mc_recorded_message, body);");
    contains(&place, "out/contracts/mc.c", "    .key_field = &mc_record_check_fields[0],\n");
    contains(&place, "out/messages.c",
             "    &mc_record_check_message,\n    &mc_recorded_message,\n};\n");
    place_close(&place);
}

void test_a_later_version_stands_beside_the_first(void)
{
    static char text[TEXT_BYTES];
    struct place place;

    place_open(&place);
    put(&place, "mc/record-check.yaml", command);
    changed(text, command, "version: 1", "version: 2");
    put(&place, "mc/record-check.v2.yaml", text);
    CU_ASSERT_EQUAL_FATAL(run(&place, generate_mc), 0);
    contains(&place, "out/contracts/mc.h", "struct mc_record_check {\n");
    contains(&place, "out/contracts/mc.h", "struct mc_record_check_v2 {\n");
    contains(&place, "out/contracts/mc.c", "    .type = \"mc.record-check.v2\",\n");
    place_close(&place);
}

void test_what_does_not_change_is_not_written_again(void)
{
    struct place place;
    struct stat before, after;
    char path[2 * PATH_BYTES];

    place_open(&place);
    put(&place, "mc/recorded.yaml", event);
    CU_ASSERT_EQUAL_FATAL(run(&place, generate_mc), 0);
    path_in(&place, "out/contracts/mc.h", path);
    CU_ASSERT_EQUAL_FATAL(stat(path, &before), 0);
    CU_ASSERT_EQUAL_FATAL(run(&place, generate_mc), 0);
    CU_ASSERT_EQUAL_FATAL(stat(path, &after), 0);
    CU_ASSERT_EQUAL(before.st_ino, after.st_ino);
    put(&place, "mc/record-check.yaml", command);
    CU_ASSERT_EQUAL_FATAL(run(&place, generate_mc), 0);
    contains(&place, "out/contracts/mc.h", "struct mc_record_check {\n");
    place_close(&place);
}

static int generate_nothing(void)
{
    static const char *const folders[] = {"missing"};

    return generate("out", folders, 1);
}

static int generate_twice(void)
{
    static const char *const folders[] = {"mc", "mc/contracts"};

    return generate("out", folders, 2);
}

void test_folders_are_one_a_module_with_contracts_in_it(void)
{
    struct place place;

    place_open(&place);
    CU_ASSERT_EQUAL(run(&place, generate_nothing), 1);
    contains(&place, "said", "cannot read the folder missing: No such file or directory");
    CU_ASSERT_EQUAL(run(&place, generate_mc), 1);
    contains(&place, "said", "the folder mc holds no contract (*.yaml)");
    CU_ASSERT_EQUAL(run(&place, generate_twice), 1);
    contains(&place, "said", "two folders of the module mc: mc and mc/contracts");
    place_close(&place);
}

static int write_workers(void)
{
    write_registry("registry.c", "mc,core");
    return 0;
}

static int write_same_worker(void)
{
    write_registry("registry.c", "mc,core,mc");
    return 0;
}

void test_the_registry_lists_the_workers_by_name(void)
{
    static char text[TEXT_BYTES];
    struct place place;

    place_open(&place);
    CU_ASSERT_EQUAL(run(&place, write_same_worker), 1);
    contains(&place, "said", "the worker \"mc\" stands twice");
    CU_ASSERT_EQUAL_FATAL(run(&place, write_workers), 0);
    get(&place, "registry.c", text);
    CU_ASSERT_STRING_EQUAL(text, "/* Generated: the workers that this program contains. */\n"
                                 "#include \"runtime/worker.h\"\n"
                                 "\n"
                                 "extern const struct worker worker_core;\n"
                                 "extern const struct worker worker_mc;\n"
                                 "\n"
                                 "const struct worker *const workers[] = {\n"
                                 "    &worker_core,\n"
                                 "    &worker_mc,\n"
                                 "    NULL,\n"
                                 "};\n");
    place_close(&place);
}
