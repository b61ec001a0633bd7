/* What the fuzz targets share: how a target takes its input apart, and how it says that something
 * does not hold. Each fuzz_<name>.c defines LLVMFuzzerTestOneInput, and is a program of its own. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Not assert(): a fuzzer's finding must not depend on NDEBUG. */
#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "ERROR: does not hold: %s (%s:%d)\n", #condition, __FILE__, __LINE__); \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* The first byte of what is left, 0 at the end. */
static inline uint8_t take_byte(struct span *input)
{
    uint8_t byte = input->size ? (uint8_t)input->data[0] : 0;

    if (input->size)
        *input = span_of(input->data + 1, input->size - 1);
    return byte;
}

/* At most `size` bytes of what is left. */
static inline struct span take_bytes(struct span *input, size_t size)
{
    struct span taken = span_of(input->data, size < input->size ? size : input->size);

    *input = span_of(input->data + taken.size, input->size - taken.size);
    return taken;
}

/* Up to the next `end`, which is dropped, or all that is left. */
static inline struct span take_until(struct span *input, char end)
{
    const char *at = input->size ? memchr(input->data, end, input->size) : NULL;
    struct span taken = take_bytes(input, at ? (size_t)(at - input->data) : input->size);

    if (at)
        take_byte(input);
    return taken;
}

/* Memory of exactly that size, so that a byte read behind it is seen. Freed by the caller. */
static inline char *copy_exactly(struct span bytes)
{
    char *copy = malloc(bytes.size ? bytes.size : 1);

    HOLDS(copy);
    if (bytes.size)
        memcpy(copy, bytes.data, bytes.size);
    return copy;
}

/* The same with a NUL behind it; it ends at the first one. */
static inline char *copy_text(struct span bytes)
{
    char *copy = strndup(bytes.size ? bytes.data : "", bytes.size);

    HOLDS(copy);
    return copy;
}

#endif
