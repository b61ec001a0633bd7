#include <CUnit/CUnit.h>
#include <errno.h>

#include "auth/base64url.h"

static void expect_both_ways(struct span bytes, const char *text)
{
    cleanup(buf_deinit) struct buf encoded = {0};
    cleanup(buf_deinit) struct buf decoded = {0};

    base64url_encode(bytes, &encoded);
    CU_ASSERT_TRUE(span_is(buf_span(&encoded), text));
    CU_ASSERT_EQUAL(base64url_decode(span_text(text), &decoded), 0);
    CU_ASSERT_TRUE(span_equal(buf_span(&decoded), bytes));
}

static void expect_refused(struct span text)
{
    cleanup(buf_deinit) struct buf out = {0};

    buf_add_text(&out, "kept");
    CU_ASSERT_EQUAL(base64url_decode(text, &out), -EINVAL);
    CU_ASSERT_TRUE(span_is(buf_span(&out), "kept"));
}

void test_every_length_goes_both_ways(void)
{
    expect_both_ways(span_text(""), "");
    expect_both_ways(span_text("f"), "Zg");
    expect_both_ways(span_text("fo"), "Zm8");
    expect_both_ways(span_text("foo"), "Zm9v");
    expect_both_ways(span_text("foob"), "Zm9vYg");
    expect_both_ways(span_text("fooba"), "Zm9vYmE");
    expect_both_ways(span_text("foobar"), "Zm9vYmFy");
}

void test_every_byte_goes_both_ways(void)
{
    cleanup(buf_deinit) struct buf encoded = {0};
    cleanup(buf_deinit) struct buf decoded = {0};
    char all[256];

    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (char)i;
    base64url_encode(span_of(all, sizeof all), &encoded);
    CU_ASSERT_EQUAL(base64url_decode(buf_span(&encoded), &decoded), 0);
    CU_ASSERT_TRUE(span_equal(buf_span(&decoded), span_of(all, sizeof all)));
}

void test_the_alphabet_is_the_one_for_urls(void)
{
    expect_both_ways(span_of("\xfb\xff\xbf", 3), "-_-_");
    expect_refused(span_text("+/+/"));
}

void test_padding_white_space_and_foreign_bytes_are_refused(void)
{
    expect_refused(span_text("Zg=="));
    expect_refused(span_text("Zm8="));
    expect_refused(span_text("Zm9v\n"));
    expect_refused(span_text("Zm 9v"));
    expect_refused(span_text("Zm9v.Zm9v"));
    expect_refused(span_of("Zm\0v", 4));
    expect_refused(span_text("Zm9\xc3"));
}

void test_a_length_that_cannot_be_is_refused(void)
{
    expect_refused(span_text("Z"));
    expect_refused(span_text("Zm9vY"));
}

/* "Zg" and "Zh" would both be "f". */
void test_bits_behind_the_last_byte_are_refused(void)
{
    expect_refused(span_text("Zh"));
    expect_refused(span_text("Zm9"));
}
