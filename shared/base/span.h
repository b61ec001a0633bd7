/* Bytes that somebody else owns: a pointer and a length. Text in a span is not NUL-terminated
 * unless its source says so. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
    const char *data; /* may be NULL when size is 0 */
    size_t size;      /* bytes */
};

static inline struct span span_of(const void *data, size_t size)
{
    return (struct span){.data = data, .size = size};
}

/* The text of a NUL-terminated string, which must outlive the span. */
static inline struct span span_text(const char *text)
{
    return (struct span){.data = text, .size = text ? strlen(text) : 0};
}

static inline bool span_equal(struct span a, struct span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool span_is(struct span a, const char *text)
{
    return span_equal(a, span_text(text));
}

/* Copies the bytes to *place, which moves on behind them. The copy; data that is NULL stays so. */
static inline struct span span_move(char **place, struct span from)
{
    struct span moved = span_of(*place, from.size);

    if (!from.data)
        return from;
    memcpy(*place, from.data, from.size);
    *place += from.size;
    return moved;
}

#endif
