#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/tzif.h"

/* A file of version 1 without changes, and of one type an hour east. */
static const char one_type[] = "TZif\0"
                               "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\0\0\0\0\0\0\0\1\0\0\0\4"
                               "\0\0\x0e\x10\0\0CET";

static void read_oslo(struct buf *content)
{
    FILE *file = fopen("/usr/share/zoneinfo/Europe/Oslo", "rb");
    char part[4096];
    size_t size;

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while ((size = fread(part, 1, sizeof part, file)) > 0)
        buf_add(content, part, size);
    fclose(file);
}

void test_a_small_file_of_version_1_is_read(void)
{
    struct tzif tzif;

    CU_ASSERT_EQUAL_FATAL(tzif_parse(span_of(one_type, sizeof one_type), &tzif), 0);
    CU_ASSERT_EQUAL(tzif.count, 0);
    CU_ASSERT_FALSE(tzif.has_rule);
    CU_ASSERT_EQUAL(tzif_period(&tzif, 0).offset_s, 3600);
    tzif_deinit(&tzif);
}

/* Copies of exact size, so that a sanitizer sees a read beyond the end. */
void test_a_file_that_is_cut_anywhere_is_refused(void)
{
    cleanup(buf_deinit) struct buf content = {0};
    struct tzif tzif;

    read_oslo(&content);
    for (size_t size = 0; size < content.size; size++) {
        char *cut = malloc(size + 1);

        memcpy(cut + 1, content.data, size);
        CU_ASSERT_EQUAL(tzif_parse(span_of(cut + 1, size), &tzif), -EINVAL);
        free(cut);
    }
    CU_ASSERT_EQUAL_FATAL(tzif_parse(buf_span(&content), &tzif), 0);
    CU_ASSERT_TRUE(tzif.has_rule);
    tzif_deinit(&tzif);
}

void test_a_damaged_byte_does_no_harm(void)
{
    cleanup(buf_deinit) struct buf content = {0};

    read_oslo(&content);
    for (size_t i = 0; i < content.size; i++) {
        char saved = content.data[i];
        struct tzif tzif;

        for (int flip = 1; flip < 256; flip = flip * 2 + 1) {
            content.data[i] = (char)(saved ^ flip);
            if (tzif_parse(buf_span(&content), &tzif) == 0) {
                int32_t offset_s = tzif_period(&tzif, 1795370400).offset_s;

                CU_ASSERT_TRUE(abs(offset_s) < TZ_MAX_OFFSET_S);
                tzif_deinit(&tzif);
            }
        }
        content.data[i] = saved;
    }
}

static int parse_with(size_t at, char byte)
{
    char bytes[sizeof one_type];
    struct tzif tzif;
    int r;

    memcpy(bytes, one_type, sizeof bytes);
    bytes[at] = byte;
    r = tzif_parse(span_of(bytes, sizeof bytes), &tzif);
    if (r == 0)
        tzif_deinit(&tzif);
    return r;
}

void test_counts_that_promise_too_much_are_refused(void)
{
    CU_ASSERT_EQUAL(parse_with(0, 'T'), 0);
    CU_ASSERT_EQUAL(parse_with(0, 'X'), -EINVAL);
    CU_ASSERT_EQUAL(parse_with(20, 0x7f), -EINVAL);
    CU_ASSERT_EQUAL(parse_with(24, 0x7f), -EINVAL);
    CU_ASSERT_EQUAL(parse_with(31, 1), -EINVAL); /* leap seconds: "right/" zones */
    CU_ASSERT_EQUAL(parse_with(32, (char)0xff), -EINVAL);
    CU_ASSERT_EQUAL(parse_with(36, (char)0xff), -EINVAL);
    CU_ASSERT_EQUAL(parse_with(39, 0), -EINVAL);
    CU_ASSERT_EQUAL(parse_with(40, (char)0xff), -EINVAL);
    CU_ASSERT_EQUAL(parse_with(44, 0x7f), -EINVAL); /* an offset of years */
}

/* Version 1 with two changes: at 100 s to type 0, at `second_at` s to `second_type`. */
static int parse_changes(char second_at, char second_type)
{
    static const char changes[] = "\0\0\0\x64\0\0\0\0\0\0";
    char bytes[sizeof one_type + sizeof changes - 1];
    char *at = bytes + 44;
    struct tzif tzif;
    int r;

    memcpy(bytes, one_type, 44);
    bytes[35] = 2;
    memcpy(at, changes, sizeof changes - 1);
    at[7] = second_at;
    at[9] = second_type;
    memcpy(at + sizeof changes - 1, one_type + 44, sizeof one_type - 44);
    r = tzif_parse(span_of(bytes, sizeof bytes), &tzif);
    if (r == 0)
        tzif_deinit(&tzif);
    return r;
}

void test_changes_ascend_and_name_a_type_that_exists(void)
{
    CU_ASSERT_EQUAL(parse_changes(101, 0), 0);
    CU_ASSERT_EQUAL(parse_changes(100, 0), -EINVAL);
    CU_ASSERT_EQUAL(parse_changes(99, 0), -EINVAL);
    CU_ASSERT_EQUAL(parse_changes(101, 1), -EINVAL);
}
