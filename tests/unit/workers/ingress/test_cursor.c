/* Cursors: read back for the question that they answered, and for no other. */
#include <CUnit/CUnit.h>
#include <errno.h>

#include "../workers/ingress/cursor.h"
#include "runtime/worker.h"

const struct worker *const workers[] = {NULL};

static const uint8_t seal_key[32] = {1, 2, 3}, other_key[32] = {3, 2, 1};
static const struct uuid from = {{1, [15] = 9}};

static struct digest question(const char *text)
{
    return digest_of(span_text(text));
}

static void write_cursor(struct buf *out)
{
    const struct digest about = question("members");

    CU_ASSERT_EQUAL_FATAL(cursor_write(&about, from, seal_key, out), 0);
}

void test_a_cursor_is_read_back_as_it_was_written(void)
{
    const struct digest about = question("members");
    cleanup(buf_deinit) struct buf text = {0};
    struct uuid read;

    write_cursor(&text);
    CU_ASSERT_EQUAL_FATAL(cursor_read(buf_span(&text), &about, seal_key, &read), 0);
    CU_ASSERT_TRUE(uuid_equal(read, from));
}

void test_a_cursor_of_another_question_or_key_is_refused(void)
{
    const struct digest about = question("members"), other = question("teams");
    cleanup(buf_deinit) struct buf text = {0};
    struct uuid read;

    write_cursor(&text);
    CU_ASSERT_EQUAL(cursor_read(buf_span(&text), &other, seal_key, &read), -EBADMSG);
    CU_ASSERT_EQUAL(cursor_read(buf_span(&text), &about, other_key, &read), -EBADMSG);
}

void test_a_cursor_that_was_changed_anywhere_is_refused(void)
{
    const struct digest about = question("members");
    cleanup(buf_deinit) struct buf text = {0};
    struct uuid read;

    write_cursor(&text);
    for (size_t i = 0; i < text.size; i++) {
        char was = text.data[i];

        text.data[i] = was == 'A' ? 'B' : 'A';
        CU_ASSERT_EQUAL(cursor_read(buf_span(&text), &about, seal_key, &read), -EBADMSG);
        text.data[i] = was;
        CU_ASSERT_EQUAL(cursor_read(span_of(text.data, i), &about, seal_key, &read), -EBADMSG);
    }
}
