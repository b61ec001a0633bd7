#include <CUnit/CUnit.h>
#include <errno.h>

#include "auth/seal.h"
#include "base/hex.h"

static const uint8_t secret[SEAL_SECRET_BYTES] = "a secret of thirty-two bytes....";
static const uint8_t other_secret[SEAL_SECRET_BYTES] = "a secret of thirty-two bytes...,";

static void seal_text(const char *text, struct buf *out)
{
    CU_ASSERT_EQUAL_FATAL(seal(secret, "test", span_text(text), out), 0);
}

static void expect_refused(const uint8_t *key, struct span sealed)
{
    cleanup(buf_deinit) struct buf plain = {0};

    buf_add_text(&plain, "kept");
    CU_ASSERT_EQUAL(seal_open(key, "test", sealed, &plain), -EBADMSG);
    CU_ASSERT_TRUE(span_is(buf_span(&plain), "kept"));
}

void test_what_was_sealed_opens(void)
{
    cleanup(buf_deinit) struct buf sealed = {0};
    cleanup(buf_deinit) struct buf plain = {0};

    buf_add_text(&plain, "before ");
    seal_text("mc|tenant|actor|id|digest", &sealed);
    CU_ASSERT_EQUAL(sealed.size, strlen("mc|tenant|actor|id|digest") + SEAL_EXTRA_BYTES);
    CU_ASSERT_EQUAL(seal_open(secret, "test", buf_span(&sealed), &plain), 0);
    CU_ASSERT_TRUE(span_is(buf_span(&plain), "before mc|tenant|actor|id|digest"));
}

/* Addresses of outcomes outlive the programs that made them. This one was made by OpenSSL's HKDF.
 */
void test_what_was_sealed_by_an_earlier_version_opens(void)
{
    static const char sealed[] = "b223b4f70383d306b36d79fa03e962823137d13a64cf0eeb59eef7c248aa899e"
                                 "03dd706b74bb82e162e5ab5ac011f0b2a15ff0df04222342e1";
    cleanup(buf_deinit) struct buf plain = {0};
    uint8_t bytes[sizeof sealed / 2];

    CU_ASSERT_EQUAL_FATAL(hex_parse(sealed, bytes, sizeof bytes), 0);
    CU_ASSERT_EQUAL(seal_open(secret, "test", span_of(bytes, sizeof bytes), &plain), 0);
    CU_ASSERT_TRUE(span_is(buf_span(&plain), "mc|tenant|actor|id|digest"));
}

void test_a_purpose_that_is_too_long_seals_nothing(void)
{
    cleanup(buf_deinit) struct buf sealed = {0};

    CU_ASSERT_EQUAL(seal(secret, "a purpose that goes on and on until no room is left for it",
                         span_text("text"), &sealed),
                    -ENOMEM);
    CU_ASSERT_EQUAL(sealed.size, 0);
}

void test_nothing_can_be_sealed_as_well(void)
{
    cleanup(buf_deinit) struct buf sealed = {0};
    cleanup(buf_deinit) struct buf plain = {0};

    seal_text("", &sealed);
    CU_ASSERT_EQUAL(seal_open(secret, "test", buf_span(&sealed), &plain), 0);
    CU_ASSERT_EQUAL(plain.size, 0);
}

void test_the_same_text_is_sealed_differently_each_time(void)
{
    cleanup(buf_deinit) struct buf one = {0};
    cleanup(buf_deinit) struct buf two = {0};

    seal_text("the same", &one);
    seal_text("the same", &two);
    CU_ASSERT_FALSE(span_equal(buf_span(&one), buf_span(&two)));
}

void test_any_changed_bit_is_noticed(void)
{
    cleanup(buf_deinit) struct buf sealed = {0};

    seal_text("outcome", &sealed);
    for (size_t bit = 0; bit < sealed.size * 8; bit++) {
        sealed.data[bit / 8] = (char)(sealed.data[bit / 8] ^ 1 << bit % 8);
        expect_refused(secret, buf_span(&sealed));
        sealed.data[bit / 8] = (char)(sealed.data[bit / 8] ^ 1 << bit % 8);
    }
}

void test_any_cut_is_noticed(void)
{
    cleanup(buf_deinit) struct buf sealed = {0};

    seal_text("outcome", &sealed);
    for (size_t size = 0; size < sealed.size; size++)
        expect_refused(secret, span_of(sealed.data, size));
    for (size_t skipped = 1; skipped < sealed.size; skipped++)
        expect_refused(secret, span_of(sealed.data + skipped, sealed.size - skipped));
    buf_add_char(&sealed, '\0');
    expect_refused(secret, buf_span(&sealed));
}

void test_another_secret_opens_nothing(void)
{
    cleanup(buf_deinit) struct buf sealed = {0};

    seal_text("outcome", &sealed);
    expect_refused(other_secret, buf_span(&sealed));
}

void test_what_was_sealed_for_one_purpose_opens_for_no_other(void)
{
    cleanup(buf_deinit) struct buf sealed = {0}, plain = {0};

    seal_text("outcome", &sealed);
    CU_ASSERT_EQUAL(seal_open(secret, "tes", buf_span(&sealed), &plain), -EBADMSG);
    CU_ASSERT_EQUAL(seal_open(secret, "test ", buf_span(&sealed), &plain), -EBADMSG);
    CU_ASSERT_EQUAL(seal_open(secret, "test", buf_span(&sealed), &plain), 0);
}
