#include "auth/base64url.h"

#include <errno.h>
#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* One byte for each eight bits that came in; -EINVAL where the rest of the bits is not zero. */
static int decode_into(struct span text, uint8_t *bytes)
{
    uint32_t bits = 0;
    unsigned bit_count = 0;

    for (size_t i = 0; i < text.size; i++) {
        int value = value_of(text.data[i]);

        if (value < 0)
            return -EINVAL;
        bits = bits << 6 | (uint32_t)value;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            *bytes++ = (uint8_t)(bits >> bit_count);
        }
    }
    return (bits & ((1U << bit_count) - 1)) == 0 ? 0 : -EINVAL;
}

int base64url_decode(struct span text, struct buf *out)
{
    size_t before = out->size;
    uint8_t *bytes;
    int r;

    if (text.size % 4 == 1)
        return -EINVAL;
    bytes = buf_extend(out, text.size / 4 * 3 + (text.size % 4 ? text.size % 4 - 1 : 0));
    if (!bytes)
        return -ENOMEM;
    r = decode_into(text, bytes);
    if (r < 0)
        buf_truncate(out, before);
    return r;
}

/* The first `count` of the four digits of 24 bits. */
static void put_digits(char *text, uint32_t bits, int count)
{
    for (int i = 0; i < count; i++)
        text[i] = alphabet[bits >> (18 - 6 * i) & 63];
}

void base64url_encode(struct span bytes, struct buf *out)
{
    char *text = buf_extend(out, bytes.size / 3 * 4 + (bytes.size % 3 ? bytes.size % 3 + 1 : 0));
    const uint8_t *at = (const uint8_t *)bytes.data, *end = at + bytes.size;

    if (!text || bytes.size == 0)
        return;
    for (; end - at >= 3; at += 3, text += 4)
        put_digits(text, (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2], 4);
    if (end - at == 2)
        put_digits(text, (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8, 3);
    else if (end - at == 1)
        put_digits(text, (uint32_t)at[0] << 16, 2);
}
