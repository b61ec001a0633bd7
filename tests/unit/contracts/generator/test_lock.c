/* What released contracts may still become: each rule is broken here, and each freedom taken. */
#include "../../../../contracts/generator/lock.h"
#include "place.h"

static const char *reworded, *narrowed;

static const struct lock_options *options(void)
{
    static const char *const folders[] = {"mc"};
    static struct lock_options made;

    made = (struct lock_options){.folder = "lock",
                                 .contracts = folders,
                                 .contract_count = 1,
                                 .reworded = reworded,
                                 .narrowed = narrowed};
    return &made;
}

static int lock_it(void)
{
    return lock_write(options());
}

static int check_it(void)
{
    return lock_check(options());
}

static void said(const struct place *place, const char *expected)
{
    static char text[TEXT_BYTES];

    get(place, "said", text);
    if (strcmp(text, expected) != 0)
        printf("# said: %s# expected: %s", text, expected);
    CU_ASSERT_STRING_EQUAL(text, expected);
}

/* A released contract in a place of its own. */
static void release(struct place *place, const char *name, const char *text)
{
    place_open(place);
    put(place, name, text);
    CU_ASSERT_EQUAL_FATAL(run(place, lock_it), 0);
    CU_ASSERT_EQUAL_FATAL(run(place, check_it), 0);
    said(place, "");
}

/* The released contract with one change must be refused by check and lock, with this behind the
 * file's name and a colon; and the lock stays what it was. */
static void breaks(const char *name, const char *good, const char *what, const char *with,
                   const char *expected)
{
    static char text[TEXT_BYTES];
    char line[1024];
    struct place place;

    release(&place, name, good);
    changed(text, good, what, with);
    put(&place, name, text);
    snprintf(line, sizeof line, "%s:%s\n", name, expected);
    CU_ASSERT_EQUAL(run(&place, check_it), EXIT_USAGE);
    said(&place, line);
    CU_ASSERT_EQUAL(run(&place, lock_it), EXIT_USAGE);
    put(&place, name, good);
    CU_ASSERT_EQUAL(run(&place, check_it), 0);
    place_close(&place);
}

#define COMMAND(what, with, expected) breaks("mc/record-check.yaml", command, what, with, expected)
#define EVENT(what, with, expected) breaks("mc/measured.yaml", nested, what, with, expected)
#define QUERY(what, with, expected) breaks("mc/week.yaml", query, what, with, expected)

/* The released contract with one change must be taken, once it is locked. */
static void allows(const char *name, const char *good, const char *what, const char *with)
{
    static char text[TEXT_BYTES], line[TEXT_BYTES];
    struct place place;

    release(&place, name, good);
    changed(text, good, what, with);
    put(&place, name, text);
    CU_ASSERT_EQUAL(run(&place, check_it), EXIT_USAGE);
    get(&place, "said", line);
    CU_ASSERT_PTR_NOT_NULL(strstr(line, "in a way that breaks nobody: run make contracts-lock\n"));
    CU_ASSERT_EQUAL(run(&place, lock_it), 0);
    CU_ASSERT_EQUAL(run(&place, check_it), 0);
    place_close(&place);
}

void test_a_lock_is_the_shape_in_one_form(void)
{
    static char text[TEXT_BYTES];
    struct place place;

    release(&place, "mc/measured.yaml", nested);
    get(&place, "lock/mc.measured.v1.lock", text);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "# Released: what others rely on. Made by `make contracts-lock`, not edited "
                     "by hand.\nname: mc.measured\nversion: 1\nkind: event\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "  - name: load\n"
                                        "    sentence: \"How much.\"\n"
                                        "    type: decimal\n"
                                        "    scale: 2\n"
                                        "    min: -1.00\n"
                                        "    max: 12.50\n"
                                        "    unit: kilograms\n"));
    CU_ASSERT_PTR_NULL(strstr(text, "example"));
    place_close(&place);
}

