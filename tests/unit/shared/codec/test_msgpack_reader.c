/* MessagePack's forms, one value at a time. */
#include <CUnit/CUnit.h>
#include <errno.h>

#include "codec/msgpack_reader.h"

#define BYTES(text)                                                                                \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

static struct msgpack_reader reader_of(struct span bytes)
{
    const uint8_t *start = (const uint8_t *)bytes.data;

    return (struct msgpack_reader){.start = start, .at = start, .end = start + bytes.size};
}

void test_every_form_of_an_integer_is_read(void)
{
    static const struct {
        struct span bytes;
        int64_t value;
    } forms[] = {
        {BYTES("\x00"), 0},
        {BYTES("\x7f"), 127},
        {BYTES("\xe0"), -32},
        {BYTES("\xff"), -1},
        {BYTES("\xcc\xff"), 255},
        {BYTES("\xcd\xff\xfe"), 65534},
        {BYTES("\xce\xff\xff\xff\xff"), 4294967295},
        {BYTES("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"), INT64_MAX},
        {BYTES("\xd0\x80"), -128},
        {BYTES("\xd1\x80\x01"), -32767},
        {BYTES("\xd2\x80\x00\x00\x00"), INT32_MIN},
        {BYTES("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"), INT64_MIN},
    };

    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct msgpack_reader reader = reader_of(forms[i].bytes);
        struct value value;

        CU_ASSERT_EQUAL_FATAL(msgpack_read(&reader, &value), 0);
        CU_ASSERT_EQUAL(value.kind, VALUE_INTEGER);
        CU_ASSERT_EQUAL(value.integer, forms[i].value);
        CU_ASSERT_PTR_EQUAL(reader.at, reader.end);
    }
}

/* Of every other form: what it is, and that nothing but the content of a list or a map remains. */
void test_every_other_form_is_read(void)
{
    static const struct {
        struct span bytes;
        enum value_kind kind;
        size_t left;
    } forms[] = {
        {BYTES("\xc0"), VALUE_NULL, 0},
        {BYTES("\xc2"), VALUE_BOOLEAN, 0},
        {BYTES("\xc3"), VALUE_BOOLEAN, 0},
        {BYTES("\xcf\x80\x00\x00\x00\x00\x00\x00\x00"), VALUE_HUGE, 0},
        {BYTES("\xca\x40\x00\x00\x00"), VALUE_FLOAT, 0},
        {BYTES("\xcb\x40\x00\x00\x00\x00\x00\x00\x00"), VALUE_FLOAT, 0},
        {BYTES("\xa2hi"), VALUE_TEXT, 0},
        {BYTES("\xd9\x02hi"), VALUE_TEXT, 0},
        {BYTES("\xda\x00\x02hi"), VALUE_TEXT, 0},
        {BYTES("\xdb\x00\x00\x00\x02hi"), VALUE_TEXT, 0},
        {BYTES("\xc4\x02hi"), VALUE_BINARY, 0},
        {BYTES("\xc5\x00\x02hi"), VALUE_BINARY, 0},
        {BYTES("\xc6\x00\x00\x00\x02hi"), VALUE_BINARY, 0},
        {BYTES("\xc7\x02\x05hi"), VALUE_BINARY, 0},
        {BYTES("\xc8\x00\x02\x05hi"), VALUE_BINARY, 0},
        {BYTES("\xc9\x00\x00\x00\x02\x05hi"), VALUE_BINARY, 0},
        {BYTES("\xd4\x05h"), VALUE_BINARY, 0},
        {BYTES("\xd5\x05hi"), VALUE_BINARY, 0},
        {BYTES("\xd6\x05hihi"), VALUE_BINARY, 0},
        {BYTES("\xd7\x05hihihihi"), VALUE_BINARY, 0},
        {BYTES("\xd8\x05hihihihihihihihi"), VALUE_BINARY, 0},
        {BYTES("\x91\x01"), VALUE_LIST, 1},
        {BYTES("\xdc\x00\x01\x01"), VALUE_LIST, 1},
        {BYTES("\xdd\x00\x00\x00\x01\x01"), VALUE_LIST, 1},
        {BYTES("\x81\xa1x\x01"), VALUE_MAP, 3},
        {BYTES("\xde\x00\x01\xa1x\x01"), VALUE_MAP, 3},
        {BYTES("\xdf\x00\x00\x00\x01\xa1x\x01"), VALUE_MAP, 3},
    };

    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct msgpack_reader reader = reader_of(forms[i].bytes);
        struct value value;

        CU_ASSERT_EQUAL_FATAL(msgpack_read(&reader, &value), 0);
        CU_ASSERT_EQUAL(value.kind, forms[i].kind);
        CU_ASSERT_EQUAL((size_t)(reader.end - reader.at), forms[i].left);
        CU_ASSERT_EQUAL(msgpack_skip(&reader, &value, 1), 0);
        CU_ASSERT_PTR_EQUAL(reader.at, reader.end);
    }
}

void test_values_that_are_cut_off_are_refused(void)
{
    static const char *const heads =
        "\x91\x81\xa1\xc1\xc4\xc5\xc6\xc7\xc8\xc9\xca\xcb\xcc\xcd\xce\xcf\xd0\xd1\xd2\xd3\xd4\xd5"
        "\xd6\xd7\xd8\xd9\xda\xdb\xdc\xdd\xde\xdf";

    for (const char *head = heads; *head; head++) {
        struct msgpack_reader reader = reader_of(span_of(head, 1));
        struct value value;

        CU_ASSERT_EQUAL(msgpack_read(&reader, &value), -EINVAL);
    }
}

void test_a_skip_ends_at_its_depth(void)
{
    struct msgpack_reader reader = reader_of(span_of("\x91\x91\x91\x01", 4));
    struct msgpack_reader again = reader;
    struct value value;

    CU_ASSERT_EQUAL_FATAL(msgpack_read(&reader, &value), 0);
    CU_ASSERT_EQUAL(msgpack_skip(&reader, &value, 3), 0);
    CU_ASSERT_EQUAL_FATAL(msgpack_read(&again, &value), 0);
    CU_ASSERT_EQUAL(msgpack_skip(&again, &value, 2), -ELOOP);
}
