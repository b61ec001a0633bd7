/* Eight bytes of text at a time, for loops that pass over what is plain: a word is asked whether
 * any of its bytes is of a kind, and only then one looks at the bytes. The answers are exact and do
 * not depend on the order of bytes. Pure, any thread. */
#ifndef BASE_WORD_H
#define BASE_WORD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { WORD_BYTES = 8 };

#define WORD_ONES UINT64_C(0x0101010101010101)
#define WORD_HIGH UINT64_C(0x8080808080808080)

/* The WORD_BYTES bytes from `at` on, which need no alignment. */
static inline uint64_t word_load(const void *at)
{
    uint64_t word;

    memcpy(&word, at, WORD_BYTES);
    return word;
}

/* Is any byte below `bound`, which is 128 at most? */
static inline bool word_has_below(uint64_t word, uint8_t bound)
{
    return ((word - WORD_ONES * bound) & ~word & WORD_HIGH) != 0;
}

/* Is any byte `byte`? */
static inline bool word_has(uint64_t word, uint8_t byte)
{
    return word_has_below(word ^ WORD_ONES * byte, 1);
}

#endif
