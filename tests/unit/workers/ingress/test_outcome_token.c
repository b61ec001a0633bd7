/* Outcome addresses: read back as they were written, and nothing else is read. */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <string.h>

#include "../workers/ingress/outcome_token.h"
#include "contracts/mc.h"
#include "runtime/worker.h"

const struct worker *const workers[] = {NULL};

static const uint8_t seal_key[32] = {1, 2, 3};

static struct outcome_token token_of_a_check(void)
{
    return (struct outcome_token){.message = &mc_record_check_message,
                                  .tenant = {{{1, [15] = 1}}},
                                  .actor = {{{2, [15] = 2}}},
                                  .id = {{{3, [15] = 3}}},
                                  .digest = digest_of(span_text("payload"))};
}

static void write_token(struct buf *out)
{
    const struct outcome_token token = token_of_a_check();

    CU_ASSERT_EQUAL_FATAL(outcome_token_write(&token, seal_key, out), 0);
}

void test_a_token_is_read_back_as_it_was_written(void)
{
    const struct outcome_token token = token_of_a_check();
    cleanup(buf_deinit) struct buf text = {0};
    struct outcome_token read;

    write_token(&text);
    CU_ASSERT_EQUAL_FATAL(outcome_token_read(buf_span(&text), seal_key, &read), 0);
    CU_ASSERT_PTR_EQUAL(read.message, token.message);
    CU_ASSERT_TRUE(uuid_equal(read.tenant.uuid, token.tenant.uuid));
    CU_ASSERT_TRUE(uuid_equal(read.actor.uuid, token.actor.uuid));
    CU_ASSERT_TRUE(uuid_equal(read.id.uuid, token.id.uuid));
    CU_ASSERT_TRUE(digest_equal(&read.digest, &token.digest));
}

void test_a_token_tells_nothing_and_is_another_each_time(void)
{
    cleanup(buf_deinit) struct buf first = {0}, second = {0};

    write_token(&first);
    write_token(&second);
    CU_ASSERT_FALSE(span_equal(buf_span(&first), buf_span(&second)));
    CU_ASSERT_EQUAL(strspn(first.data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789-_"),
                    first.size);
}

void test_a_token_that_was_changed_anywhere_is_refused(void)
{
    cleanup(buf_deinit) struct buf text = {0};
    struct outcome_token read;

    write_token(&text);
    for (size_t i = 0; i < text.size; i++) {
        char kept = text.data[i];

        text.data[i] = kept == 'A' ? 'B' : 'A';
        CU_ASSERT_EQUAL(outcome_token_read(buf_span(&text), seal_key, &read), -EBADMSG);
        text.data[i] = kept;
    }
}

void test_a_token_that_was_cut_or_grew_is_refused(void)
{
    cleanup(buf_deinit) struct buf text = {0};
    struct outcome_token read;

    write_token(&text);
    for (size_t size = 0; size < text.size; size++)
        CU_ASSERT_EQUAL(outcome_token_read(span_of(text.data, size), seal_key, &read), -EBADMSG);
    buf_add_text(&text, "AAAA");
    CU_ASSERT_EQUAL(outcome_token_read(buf_span(&text), seal_key, &read), -EBADMSG);
}

void test_a_token_of_another_key_is_refused(void)
{
    static const uint8_t other_key[32] = {3, 2, 1};
    cleanup(buf_deinit) struct buf text = {0};
    struct outcome_token read;

    write_token(&text);
    CU_ASSERT_EQUAL(outcome_token_read(buf_span(&text), other_key, &read), -EBADMSG);
}

void test_a_token_of_a_message_that_nobody_knows_is_refused(void)
{
    struct outcome_token token = token_of_a_check(), read;
    const struct message forgotten = {.type = "mc.forgotten.v1"};
    cleanup(buf_deinit) struct buf text = {0};

    token.message = &forgotten;
    CU_ASSERT_EQUAL_FATAL(outcome_token_write(&token, seal_key, &text), 0);
    CU_ASSERT_EQUAL(outcome_token_read(buf_span(&text), seal_key, &read), -EBADMSG);
}

void test_a_token_of_what_is_no_command_is_refused(void)
{
    struct outcome_token token = token_of_a_check(), read;
    cleanup(buf_deinit) struct buf text = {0};

    token.message = &mc_week_message;
    CU_ASSERT_EQUAL_FATAL(outcome_token_write(&token, seal_key, &text), 0);
    CU_ASSERT_EQUAL(outcome_token_read(buf_span(&text), seal_key, &read), -EBADMSG);
}
