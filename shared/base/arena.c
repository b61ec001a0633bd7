/* A chain of blocks, each as large as all before it. Allocation moves a cursor in the newest. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS
#endif
#endif

#ifdef ARENA_POISONS
/* As sanitizer/asan_interface.h has them but for a const: gcc 14 takes that for a read, and warns
 * of memory that was not written yet. */
void __asan_poison_memory_region(void *memory, size_t size);
void __asan_unpoison_memory_region(void *memory, size_t size);
#define poison(memory, size) __asan_poison_memory_region(memory, size)
#define unpoison(memory, size) __asan_unpoison_memory_region(memory, size)
#else
#define poison(memory, size) ((void)(memory), (void)(size))
#define unpoison(memory, size) ((void)(memory), (void)(size))
#endif

enum {
    WINDOW = 256, /* rounds, of which the largest tells whether the block is too large: */
    ROOMY = 4,    /* so many times as large as that */
    FIRST_BLOCK_BYTES = 64 * 1024,
    ALIGNMENT = _Alignof(max_align_t)
};

struct block {
    struct block *older;
    size_t capacity; /* of `bytes` */
    size_t used;
    _Alignas(max_align_t) char bytes[];
};

struct arena {
    struct block *newest;
    size_t held; /* the blocks' capacities */
    size_t max_bytes;
    size_t total;    /* handed out, as asked for */
    size_t next;     /* what the first block shall hold */
    size_t largest;  /* round of this window */
    unsigned rounds; /* of this window */
};

struct arena *arena_new(size_t max_bytes)
{
    struct arena *arena = calloc(1, sizeof *arena);

    if (arena)
        arena->max_bytes = max_bytes;
    return arena;
}

static void block_free(struct arena *arena, struct block *block)
{
    arena->held -= block->capacity;
    unpoison(block->bytes, block->capacity);
    free(block);
}

static void free_newer_than(struct arena *arena, const struct block *last)
{
    while (arena->newest != last) {
        struct block *block = arena->newest;

        arena->newest = block->older;
        block_free(arena, block);
    }
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    free_newer_than(arena, NULL);
    free(arena);
}

static void block_rewind(struct block *block, size_t used)
{
    block->used = used;
    poison(block->bytes + used, block->capacity - used);
}

static void begin_window(struct arena *arena)
{
    arena->largest = 0;
    arena->rounds = 0;
}

/* Large rounds and small ones may take turns (a batch, a look at the clock), so a window tells, not
 * a round: to free large memory makes the C library tidy up all that it holds. */
static bool is_roomy(struct arena *arena, const struct block *block, size_t used)
{
    bool roomy;

    if (used > arena->largest)
        arena->largest = used;
    if (++arena->rounds < WINDOW)
        return false;
    roomy = block->capacity > FIRST_BLOCK_BYTES && block->capacity / ROOMY > arena->largest;
    if (!roomy)
        begin_window(arena);
    return roomy;
}

/* Rounds resemble each other: one block that served the last whole round is kept; several become
 * one of their size in the next; one that was far too large for a window is given back. */
void arena_reset(struct arena *arena)
{
    struct block *only = arena->newest && !arena->newest->older ? arena->newest : NULL;
    size_t used = arena->total;

    arena->total = 0;
    if (only && !is_roomy(arena, only, used)) {
        block_rewind(only, 0);
        return;
    }
    arena->next = only ? 2 * arena->largest : arena->held;
    begin_window(arena);
    free_newer_than(arena, NULL);
}

/* Room for `size` bytes, and by preference for as much again as the arena already holds, or for
 * what the last round took. */
static struct block *block_add(struct arena *arena, size_t size)
{
    size_t left = arena->max_bytes - arena->held;
    size_t preferred = arena->held ? arena->held : arena->next;
    size_t capacity = preferred > FIRST_BLOCK_BYTES ? preferred : FIRST_BLOCK_BYTES;
    struct block *block;

    if (size > left)
        return NULL;
    if (capacity > left)
        capacity = left;
    if (capacity < size)
        capacity = size;
    block = malloc(sizeof *block + capacity);
    if (!block)
        return NULL;
    block->older = arena->newest;
    block->capacity = capacity;
    block_rewind(block, 0);
    arena->newest = block;
    arena->held += capacity;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    struct block *block = arena->newest;
    size_t padded = size ? size : 1;
    void *memory;

    if (size > SIZE_MAX - sizeof *block - ALIGNMENT)
        return NULL;
    padded = (padded + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (!block || block->capacity - block->used < padded)
        block = block_add(arena, padded);
    if (!block)
        return NULL;
    memory = block->bytes + block->used;
    block->used += padded;
    arena->total += size;
    unpoison(memory, size);
    return memset(memory, 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return arena_alloc(arena, bytes);
}

void *arena_copy(struct arena *arena, const void *bytes, size_t size)
{
    char *copy;

    if (size == SIZE_MAX)
        return NULL;
    copy = arena_alloc(arena, size + 1);
    if (copy && size)
        memcpy(copy, bytes, size);
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    char *text = NULL;
    int size;

    va_start(args, format);
    va_copy(again, args);
    size = vsnprintf(NULL, 0, format, args);
    if (size >= 0)
        text = arena_alloc(arena, (size_t)size + 1);
    if (text)
        vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

size_t arena_used(const struct arena *arena)
{
    return arena->total;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){
        .block = arena->newest,
        .used = arena->newest ? arena->newest->used : 0,
        .total = arena->total,
    };
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    if (!mark.block) {
        arena_reset(arena);
        return;
    }
    free_newer_than(arena, mark.block);
    block_rewind(arena->newest, mark.used);
    arena->total = mark.total;
}