void test_new_contracts_are_to_be_locked(void)
{
    struct place place;

    release(&place, "mc/recorded.yaml", event);
    put(&place, "mc/record-check.yaml", command);
    CU_ASSERT_EQUAL(run(&place, check_it), EXIT_USAGE);
    said(&place, "mc/record-check.yaml:1: mc.record-check.v1 is new or has changed, in a way that "
                 "breaks nobody: run make contracts-lock\n");
    CU_ASSERT_EQUAL(run(&place, lock_it), 0);
    CU_ASSERT_EQUAL(run(&place, check_it), 0);
    place_close(&place);
}

void test_what_changes_no_shape_needs_no_lock(void)
{
    static char text[TEXT_BYTES];
    struct place place;

    release(&place, "mc/record-check.yaml", command);
    changed(text, command, "    example: 3\n", "    example: 4\n");
    put(&place, "mc/record-check.yaml", text);
    CU_ASSERT_EQUAL(run(&place, check_it), 0);
    changed(text, command, "fields:\n", "# a remark\nfields:\n");
    put(&place, "mc/record-check.yaml", text);
    CU_ASSERT_EQUAL(run(&place, check_it), 0);
    place_close(&place);
}

void test_contract_removed(void)
{
    struct place place;

    release(&place, "mc/recorded.yaml", event);
    put(&place, "mc/record-check.yaml", command);
    CU_ASSERT_EQUAL_FATAL(run(&place, lock_it), 0);
    drop(&place, "mc/recorded.yaml");
    CU_ASSERT_EQUAL(run(&place, check_it), EXIT_USAGE);
    said(&place, "lock/mc.recorded.v1.lock:1: contract-removed: mc.recorded.v1: there is no "
                 "contract of this name and version; put the file back; where nobody sends or "
                 "reads it any more, remove its lock as well\n");
    drop(&place, "lock/mc.recorded.v1.lock");
    CU_ASSERT_EQUAL(run(&place, check_it), 0);
    place_close(&place);
}

void test_kind_changed(void)
{
    breaks("mc/recorded.yaml", event, "kind: event\n", "kind: command\nscope: none\n",
           "1: kind-changed: mc.recorded.v1: \"kind\" was event; make a message of another name");
}

void test_key_changed(void)
{
    COMMAND(
        "key: player", "key: organization",
        "5: key-changed: mc.record-check.v1: \"key\" was player; the order of what was sent and "
        "what comes would be lost: make a new version");
    breaks("mc/recorded.yaml", event, "key: organization", "key: habit",
           "5: key-changed: mc.recorded.v1: \"key\" was organization; the order of what was sent "
           "and what comes would be lost: make a new version");
    allows("mc/week.yaml", query, "key: player", "key: organization");
}

void test_permission_changed(void)
{
    COMMAND(
        "permission: mc.check.record", "permission: mc.check.write",
        "6: permission-changed: mc.record-check.v1: \"permission\" was mc.check.record; who may "
        "and who may not would be others: make a new version");
    COMMAND("scope: player\nscope_field: player\n", "scope: organization\n",
            "1: permission-changed: mc.record-check.v1: \"scope\" was player; who may and who may "
            "not would be others: make a new version\n"
            "mc/record-check.yaml:1: permission-changed: mc.record-check.v1: \"scope_field\" was "
            "player; who may and who may not would be others: make a new version");
}

#define FEWER                                                                                      \
    "if fewer would see it, run make contracts-lock NARROWED=TYPE; if others would, make a new "   \
    "version"
#define SHOWN "permission: mc.read\nscope: organization\nfields:"

/* An event that is shown to somebody. */
static const char *shown_event(void)
{
    static char text[TEXT_BYTES];

    changed(text, event, "fields:", SHOWN);
    return text;
}

void test_audience_changed(void)
{
    breaks("mc/recorded.yaml", event, "fields:", SHOWN,
           "6: audience-changed: mc.recorded.v1: \"permission\" was absent; " FEWER "\n"
           "mc/recorded.yaml:1: audience-changed: mc.recorded.v1: \"scope\" was none; " FEWER);
    breaks("mc/recorded.yaml", shown_event(), "mc.read", "mc.write",
           "6: audience-changed: mc.recorded.v1: \"permission\" was mc.read; " FEWER);
}

