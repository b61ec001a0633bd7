/* While a document is parsed, its blocks are listed. When memory runs out the parser is left at
 * once by longjmp (it holds no lock, and nothing but those blocks), and they are freed. */
#include "codec/json_memory.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>

struct parse {
    void **blocks;
    size_t count, capacity;
    jmp_buf no_memory;
};

static _Thread_local struct parse *current; /* NULL: this thread parses nothing */

static bool list_block(struct parse *parse, void *block)
{
    size_t capacity = parse->capacity ? 2 * parse->capacity : 64;
    void **blocks = parse->blocks;

    if (parse->count == parse->capacity) {
        blocks = reallocarray(parse->blocks, capacity, sizeof *blocks);
        if (!blocks)
            return false;
        parse->blocks = blocks;
        parse->capacity = capacity;
    }
    blocks[parse->count++] = block;
    return true;
}

static void *take(size_t size)
{
    void *block = malloc(size);

    if (!current || (block && list_block(current, block)))
        return block;
    free(block);
    longjmp(current->no_memory, 1);
}

/* What is freed while a document is parsed was taken a moment ago, or has doubled since. */
static void give_back(void *block)
{
    size_t i = current ? current->count : 0;

    while (i > 0 && current->blocks[i - 1] != block)
        i--;
    if (i > 0)
        current->blocks[i - 1] = current->blocks[--current->count];
    free(block);
}

static void use_ours(void)
{
    json_set_alloc_funcs(take, give_back);
}

/* In a function of its own: what is local to the one that calls setjmp may be lost. */
static int load(struct parse *parse, struct span text, size_t flags, json_error_t *error,
                json_t **ret_document)
{
    json_t *document;

    if (setjmp(parse->no_memory))
        return -ENOMEM;
    document = json_loadb(text.size ? text.data : "", text.size, flags, error);
    if (!document)
        return -EINVAL;
    *ret_document = document;
    return 0;
}

int json_memory_load(struct span text, size_t flags, json_error_t *error, json_t **ret_document)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct parse parse = {.count = 0};
    int r;

    pthread_once(&once, use_ours);
    current = &parse;
    r = load(&parse, text, flags, error, ret_document);
    current = NULL;
    for (size_t i = 0; i < parse.count && r == -ENOMEM; i++)
        free(parse.blocks[i]);
    free(parse.blocks);
    return r;
}
