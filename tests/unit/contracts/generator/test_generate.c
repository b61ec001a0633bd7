/* What the generator writes. */
#include "place.h"

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
             "    /* How much it counts. From -1 to 10 points. */\n"
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

void test_a_query_has_parameters_and_an_answer(void)
{
    struct place place;

    place_open(&place);
    put(&place, "mc/week.yaml", query);
    CU_ASSERT_EQUAL_FATAL(run(&place, generate_mc), 0);
    contains(&place, "out/contracts/mc.h", "    bool has_all;\n    bool all;\n};\n");
    contains(&place, "out/contracts/mc.h",
             "struct mc_week_answer {\n"
             "    /* The week's score. From 0 to 100 percent. */\n"
             "    int64_t score;\n"
             "};\n"
             "extern const struct message mc_week_answer_message;\n");
    contains(&place, "out/contracts/mc.c", "    .kind = MESSAGE_QUERY,\n");
    contains(&place, "out/contracts/mc.c",
             "    .path = \"/v1/mc/players/{player}/weeks/{week}\",\n"
             "    .answer = &mc_week_answer_message,\n");
    contains(&place, "out/contracts/mc.c", "        .unit = \"percent\",\n");
    contains(&place, "out/contracts/mc.c", "        .example = \"\\\"2026-W47\\\"\",\n");
    contains(&place, "out/messages.c", "    &mc_week_message,\n};\n");
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
