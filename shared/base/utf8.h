/* UTF-8 (RFC 3629) and JSON's escapes of it. Pure. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/span.h"

enum { UTF8_ESCAPE_MAX = 6 }; /* bytes of the longest escape, \u001f */

/* Bytes of the first character, 1 to 4; 0: the text is empty or does not begin with valid UTF-8
 * (an overlong form, a surrogate, above U+10FFFF, cut short). */
size_t utf8_next(struct span text);

/* The longest beginning of at most `max` bytes that cuts no character in two. */
struct span utf8_cut(struct span text, size_t max);

/* The first character of a text that is not empty, as it stands in a JSON string: quote and
 * backslash escaped, control characters as \u00XX, a byte that is not UTF-8 as U+FFFD. Writes at
 * most UTF8_ESCAPE_MAX bytes and no NUL; gives their number, and in *ret_taken how many bytes of
 * `text` they stand for. */
size_t utf8_escape(struct span text, char out[static UTF8_ESCAPE_MAX], size_t *ret_taken);

#endif
