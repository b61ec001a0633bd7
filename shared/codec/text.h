/* What both codecs know of text. Pure, any thread. */
#ifndef CODEC_TEXT_H
#define CODEC_TEXT_H

#include <stdint.h>

#include "base/attr.h"
#include "base/date.h"
#include "base/span.h"

/* The characters (code points) of UTF-8 text, or -1: not UTF-8 as RFC 3629 has it (overlong forms,
 * surrogates and what lies above U+10FFFF are none). */
int64_t text_characters(struct span text);

/* Can the wire's texts say this? Years 1 to 9999. */
bool text_has_date(struct date date);
bool text_has_time(struct timestamp time);

#endif
