/* An arena: memory that dies together. One serves a batch (a worker's lane) or a request (the
 * ingress). Not thread-safe: it belongs to the thread that uses it. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/attr.h"

struct arena;

/* A new arena that never holds more than `max_bytes`; NULL without memory. The caller frees it with
 * arena_free. */
struct arena *arena_new(size_t max_bytes);

/* NULL is allowed. */
void arena_free(struct arena *arena);

/* Forgets everything that was allocated, and keeps about as much memory as the next round will
 * want. */
void arena_reset(struct arena *arena);

/* `size` bytes, zeroed and aligned for any type; NULL without memory or above max_bytes. Size 0
 * gives a valid pointer. */
must_check void *arena_alloc(struct arena *arena, size_t size);

/* An array of `count` elements of `size` bytes, zeroed; NULL also where the product overflows. */
must_check void *arena_array(struct arena *arena, size_t count, size_t size);

/* A copy of `size` bytes, with a NUL behind them that does not count. */
must_check void *arena_copy(struct arena *arena, const void *bytes, size_t size);

/* Text as printf makes it; NULL without memory. */
must_check char *arena_printf(struct arena *arena, const char *format, ...) printf_like(2, 3);

/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *arena);

/* A place to return to: all that was allocated after arena_mark is forgotten by arena_rewind. Marks
 * nest. */
struct arena_mark {
    void *block;
    size_t used;
    size_t total;
};
struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

#endif
