/* Both encoders: what they write, and what they refuse to write. */
#include <CUnit/CUnit.h>
#include <errno.h>

#include "sample.h"

static encoder *const encoders[] = {codec_encode_msgpack, codec_encode_json};

void test_json_follows_the_contracts_order(void)
{
    cleanup(buf_deinit) struct buf out = {0};
    struct sample body = sample_full();

    CU_ASSERT_EQUAL(codec_encode_json(&sample_message, &body, &out), 0);
    CU_ASSERT_STRING_EQUAL(out.data, SAMPLE_JSON);
}

void test_msgpack_follows_the_contracts_order(void)
{
    static const char expected[] = "\x8a"
                                   "\xa2id\xd9\x24" SAMPLE_ID "\xa4text\xa9say \"hi\"\n"
                                   "\xa6number\xd3\xff\xdf\xff\xff\xff\xff\xff\xff"
                                   "\xa4"
                                   "flag\xc3"
                                   "\xa3"
                                   "day\xaa"
                                   "2026-11-22"
                                   "\xa2"
                                   "at\xb8"
                                   "2026-11-22T18:15:00.123Z"
                                   "\xa6"
                                   "colour\xa9"
                                   "dark_blue"
                                   "\xa5words\x92\xa1"
                                   "a\xa4\xc3\xa6\xc3\xb8"
                                   "\xa5limit\xfb"
                                   "\xa4"
                                   "days\x92\xaa"
                                   "1970-01-01\xaa"
                                   "2026-11-22";
    cleanup(buf_deinit) struct buf out = {0};
    struct sample body = sample_full();

    CU_ASSERT_EQUAL(codec_encode_msgpack(&sample_message, &body, &out), 0);
    CU_ASSERT(span_equal(buf_span(&out), span_of(expected, sizeof expected - 1)));
}

void test_absent_optionals_are_left_out(void)
{
    cleanup(buf_deinit) struct buf out = {0};
    struct sample body = sample_full();

    body.has_limit = body.has_days = false;
    body.limit = 1000; /* what is not there is not looked at */
    CU_ASSERT_EQUAL(codec_encode_json(&sample_message, &body, &out), 0);
    CU_ASSERT_PTR_NULL(strstr(out.data, "limit"));
    CU_ASSERT_PTR_NULL(strstr(out.data, "days"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "\"words\""));
    buf_clear(&out);
    CU_ASSERT_EQUAL(codec_encode_msgpack(&sample_message, &body, &out), 0);
    CU_ASSERT_EQUAL((uint8_t)out.data[0], 0x88);
}

void test_an_empty_list_is_written_where_it_may_be(void)
{
    cleanup(buf_deinit) struct buf out = {0};
    struct sample body = sample_full();

    body.days.count = 0;
    CU_ASSERT_EQUAL(codec_encode_json(&sample_message, &body, &out), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "\"days\":[]}"));
}

/* Encodes into a buffer that holds something already. */
static void refuses(const struct sample *body)
{
    for (size_t i = 0; i < COUNT_OF(encoders); i++) {
        cleanup(buf_deinit) struct buf out = {0};

        buf_add_text(&out, "before");
        CU_ASSERT_EQUAL(encoders[i](&sample_message, body, &out), -EINVAL);
        CU_ASSERT(span_is(buf_span(&out), "before"));
    }
}

void test_texts_outside_the_contract_are_refused(void)
{
    static const char *const wrong[] = {"a", "1234567890123", "not \xff utf8", ""};
    struct sample body = sample_full();

    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        body.text = span_text(wrong[i]);
        refuses(&body);
    }
    body.text = span_of("nul\0", 4);
    refuses(&body);
    body.text = span_of(NULL, 0);
    refuses(&body);
}

void test_numbers_outside_the_contract_are_refused(void)
{
    struct sample body = sample_full();

    body.limit = 11;
    refuses(&body);
    body.limit = -6;
    refuses(&body);
}

void test_enums_outside_the_contract_are_refused(void)
{
    struct sample body = sample_full();

    body.colour = 3;
    refuses(&body);
    body.colour = -1;
    refuses(&body);
}

void test_days_and_times_that_have_no_text_are_refused(void)
{
    struct sample body = sample_full();

    body.day = (struct date){INT32_MIN};
    refuses(&body);
    body = sample_full();
    body.at = (struct timestamp){INT64_MAX};
    refuses(&body);
}

void test_lists_outside_the_contract_are_refused(void)
{
    static const struct span words[] = {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}};
    static const struct span long_word[] = {{"a", 1}, {"12345", 5}};
    struct sample body = sample_full();

    body.words.items = words;
    body.words.count = 4;
    refuses(&body);
    body.words.count = 0;
    refuses(&body);
    body.words.items = long_word;
    body.words.count = 2;
    refuses(&body);
}
