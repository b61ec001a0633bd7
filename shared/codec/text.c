/* How long texts are, and which dates have one. */
#include "codec/text.h"

#include "base/utf8.h"

/* The bytes of ASCII from `at` on, eight at a time: nearly all text is. */
static size_t ascii_size(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *start = at;
    uint64_t eight;

    for (; end - at >= 8; at += 8) {
        memcpy(&eight, at, 8);
        if (eight & 0x8080808080808080u)
            break;
    }
    return (size_t)(at - start);
}

int64_t text_characters(struct span text)
{
    const uint8_t *at = (const uint8_t *)text.data;
    const uint8_t *end = at + text.size;
    int64_t characters = 0;

    while (at < end) {
        size_t ascii = ascii_size(at, end);
        size_t size;

        at += ascii;
        characters += (int64_t)ascii;
        if (at == end)
            break;
        size = utf8_next(span_of(at, (size_t)(end - at)));
        if (!size)
            return -1;
        at += size;
        characters++;
    }
    return characters;
}

bool text_has_date(struct date date)
{
    return date.days >= -719162 && date.days <= 2932896; /* 0001-01-01 to 9999-12-31 */
}

bool text_has_time(struct timestamp time)
{
    return time.us >= -719162 * INT64_C(86400000000) && time.us < 2932897 * INT64_C(86400000000);
}
