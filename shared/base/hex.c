#include "base/hex.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/word.h"

/* One more than a digit's value; 0: no digit. A table, for what digits random bytes have no branch
 * can foretell. */
static const uint8_t digit_values[256] = {
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

/* The four bytes of eight digits at once. A letter has the bit of 64 and is nine more than its low
 * half; what was read is made to digits again and compared, for all else that has such a half. */
static bool parse_four(const char *text, uint8_t *bytes)
{
    const uint64_t ones = WORD_ONES;
    const uint64_t word = __builtin_bswap64(word_load(text));
    uint64_t nibbles, letters;
    uint32_t four;

    nibbles = (word & 0x0f * ones) + 9 * (word >> 6 & ones);
    letters = (nibbles + 6 * ones) >> 4 & ones;
    if (word != nibbles + '0' * ones + ('a' - '0' - 10) * letters || (nibbles & 0xf0 * ones) != 0)
        return false;
    nibbles = (nibbles >> 4 | nibbles) & UINT64_C(0x00ff00ff00ff00ff);
    nibbles = (nibbles >> 8 | nibbles) & UINT64_C(0x0000ffff0000ffff);
    four = __builtin_bswap32((uint32_t)(nibbles >> 16 | nibbles));
    memcpy(bytes, &four, sizeof four);
    return true;
}

int hex_parse(const char *text, uint8_t *bytes, size_t count)
{
    for (; count >= 4; count -= 4, bytes += 4, text += 8)
        if (!parse_four(text, bytes))
            return -EINVAL;
    for (size_t i = 0; i < count; i++) {
        uint8_t high = digit_values[(uint8_t)text[2 * i]];
        uint8_t low = digit_values[(uint8_t)text[2 * i + 1]];

        if (!high || !low)
            return -EINVAL;
        bytes[i] = (uint8_t)((high - 1) << 4 | (low - 1));
    }
    return 0;
}

/* The eight digits of four bytes at once: a nibble to each byte of a word, and in each byte what
 * lies between the nibble and its digit. */
static char *format_four(const uint8_t *bytes, char *text)
{
    const uint64_t ones = WORD_ONES;
    uint64_t word =
        (uint64_t)bytes[0] << 48 | (uint64_t)bytes[1] << 32 | (uint64_t)bytes[2] << 16 | bytes[3];
    uint64_t letters;

    word = (word << 4 | word) & 0x0f * ones;
    letters = (word + 6 * ones) >> 4 & ones; /* 1 for each nibble from ten on */
    word = __builtin_bswap64(word + '0' * ones + ('a' - '0' - 10) * letters);
    memcpy(text, &word, sizeof word);
    return text + sizeof word;
}

char *hex_format(const uint8_t *bytes, size_t count, char *text)
{
    static const char digits[] = "0123456789abcdef";

    for (; count >= 4; count -= 4, bytes += 4)
        text = format_four(bytes, text);
    for (size_t i = 0; i < count; i++) {
        *text++ = digits[bytes[i] >> 4];
        *text++ = digits[bytes[i] & 15];
    }
    return text;
}