/* Locks a change of whom a message is for, where somebody says that they are fewer. */
static int lock_narrowed(const char *name, const char *good, const char *what, const char *with)
{
    static char text[TEXT_BYTES];
    struct place place;
    int r;

    release(&place, name, good);
    changed(text, good, what, with);
    put(&place, name, text);
    narrowed = "mc.recorded.v2";
    CU_ASSERT_EQUAL(run(&place, lock_it), EXIT_USAGE);
    narrowed = "mc.recorded.v1,mc.record-check.v1,mc.week.v1";
    r = run(&place, lock_it);
    narrowed = NULL;
    CU_ASSERT_EQUAL(run(&place, check_it), r);
    place_close(&place);
    return r;
}

void test_an_event_is_shown_to_fewer_where_somebody_says_so(void)
{
    CU_ASSERT_EQUAL(lock_narrowed("mc/recorded.yaml", shown_event(), "mc.read", "mc.write"), 0);
    CU_ASSERT_EQUAL(lock_narrowed("mc/recorded.yaml", event, "fields:", SHOWN), EXIT_USAGE);
    CU_ASSERT_EQUAL(lock_narrowed("mc/record-check.yaml", command, "permission: mc.check.record",
                                  "permission: mc.check.write"),
                    EXIT_USAGE);
    CU_ASSERT_EQUAL(
        lock_narrowed("mc/week.yaml", query, "permission: mc.week.read", "permission: mc.week.see"),
        EXIT_USAGE);
}

void test_path_changed(void)
{
    QUERY("/weeks/", "/week/",
          "9: path-changed: mc.week.v1: \"path\" was /v1/mc/players/{player}/weeks/{week}; "
          "addresses that are in use end: make a new version");
}

void test_meaning_changed(void)
{
    COMMAND(
        "Says whether a habit", "Tells whether a habit",
        "4: meaning-changed: mc.record-check.v1: the sentence of the message was \"Says whether "
        "a habit was done on a day.\"; if only the words are others, run make contracts-lock "
        "REWORDED=TYPE; if it means something else, add an optional field, or make a new "
        "version");
    COMMAND("How much it counts.", "How much it weighs.",
            "29: meaning-changed: mc.record-check.v1: the sentence of /weight was \"How much it "
            "counts.\"; if only the words are others, run make contracts-lock REWORDED=TYPE; if it "
            "means something else, add an optional field, or make a new version");
    COMMAND(
        "There is no such habit.", "It is unknown.",
        "42: meaning-changed: mc.record-check.v1: the sentence of the code \"unknown_habit\" was "
        "\"There is no such habit.\"; if only the words are others, run make contracts-lock "
        "REWORDED=TYPE; if it means something else, add an optional field, or make a new "
        "version");
    EVENT(
        "Not at all.", "In no way.",
        "49: meaning-changed: mc.measured.v1: the sentence of /measure/nothing was \"Not at "
        "all.\"; if only the words are others, run make contracts-lock REWORDED=TYPE; if it means "
        "something else, add an optional field, or make a new version");
}

void test_other_words_for_the_same_are_taken_where_somebody_says_so(void)
{
    static char text[TEXT_BYTES];
    struct place place;

    release(&place, "mc/record-check.yaml", command);
    changed(text, command, "How much it counts.", "How much it weighs.");
    put(&place, "mc/record-check.yaml", text);
    reworded = "mc.recorded.v1,mc.record-check.v2";
    CU_ASSERT_EQUAL(run(&place, lock_it), EXIT_USAGE);
    reworded = "mc.recorded.v1,mc.record-check.v1";
    CU_ASSERT_EQUAL(run(&place, lock_it), 0);
    reworded = NULL;
    CU_ASSERT_EQUAL(run(&place, check_it), 0);
    place_close(&place);
}

