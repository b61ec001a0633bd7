#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>

/* RFC 3629 section 4: what may follow a lead byte in second place; every later byte is 80..BF. */
struct lead {
    uint8_t first, last;
    uint8_t second_first, second_last;
    uint8_t size;
};
static const struct lead leads[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static bool within(uint8_t byte, uint8_t first, uint8_t last)
{
    return byte >= first && byte <= last;
}

static const struct lead *lead_find(uint8_t byte)
{
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++)
        if (within(byte, leads[i].first, leads[i].last))
            return &leads[i];
    return NULL;
}

size_t utf8_next(struct span text)
{
    const uint8_t *bytes = (const uint8_t *)text.data;
    const struct lead *lead;

    if (text.size == 0)
        return 0;
    if (bytes[0] < 0x80)
        return 1;
    lead = lead_find(bytes[0]);
    if (!lead || text.size < lead->size)
        return 0;
    if (!within(bytes[1], lead->second_first, lead->second_last))
        return 0;
    for (size_t i = 2; i < lead->size; i++)
        if (!within(bytes[i], 0x80, 0xbf))
            return 0;
    return lead->size;
}

struct span utf8_cut(struct span text, size_t max)
{
    size_t end = max;

    if (text.size <= max)
        return text;
    while (end > 0 && max - end < 3 && ((uint8_t)text.data[end] & 0xc0) == 0x80)
        end--;
    return span_of(text.data, end);
}

size_t utf8_escape(struct span text, char out[static UTF8_ESCAPE_MAX], size_t *ret_taken)
{
    static const char hex[] = "0123456789abcdef";
    uint8_t byte = (uint8_t)text.data[0];
    size_t size = utf8_next(text);

    *ret_taken = size ? size : 1;
    if (size == 0) {
        memcpy(out, "\xef\xbf\xbd", 3);
        return 3;
    }
    if (byte < 0x20) {
        memcpy(out, "\\u00", 4);
        out[4] = hex[byte >> 4];
        out[5] = hex[byte & 15];
        return 6;
    }
    if (byte == '"' || byte == '\\') {
        out[0] = '\\';
        out[1] = (char)byte;
        return 2;
    }
    memcpy(out, text.data, size);
    return size;
}
