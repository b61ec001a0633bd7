/* Decimal numbers, digit by digit. */
#include "base/decimal.h"

#include <errno.h>
#include <stdbool.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes of the number's digits before the point, behind the sign; 0: that is no number. */
static size_t whole_digits(struct span text)
{
    size_t count = 0;

    while (count < text.size && is_digit(text.data[count]))
        count++;
    return count > 1 && text.data[0] == '0' ? 0 : count;
}

/* Does what stands behind the whole digits have the right form? Nothing, or "." and digits. */
static bool is_fraction(struct span text, unsigned scale)
{
    if (!text.size)
        return true;
    if (text.data[0] != '.' || text.size < 2 || text.size - 1 > scale)
        return false;
    for (size_t i = 1; i < text.size; i++)
        if (!is_digit(text.data[i]))
            return false;
    return true;
}

/* Takes one digit more, towards the sign, so that INT64_MIN can be reached. */
static bool push(int64_t *value, int digit, bool negative)
{
    return !__builtin_mul_overflow(*value, 10, value) &&
           !__builtin_add_overflow(*value, negative ? -digit : digit, value);
}

int decimal_parse(struct span text, unsigned scale, int64_t *ret_value)
{
    bool negative = text.size && text.data[0] == '-';
    struct span digits = span_of(text.data + negative, text.size - negative);
    size_t whole = whole_digits(digits);
    struct span rest = span_of(digits.data + whole, digits.size - whole);
    int64_t value = 0;

    if (!whole || !is_fraction(rest, scale))
        return -EINVAL;
    for (size_t i = 0; i < whole; i++)
        if (!push(&value, digits.data[i] - '0', negative))
            return -ERANGE;
    for (unsigned i = 1; i <= scale; i++)
        if (!push(&value, i < rest.size ? rest.data[i] - '0' : 0, negative))
            return -ERANGE;
    *ret_value = value;
    return 0;
}

char *decimal_format(int64_t value, unsigned scale, char text[static DECIMAL_TEXT + 1])
{
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    char digits[DECIMAL_TEXT + 1];
    size_t size = 0;
    char *out = text;

    for (unsigned i = 0; left || i <= scale; i++, left /= 10) {
        if (i == scale && scale)
            digits[size++] = '.';
        digits[size++] = (char)('0' + left % 10);
    }
    if (value < 0)
        *out++ = '-';
    while (size)
        *out++ = digits[--size];
    *out = '\0';
    return text;
}