void test_field_removed(void)
{
    COMMAND("  - name: title\n    type: string\n    min: 1\n    max: 80\n    personal: true\n"
            "    example: Read\n    sentence: What it is called.\n",
            "",
            "10: field-removed: mc.record-check.v1: /title is not there any more; put it back; it "
            "may be left out of a new version");
    EVENT("          - name: done\n            type: boolean\n            example: true\n"
          "            sentence: Whether it was done.\n",
          "          - name: at\n            type: date\n            example: 2026-11-22\n"
          "            required: false\n            sentence: When.\n",
          "44: field-removed: mc.measured.v1: /measure/count/done is not there any more; put it "
          "back; it may be left out of a new version");
}

void test_field_renamed(void)
{
    COMMAND("name: title", "name: heading",
            "15: field-renamed: mc.record-check.v1: /title is called \"heading\"; give it its old "
            "name; a new version may call it otherwise");
    EVENT("name: inner", "name: nested",
          "19: field-renamed: mc.measured.v1: /target/inner is called \"nested\"; give it its old "
          "name; a new version may call it otherwise");
}

void test_type_changed(void)
{
    COMMAND("    of: user\n", "    of: player\n",
            "10: type-changed: mc.record-check.v1: /player was the id of a user; add an optional "
            "field of another name, or make a new version");
    EVENT("            type: boolean\n            example: true\n",
          "            type: date\n            example: 2026-11-22\n",
          "44: type-changed: mc.measured.v1: /measure/count/done was of type boolean; add an "
          "optional field of another name, or make a new version");
    EVENT("    key: {type: string, min: 1, max: 5, example: left}",
          "    key: {type: enum, values: [left, right], example: left}",
          "30: type-changed: mc.measured.v1: a key of /marks was of type string; add an optional "
          "field of another name, or make a new version");
    EVENT(
        "tag: kind", "tag: sort",
        "36: type-changed: mc.measured.v1: the tag of /measure was \"kind\"; add an optional field "
        "of another name, or make a new version");
}

void test_unit_changed(void)
{
    COMMAND("unit: points", "unit: percent",
            "27: unit-changed: mc.record-check.v1: /weight was in points; add an optional field of "
            "another name, or make a new version");
    EVENT(
        "unit: points", "unit: percent",
        "31: unit-changed: mc.measured.v1: an item of /marks was in points; add an optional field "
        "of another name, or make a new version");
}

void test_scale_changed(void)
{
    EVENT(
        "    scale: 2\n    min: \"-1.00\"\n    max: \"12.5\"\n    unit: kilograms\n"
        "    example: \"2.50\"\n",
        "    scale: 3\n    min: \"-1.00\"\n    max: \"12.5\"\n    unit: kilograms\n"
        "    example: \"2.500\"\n",
        "7: scale-changed: mc.measured.v1: /load had the scale 2; add an optional field of another "
        "name, or make a new version");
}

void test_bound_tightened(void)
{
    COMMAND("max: 80", "max: 79",
            "15: bound-tightened: mc.record-check.v1: \"max\" of /title was 80 and is 79; what was "
            "sent within the old bound must be taken: reject it by a code, or make a new version");
    COMMAND("min: -1", "min: 0",
            "22: bound-tightened: mc.record-check.v1: \"min\" of /weight was -1 and is 0; what was "
            "sent within the old bound must be taken: reject it by a code, or make a new version");
    EVENT("\"12.5\"", "\"12.25\"",
          "7: bound-tightened: mc.measured.v1: \"max\" of /load was 12.50 and is 12.25; what was "
          "sent within the old bound must be taken: reject it by a code, or make a new version");
    allows("mc/week.yaml", query, "max: 100", "max: 99");
}

