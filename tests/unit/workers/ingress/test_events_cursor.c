/* Cursors: read back on any ingress as they were written, and nothing else is read. */
#include <CUnit/CUnit.h>
#include <errno.h>

#include "../workers/ingress/events_cursor.h"
#include "auth/base64url.h"
#include "auth/seal.h"
#include "base/attr.h"
#include "runtime/worker.h"

const struct worker *const workers[] = {NULL};

static const uint8_t seal_key[32] = {1, 2, 3}, other_key[32] = {3, 2, 1};
static const struct tenant_id club = {{{1, [15] = 1}}}, other_club = {{{2, [15] = 2}}};
static const struct events_place two_modules[] = {
    {"core", 0}, {"core", 1}, {"mc", 0}, {"mc", 1}, {"mc", 2}};
static const struct events_places places = {two_modules, COUNT_OF(two_modules)};
static const int64_t offsets[COUNT_OF(two_modules)] = {0, 127, 128, 16384, INT64_C(1) << 40};

static void write_cursor(struct buf *out)
{
    CU_ASSERT_EQUAL_FATAL(events_cursor_write(club, places, offsets, seal_key, out), 0);
}

void test_a_cursor_is_read_back_as_it_was_written(void)
{
    cleanup(buf_deinit) struct buf text = {0};
    int64_t read[COUNT_OF(two_modules)];

    write_cursor(&text);
    CU_ASSERT_EQUAL_FATAL(events_cursor_read(buf_span(&text), club, places, seal_key, read), 0);
    for (size_t i = 0; i < places.count; i++)
        CU_ASSERT_EQUAL(read[i], offsets[i]);
}

void test_a_cursor_of_few_partitions_leaves_the_new_ones_unknown(void)
{
    static const struct events_place more[] = {{"core", 0}, {"core", 1}, {"core", 2}, {"kids", 0},
                                               {"mc", 0},   {"mc", 1},   {"mc", 2}};
    const struct events_places grown = {more, COUNT_OF(more)};
    cleanup(buf_deinit) struct buf text = {0};
    int64_t read[COUNT_OF(more)];

    write_cursor(&text);
    CU_ASSERT_EQUAL_FATAL(events_cursor_read(buf_span(&text), club, grown, seal_key, read), 0);
    CU_ASSERT_EQUAL(read[1], 127);
    CU_ASSERT_EQUAL(read[2], EVENTS_UNKNOWN_OFFSET);
    CU_ASSERT_EQUAL(read[3], EVENTS_UNKNOWN_OFFSET);
    CU_ASSERT_EQUAL(read[6], INT64_C(1) << 40);
}

void test_what_only_the_cursor_knows_is_passed_over(void)
{
    const struct events_places core_alone = {two_modules, 2};
    cleanup(buf_deinit) struct buf text = {0};
    int64_t read[2];

    write_cursor(&text);
    CU_ASSERT_EQUAL_FATAL(events_cursor_read(buf_span(&text), club, core_alone, seal_key, read), 0);
    CU_ASSERT_EQUAL(read[1], 127);
}

void test_a_cursor_of_another_organization_or_key_is_refused(void)
{
    cleanup(buf_deinit) struct buf text = {0};
    int64_t read[COUNT_OF(two_modules)];

    write_cursor(&text);
    CU_ASSERT_EQUAL(events_cursor_read(buf_span(&text), other_club, places, seal_key, read),
                    -EBADMSG);
    CU_ASSERT_EQUAL(events_cursor_read(buf_span(&text), club, places, other_key, read), -EBADMSG);
}

void test_a_cursor_with_one_changed_character_is_refused(void)
{
    cleanup(buf_deinit) struct buf text = {0};
    int64_t read[COUNT_OF(two_modules)];

    write_cursor(&text);
    for (size_t i = 0; i < text.size; i++) {
        char kept = text.data[i];

        text.data[i] = kept == 'A' ? 'B' : 'A';
        CU_ASSERT_EQUAL(events_cursor_read(buf_span(&text), club, places, seal_key, read),
                        -EBADMSG);
        text.data[i] = kept;
    }
    CU_ASSERT_EQUAL(
        events_cursor_read(span_of(text.data, text.size - 1), club, places, seal_key, read),
        -EBADMSG);
    CU_ASSERT_EQUAL(events_cursor_read(span_of(NULL, 0), club, places, seal_key, read), -EBADMSG);
}

/* What a program that has the seal's key could still write wrongly. */
static int read_sealed(const void *bytes, size_t size)
{
    cleanup(buf_deinit) struct buf plain = {0}, sealed = {0}, text = {0};
    int64_t read[COUNT_OF(two_modules)];

    buf_add_char(&plain, 1);
    buf_add(&plain, &club, sizeof club);
    buf_add(&plain, bytes, size);
    CU_ASSERT_EQUAL_FATAL(seal(seal_key, "event cursor", buf_span(&plain), &sealed), 0);
    base64url_encode(buf_span(&sealed), &text);
    return events_cursor_read(buf_span(&text), club, places, seal_key, read);
}

void test_numbers_that_run_over_the_end_are_refused(void)
{
    CU_ASSERT_EQUAL(read_sealed("\2mc\2\5\6", 6), 0);
    CU_ASSERT_EQUAL(read_sealed("\2mc\3\5\6", 6), -EBADMSG);
    CU_ASSERT_EQUAL(read_sealed("\7mc", 3), -EBADMSG);
    CU_ASSERT_EQUAL(read_sealed("\2mc\1\x80", 5), -EBADMSG);
    CU_ASSERT_EQUAL(read_sealed("\2mc\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 14), -EBADMSG);
}
