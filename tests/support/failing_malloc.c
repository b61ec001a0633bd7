#include "support/failing_malloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

enum { LONGEST_GAP = 499, STEP = 137 }; /* the one is prime, so that every gap comes */

/* The linker's names for what was there before. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_reallocarray(void *memory, size_t count, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
void *__real_arena_alloc(struct arena *arena, size_t size);
void *__real_arena_array(struct arena *arena, size_t count, size_t size);
void *__real_arena_copy(struct arena *arena, const void *bytes, size_t size);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);
void *__wrap_arena_alloc(struct arena *arena, size_t size);
void *__wrap_arena_array(struct arena *arena, size_t count, size_t size);
void *__wrap_arena_copy(struct arena *arena, const void *bytes, size_t size);
char *__wrap_arena_printf(struct arena *arena, const char *format, ...) printf_like(2, 3);

static _Thread_local struct {
    size_t left; /* to the one that fails; 0: not armed */
    bool all_after, failed;
} armed;

/* Of a program; only its one lane uses it. */
static struct {
    bool known;
    unsigned long wanted, done;
    size_t left;
    const char *file;
} plan;

void failing_malloc_arm(size_t nth, bool all_after)
{
    armed.left = nth;
    armed.all_after = all_after;
    armed.failed = false;
}

bool failing_malloc_disarm(void)
{
    armed.left = 0;
    return armed.failed;
}

static void read_plan(void)
{
    const char *text = getenv("FAILING_MALLOC");
    char *colon;

    plan.known = true;
    if (!text)
        return;
    plan.wanted = strtoul(text, &colon, 10);
    plan.file = colon + 1;
    plan.left = 1;
}

static void tell_end(void)
{
    FILE *file = fopen(plan.file, "w");

    if (file)
        fclose(file);
}

static bool fails_by_plan(void)
{
    if (getpid() == gettid())
        return false;
    if (!plan.known)
        read_plan();
    if (plan.done == plan.wanted || --plan.left > 0)
        return false;
    plan.done++;
    plan.left = 1 + plan.done * STEP % LONGEST_GAP;
    if (plan.done == plan.wanted)
        tell_end();
    return true;
}

static bool fails(void)
{
    if (armed.left == 0)
        return fails_by_plan();
    if (armed.left > 1) {
        armed.left--;
        return false;
    }
    armed.left = armed.all_after;
    return armed.failed = true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}

void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
    return fails() ? NULL : __real_reallocarray(memory, count, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
    return fails() ? NULL : __real_strndup(text, size);
}

void *__wrap_arena_alloc(struct arena *arena, size_t size)
{
    return fails() ? NULL : __real_arena_alloc(arena, size);
}

void *__wrap_arena_array(struct arena *arena, size_t count, size_t size)
{
    return fails() ? NULL : __real_arena_array(arena, count, size);
}

void *__wrap_arena_copy(struct arena *arena, const void *bytes, size_t size)
{
    return fails() ? NULL : __real_arena_copy(arena, bytes, size);
}

char *__wrap_arena_printf(struct arena *arena, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    int size;

    if (fails())
        return NULL;
    va_start(args, format);
    size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size >= 0)
        text = __real_arena_alloc(arena, (size_t)size + 1);
    va_start(args, format);
    if (text)
        vsnprintf(text, (size_t)size + 1, format, args);
    va_end(args);
    return text;
}