void test_bound_loosened(void)
{
    EVENT(
        "\"12.5\"", "\"13\"",
        "7: bound-loosened: mc.measured.v1: \"max\" of /load was 12.50 and is 13.00; readers were "
        "promised the old bound: add an optional field, or make a new version");
    EVENT("max: 5,", "max: 6,",
          "30: bound-loosened: mc.measured.v1: \"max\" of a key of /marks was 5 and is 6; readers "
          "were promised the old bound: add an optional field, or make a new version");
    QUERY("max: 100", "max: 101",
          "28: bound-loosened: mc.week.v1: \"max\" of /answer/score was 100 and is 101; readers "
          "were promised the old bound: add an optional field, or make a new version");
    allows("mc/record-check.yaml", command, "max: 80", "max: 81");
}

static const char added[] = "  - name: note\n    type: date\n    example: 2026-11-22\n"
                            "    sentence: When it was noted.\n";

void test_required_added(void)
{
    char with[512];

    snprintf(with, sizeof with, "%srejects:\n", added);
    COMMAND("rejects:\n", with,
            "37: required-added: mc.record-check.v1: /note is new and required; nobody sends it "
            "yet: add it with \"required: false\", or make a new version");
    snprintf(with, sizeof with, "fields:\n%s  - name: load\n", added);
    EVENT("fields:\n  - name: load\n", with,
          "7: required-added: mc.measured.v1: /note is new and required; nobody sends it yet: add "
          "it with \"required: false\", or make a new version");
    snprintf(with, sizeof with, "answer:\n%s", added);
    allows("mc/week.yaml", query, "answer:\n", with);
    snprintf(with, sizeof with, "%s    required: false\nrejects:\n", added);
    allows("mc/record-check.yaml", command, "rejects:\n", with);
}

void test_made_required(void)
{
    COMMAND("    required: false\n", "",
            "22: made-required: mc.record-check.v1: /weight was optional; not everybody sends it: "
            "leave it optional, or make a new version");
    allows("mc/record-check.yaml", command, "    example: Read\n",
           "    example: Read\n    required: false\n");
}

void test_made_optional(void)
{
    EVENT(
        "            type: boolean\n", "            type: boolean\n            required: false\n",
        "44: made-optional: mc.measured.v1: /measure/count/done was required; readers rely on it: "
        "leave it required, or make a new version");
    QUERY("    unit: percent\n", "    unit: percent\n    required: false\n",
          "28: made-optional: mc.week.v1: /answer/score was required; readers rely on it: leave it "
          "required, or make a new version");
}

void test_no_longer_personal(void)
{
    COMMAND("    personal: true\n", "",
            "15: no-longer-personal: mc.record-check.v1: /title was personal; who sent it was "
            "promised that it is kept back: make a new version");
    allows("mc/record-check.yaml", command, "    min: -1\n", "    min: -1\n    personal: true\n");
}

void test_value_removed(void)
{
    COMMAND(
        "[player, coach], example: coach", "[player], example: player",
        "34: value-removed: mc.record-check.v1: of an item of /roles the value \"coach\" is not "
        "there any more; put it back; a value that is no longer wanted is rejected by a code");
    EVENT("      - name: nothing\n        sentence: Not at all.\n        fields: []\n", "",
          "36: value-removed: mc.measured.v1: of /measure the value \"nothing\" is not there any "
          "more; put it back; a value that is no longer wanted is rejected by a code");
}

void test_value_reordered(void)
{
    COMMAND("[player, coach]", "[coach, player]",
            "34: value-reordered: mc.record-check.v1: of an item of /roles the value \"coach\" "
            "stands where \"player\" was; its number is kept in tables: leave the order, append "
            "what is new");
    COMMAND("[player, coach]", "[admin, player, coach]",
            "34: value-reordered: mc.record-check.v1: of an item of /roles the value \"admin\" "
            "stands where \"player\" was; its number is kept in tables: leave the order, append "
            "what is new");
}

void test_value_added(void)
{
    EVENT(
        "        fields: []\n",
        "        fields: []\n      - name: text\n        sentence: In words.\n        fields: []\n",
        "51: value-added: mc.measured.v1: of /measure the value \"text\" is new; readers do not "
        "know it: add an optional field, or make a new version");
    allows("mc/record-check.yaml", command, "[player, coach]", "[player, coach, admin]");
}

