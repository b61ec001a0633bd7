/* MessagePack's heads and what follows them. */
#include "codec/msgpack_reader.h"

#include <errno.h>

#include "codec/text.h"

static size_t left(const struct msgpack_reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

/* A big-endian number of 1, 2, 4 or 8 bytes. */
static int read_number(struct msgpack_reader *reader, size_t bytes, uint64_t *ret_number)
{
    uint64_t number = 0;

    if (left(reader) < bytes)
        return -EINVAL;
    for (size_t i = 0; i < bytes; i++)
        number = number << 8 | *reader->at++;
    *ret_number = number;
    return 0;
}

static int read_bytes(struct msgpack_reader *reader, uint64_t size, struct span *ret_bytes)
{
    if (left(reader) < size)
        return -EINVAL;
    *ret_bytes = span_of(reader->at, (size_t)size);
    reader->at += size;
    return 0;
}

static int read_text(struct msgpack_reader *reader, uint64_t size, struct value *ret_value)
{
    int r = read_bytes(reader, size, &ret_value->text);

    if (r < 0)
        return r;
    ret_value->kind = VALUE_TEXT;
    ret_value->characters = text_characters(ret_value->text);
    return ret_value->characters < 0 ? -EINVAL : 0;
}

static int read_binary(struct msgpack_reader *reader, uint64_t size, struct value *ret_value)
{
    ret_value->kind = VALUE_BINARY;
    return read_bytes(reader, size, &ret_value->text);
}

/* Every item takes a byte at least. */
static int read_container(struct msgpack_reader *reader, enum value_kind kind, uint64_t count,
                          struct value *ret_value)
{
    if (count > left(reader) / (kind == VALUE_MAP ? 2 : 1))
        return -EINVAL;
    ret_value->kind = kind;
    ret_value->count = (size_t)count;
    return 0;
}

static int read_unsigned(struct msgpack_reader *reader, size_t bytes, struct value *ret_value)
{
    uint64_t number;
    int r = read_number(reader, bytes, &number);

    if (r < 0)
        return r;
    ret_value->kind = number > INT64_MAX ? VALUE_HUGE : VALUE_INTEGER;
    ret_value->integer = (int64_t)(number & INT64_MAX);
    return 0;
}

static int read_signed(struct msgpack_reader *reader, size_t bytes, struct value *ret_value)
{
    unsigned shift = (unsigned)(64 - 8 * bytes);
    uint64_t number;
    int r = read_number(reader, bytes, &number);

    if (r < 0)
        return r;
    ret_value->kind = VALUE_INTEGER;
    ret_value->integer = (int64_t)(number << shift) >> shift;
    return 0;
}

static int read_float(struct msgpack_reader *reader, size_t bytes, struct value *ret_value)
{
    uint64_t bits;

    ret_value->kind = VALUE_FLOAT;
    return read_number(reader, bytes, &bits);
}

/* The heads from 0xc0 to 0xdf, whose length is in bytes of its own. */
static int read_long(struct msgpack_reader *reader, uint8_t head, struct value *ret_value)
{
    uint64_t size = 0;
    int r = 0;

    switch (head) {
    case 0xc0:
        ret_value->kind = VALUE_NULL;
        return 0;
    case 0xc2:
    case 0xc3:
        ret_value->kind = VALUE_BOOLEAN;
        ret_value->boolean = head == 0xc3;
        return 0;
    case 0xc4:
    case 0xc5:
    case 0xc6:
        r = read_number(reader, (size_t)1 << (head - 0xc4), &size);
        return r < 0 ? r : read_binary(reader, size, ret_value);
    case 0xc7:
    case 0xc8:
    case 0xc9:
        r = read_number(reader, (size_t)1 << (head - 0xc7), &size);
        return r < 0 ? r : read_binary(reader, size + 1, ret_value);
    case 0xca:
    case 0xcb:
        return read_float(reader, head == 0xca ? 4 : 8, ret_value);
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
        return read_unsigned(reader, (size_t)1 << (head - 0xcc), ret_value);
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
        return read_signed(reader, (size_t)1 << (head - 0xd0), ret_value);
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
        return read_binary(reader, 1 + (UINT64_C(1) << (head - 0xd4)), ret_value);
    case 0xd9:
    case 0xda:
    case 0xdb:
        r = read_number(reader, (size_t)1 << (head - 0xd9), &size);
        return r < 0 ? r : read_text(reader, size, ret_value);
    case 0xdc:
    case 0xdd:
        r = read_number(reader, head == 0xdc ? 2 : 4, &size);
        return r < 0 ? r : read_container(reader, VALUE_LIST, size, ret_value);
    case 0xde:
    case 0xdf:
        r = read_number(reader, head == 0xde ? 2 : 4, &size);
        return r < 0 ? r : read_container(reader, VALUE_MAP, size, ret_value);
    default:
        return -EINVAL; /* 0xc1 is never used */
    }
}

int msgpack_read(struct msgpack_reader *reader, struct value *ret_value)
{
    uint8_t head;

    if (reader->at == reader->end)
        return -EINVAL;
    head = *reader->at++;
    if (head >= 0xa0 && head <= 0xbf)
        return read_text(reader, head & 0x1f, ret_value);
    if (head >= 0xc0 && head <= 0xdf)
        return read_long(reader, head, ret_value);
    if (head >= 0x80 && head <= 0x8f)
        return read_container(reader, VALUE_MAP, head & 0x0f, ret_value);
    if (head >= 0x90 && head <= 0x9f)
        return read_container(reader, VALUE_LIST, head & 0x0f, ret_value);
    ret_value->kind = VALUE_INTEGER;
    ret_value->integer = (int8_t)head;
    return 0;
}

int msgpack_skip(struct msgpack_reader *reader, const struct value *value, unsigned depth)
{
    size_t parts = value->kind == VALUE_MAP ? 2 * value->count : value->count;
    struct value inner;
    int r;

    if (value->kind != VALUE_LIST && value->kind != VALUE_MAP)
        return 0;
    if (depth == 0)
        return -ELOOP;
    for (size_t i = 0; i < parts; i++) {
        r = msgpack_read(reader, &inner);
        if (r < 0)
            return r;
        if (value->kind == VALUE_MAP && i % 2 == 0 && inner.kind != VALUE_TEXT)
            return -EINVAL;
        r = msgpack_skip(reader, &inner, depth - 1);
        if (r < 0)
            return r;
    }
    return 0;
}
