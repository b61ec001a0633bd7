#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdlib.h>

#include "base/id.h"

static const char sample[] = "01a204d8-796c-7c19-862b-e08a5faf94a9";

void test_a_uuid_comes_back_from_its_text(void)
{
    struct uuid uuid;
    char text[UUID_TEXT + 1];

    CU_ASSERT_EQUAL_FATAL(uuid_parse(span_text(sample), &uuid), 0);
    CU_ASSERT_EQUAL(uuid.bytes[0], 0x01);
    CU_ASSERT_EQUAL(uuid.bytes[15], 0xa9);
    CU_ASSERT_STRING_EQUAL(uuid_format(uuid, text), sample);
}

void test_any_other_form_is_refused_and_nothing_is_written(void)
{
    static const char *const wrong[] = {
        "",
        "01a204d8-796c-7c19-862b-e08a5faf94a",
        "01a204d8-796c-7c19-862b-e08a5faf94a90",
        "01A204D8-796C-7C19-862B-E08A5FAF94A9",
        "01a204d8x796c-7c19-862b-e08a5faf94a9",
        "01a204d8-796cx7c19-862b-e08a5faf94a9",
        "01a204d8-796c-7c19-862be-08a5faf94a9",
        "01a204d8-796c-7c19-862b-e08a5faf94ag",
        "{1a204d8-796c-7c19-862b-e08a5faf94a}",
        "01a204d8796c7c19862be08a5faf94a90000",
    };

    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct uuid uuid = {{0}};

        CU_ASSERT_EQUAL(uuid_parse(span_text(wrong[i]), &uuid), -EINVAL);
        CU_ASSERT_TRUE(uuid_is_nil(uuid));
    }
}

void test_v7_carries_the_time_and_sorts_by_it(void)
{
    struct uuid early = uuid_v7(0x0123456789ab), late = uuid_v7(0x0123456789ac);
    char text[UUID_TEXT + 1];

    uuid_format(early, text);
    CU_ASSERT_EQUAL(strncmp(text, "01234567-89ab-7", 15), 0);
    CU_ASSERT_EQUAL(early.bytes[8] & 0xc0, 0x80);
    CU_ASSERT_TRUE(uuid_cmp(early, late) < 0);
}

static int compare(const void *a, const void *b)
{
    return uuid_cmp(*(const struct uuid *)a, *(const struct uuid *)b);
}

void test_v7_never_repeats(void)
{
    static struct uuid ids[20000];

    for (size_t i = 0; i < COUNT_OF(ids); i++)
        ids[i] = uuid_v7(1);
    qsort(ids, COUNT_OF(ids), sizeof ids[0], compare);
    for (size_t i = 1; i < COUNT_OF(ids); i++)
        if (uuid_equal(ids[i - 1], ids[i]))
            CU_FAIL("the same id twice");
}

void test_v8_keeps_the_digest_but_for_version_and_variant(void)
{
    static const uint8_t ones[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    static const uint8_t zeros[16] = {0};
    char text[UUID_TEXT + 1];

    CU_ASSERT_STRING_EQUAL(uuid_format(uuid_v8(ones), text),
                           "ffffffff-ffff-8fff-bfff-ffffffffffff");
    CU_ASSERT_STRING_EQUAL(uuid_format(uuid_v8(zeros), text),
                           "00000000-0000-8000-8000-000000000000");
}

void test_only_the_nil_uuid_is_nil(void)
{
    struct uuid uuid = {{0}};

    CU_ASSERT_TRUE(uuid_is_nil(uuid));
    uuid.bytes[15] = 1;
    CU_ASSERT_FALSE(uuid_is_nil(uuid));
}