void test_reject_removed(void)
{
    COMMAND(
        "  - code: day_too_old\n    field: weight\n    sentence: The day is too far back.\n", "",
        "1: reject-removed: mc.record-check.v1: the code \"day_too_old\" is not there any more; "
        "its number is kept in inboxes: put it back, even if it is not given any more");
}

void test_reject_reordered(void)
{
    COMMAND("rejects:\n", "rejects:\n  - code: first\n    sentence: Comes first.\n",
            "38: reject-reordered: mc.record-check.v1: the code \"first\" stands where "
            "\"day_too_old\" was; its number is kept in inboxes: leave the order, append what is "
            "new");
    allows("mc/record-check.yaml", command, "    sentence: There is no such habit.\n",
           "    sentence: There is no such habit.\n  - code: last\n    sentence: Comes last.\n");
}

void test_reject_changed(void)
{
    COMMAND("    field: weight\n", "    field: title\n",
            "38: reject-changed: mc.record-check.v1: the code \"day_too_old\" pointed to the field "
            "\"weight\"; add a reject with another code");
}

void test_all_that_breaks_is_told_at_once(void)
{
    static char once[TEXT_BYTES], twice[TEXT_BYTES], text[TEXT_BYTES];
    struct place place;

    release(&place, "mc/record-check.yaml", command);
    changed(once, command, "key: player", "key: organization");
    changed(twice, once, "max: 80", "max: 8");
    put(&place, "mc/record-check.yaml", twice);
    CU_ASSERT_EQUAL(run(&place, check_it), EXIT_USAGE);
    get(&place, "said", text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, ": key-changed: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, ": bound-tightened: "));
    place_close(&place);
}

void test_a_lock_that_was_edited_is_told(void)
{
    static char text[TEXT_BYTES], other[TEXT_BYTES];
    struct place place;

    release(&place, "mc/recorded.yaml", event);
    get(&place, "lock/mc.recorded.v1.lock", text);
    changed(other, text, "version: 1", "version: 2");
    put(&place, "lock/mc.recorded.v1.lock", other);
    CU_ASSERT_EQUAL(run(&place, check_it), EXIT_USAGE);
    said(&place, "lock/mc.recorded.v1.lock:2: the lock of mc.recorded.v2 stands in this file\n");
    place_close(&place);
}

/* A worker's files beside the contracts. */
static int check_users(void)
{
    struct lock_options with = *options();

    with.users = "workers";
    return lock_check(&with);
}

void test_who_uses_a_message_is_named(void)
{
    static char text[TEXT_BYTES], expected[TEXT_BYTES];
    struct place place;

    release(&place, "mc/record-check.yaml", command);
    put(&place, "workers/mc/worker.c",
        "static const struct handler handlers[] = {\n"
        "    {&mc_record_check_message, load, decide},\n");
    put(&place, "workers/mc/handlers/record_check.c",
        "    const struct mc_record_check *check = command->body;\n"
        "    const struct mc_record_check *again;\n");
    put(&place, "workers/mc/handlers/other.c",
        "struct mc_record_checks; mc_record_check_messages\n");
    put(&place, "workers/core/README.md", "mc_record_check_message\n");
    changed(text, command, "max: 80", "max: 8");
    put(&place, "mc/record-check.yaml", text);
    CU_ASSERT_EQUAL(run(&place, check_users), EXIT_USAGE);
    get(&place, "said", text);
    snprintf(expected, sizeof expected, "%s",
             "\n  mc.record-check.v1 concerns, under workers:\n"
             "    workers/mc/handlers/record_check.c:1: const struct mc_record_check *check = "
             "command->body;\n"
             "    workers/mc/worker.c:2: {&mc_record_check_message, load, decide},\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(text, expected));
    CU_ASSERT_PTR_NULL(strstr(text, "other.c"));
    CU_ASSERT_PTR_NULL(strstr(text, "README"));
    place_close(&place);
}
