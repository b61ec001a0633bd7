/* What an operator may say of dead letters and parked messages, and what is no way to say it. */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <string.h>

#include "../ops/fleetctl/letters.h"

static const struct timestamp now = {INT64_C(1763834400000000)}; /* 2025-11-22T18:00:00Z */

static void time_is(const char *text, int64_t seconds)
{
    struct timestamp time = {0};

    CU_ASSERT_EQUAL(letters_time_parse(text, now, &time), 0);
    CU_ASSERT_EQUAL(time.us, seconds * 1000000);
}

void test_times_are_instants_days_and_ages(void)
{
    time_is("2025-11-22T17:00:00Z", 1763834400 - 3600);
    time_is("2025-11-22", 1763769600);
    time_is("90m", 1763834400 - 5400);
    time_is("2h", 1763834400 - 7200);
    time_is("3d", 1763834400 - 259200);
    time_is("0s", 1763834400);
}

void test_anything_else_is_no_time(void)
{
    static const char *const wrong[] = {"",         "h",          "2",   "-2h",
                                        "2h ",      "2hh",        "2w",  "2 h",
                                        "9999999d", "2025-13-01", "now", "2025-11-22T17:00"};
    struct timestamp time = {7};

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CU_ASSERT_EQUAL(letters_time_parse(wrong[i], now, &time), -EINVAL);
    CU_ASSERT_EQUAL(time.us, 7);
}

void test_a_place_is_a_topic_a_partition_and_an_offset(void)
{
    struct letters_options options = {.partition = -1, .offset = -1};
    char text[] = "idpmc.mc.commands/3@17";

    CU_ASSERT_EQUAL(letters_place_parse(text, &options), 0);
    CU_ASSERT_STRING_EQUAL(options.topic, "idpmc.mc.commands");
    CU_ASSERT_EQUAL(options.partition, 3);
    CU_ASSERT_EQUAL(options.offset, 17);
}

void test_anything_else_is_no_place(void)
{
    static const char *const wrong[] = {"",
                                        "t",
                                        "t/3",
                                        "t@17",
                                        "/3@17",
                                        "t/@17",
                                        "t/3@",
                                        "t/x@1",
                                        "t/3@x",
                                        "t/-1@1",
                                        "t/3@-1",
                                        "t/3@1 ",
                                        "t/99999999999@1",
                                        "t/3@99999999999999999999"};
    struct letters_options options = {.partition = -1, .offset = -1};
    char text[64];

    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        strcpy(text, wrong[i]);
        CU_ASSERT_EQUAL(letters_place_parse(text, &options), -EINVAL);
        CU_ASSERT_STRING_EQUAL(text, wrong[i]);
    }
    CU_ASSERT_PTR_NULL(options.topic);
}

void test_a_filter_is_kept_as_json(void)
{
    struct letters_options options = {
        .partition = 3, .offset = -1, .cause = "cul\"prit", .out_of_order = true};
    cleanup(buf_deinit) struct buf none = {0}, some = {0};

    letters_options_describe(&options, &some);
    CU_ASSERT_STRING_EQUAL(some.data,
                           "{\"partition\":3,\"cause\":\"cul\\\"prit\",\"out_of_order\":true}");
    letters_options_describe(&(struct letters_options){.partition = -1, .offset = -1}, &none);
    CU_ASSERT_STRING_EQUAL(none.data, "{}");
}

void test_the_operator_is_who_they_say_or_whom_the_system_knows(void)
{
    cleanup(buf_deinit) struct buf said = {0}, known = {0};

    letters_operator(&(struct letters_options){.by = "Ada"}, &said);
    CU_ASSERT_STRING_EQUAL(said.data, "Ada");
    letters_operator(&(struct letters_options){.by = NULL}, &known);
    CU_ASSERT_PTR_NOT_NULL(strchr(known.data, '@'));
    CU_ASSERT(known.data[0] != '@');
}

void test_a_chunk_is_no_more_than_a_second_may_have(void)
{
    CU_ASSERT_EQUAL(letters_chunk(&(struct letters_options){.rate = 0}), LETTERS_CHUNK);
    CU_ASSERT_EQUAL(letters_chunk(&(struct letters_options){.rate = 7}), 7);
    CU_ASSERT_EQUAL(letters_chunk(&(struct letters_options){.rate = 100000}), LETTERS_CHUNK);
}
