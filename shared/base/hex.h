/* Bytes as hexadecimal digits. Pure. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* Reads 2 * `count` lower-case digits. 0, or -EINVAL: another character (then `bytes` is spoilt).
 */
must_check int hex_parse(const char *text, uint8_t *bytes, size_t count);

/* Writes 2 * `count` lower-case digits, no NUL. Gives the place behind them. */
char *hex_format(const uint8_t *bytes, size_t count, char *text);

#endif
