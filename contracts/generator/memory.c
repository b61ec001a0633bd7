/* Memory that is kept until the program exits. */
#include "contract.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* The chain keeps every block reachable, so that a leak checker sees intent. */
struct block {
    struct block *before;
    max_align_t bytes[];
};
static struct block *last_block;

void *keep(size_t count, size_t size)
{
    struct block *block;
    size_t total;

    if (__builtin_mul_overflow(count, size, &total) ||
        __builtin_add_overflow(total, sizeof *block, &total))
        give_up("too much to remember");
    block = calloc(1, total);
    if (!block)
        give_up("out of memory");
    block->before = last_block;
    last_block = block;
    return block->bytes;
}

char *keep_printf(const char *format, ...)
{
    va_list args;
    va_list again;
    char *text;
    int size;

    va_start(args, format);
    va_copy(again, args);
    size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0)
        give_up("cannot format a text");
    text = keep((size_t)size + 1, 1);
    vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return text;
}
