/* The codes of field errors, as clients see them in `errors` of a problem. Constant data, any
 * thread. */
#ifndef CODEC_CODEC_CODES_H
#define CODEC_CODEC_CODES_H

#include <stddef.h>

struct codec_code {
    const char *code; /* snake_case, stable */
    const char *sentence;
};

/* Every code that a decoder tells, sorted. */
extern const struct codec_code codec_codes[];
extern const size_t codec_code_count;

#endif
