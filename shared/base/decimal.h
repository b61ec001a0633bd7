/* Exact decimal numbers as text: an int64_t that counts in units of 10^-scale. Pure, any thread. */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

enum { DECIMAL_TEXT = 21 }; /* "-9.223372036854775808" without a NUL */

/* Reads digits with an optional "-" before and a "." and one to `scale` digits behind; no leading
 * zeros, no exponent. `scale` is 18 at the most. 0; -EINVAL: of another form; -ERANGE: beyond 64
 * bits. *ret_value is untouched then. */
must_check int decimal_parse(struct span text, unsigned scale, int64_t *ret_value);

/* Writes the value with exactly `scale` digits behind the point ("12.50"; without a point where the
 * scale is 0), and a NUL. Returns `text`. */
char *decimal_format(int64_t value, unsigned scale, char text[static DECIMAL_TEXT + 1]);

#endif
