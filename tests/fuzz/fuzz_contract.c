/* A contract file: read and checked, as the generator does before it writes anything. An odd first
 * byte: a lock, which holds shapes alone. What the generator keeps until its end dies with each
 * input here, and where it would give up, the input is over. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../contracts/generator/document.h"
#include "../contracts/generator/lock.h"
#include "fuzz.h"

struct block {
    struct block *before;
    max_align_t bytes[];
};
static struct block *blocks;
static size_t mistakes;
static jmp_buf end;

void *keep(size_t count, size_t size)
{
    struct block *block;
    size_t total;

    HOLDS(!__builtin_mul_overflow(count, size, &total) && total < 64 << 20);
    block = calloc(1, sizeof *block + total);
    HOLDS(block);
    block->before = blocks;
    blocks = block;
    return block->bytes;
}

char *keep_printf(const char *format, ...)
{
    va_list args;
    char *text, *kept;
    int size;

    va_start(args, format);
    size = vasprintf(&text, format, args);
    va_end(args);
    HOLDS(size >= 0);
    kept = keep((size_t)size + 1, 1);
    memcpy(kept, text, (size_t)size + 1);
    free(text);
    return kept;
}

void wrong(const char *path, int line, const char *format, ...)
{
    char text[16384];
    va_list args;

    HOLDS(path && line >= 0);
    va_start(args, format);
    HOLDS(vsnprintf(text, sizeof text, format, args) > 0);
    va_end(args);
    mistakes++;
}

void remark(const char *format, ...)
{
    (void)format;
}

size_t wrong_count(void)
{
    return mistakes;
}

void give_up(const char *format, ...)
{
    (void)format;
    longjmp(end, 1);
}

static void forget(void)
{
    while (blocks) {
        struct block *before = blocks->before;

        free(blocks);
        blocks = before;
    }
    mistakes = 0;
}

static int open_file(struct span content)
{
    int fd = memfd_create("contract", 0);

    HOLDS(fd >= 0 && (content.size == 0 || write(fd, content.data, content.size) > 0));
    return fd;
}

static void read_contract(const char *path)
{
    struct contract *list[] = {contract_read(path, "mc")};
    struct contracts contracts = {.list = list, .count = list[0] != NULL};

    if (!list[0])
        return;
    list[0]->path = "contracts/mc/record-check.yaml";
    contracts_check(&contracts);
    if (wrong_count())
        return;
    HOLDS(shape_max_bytes(&list[0]->body) > 0 || list[0]->body.count == 0);
    HOLDS(strlen(lock_text(list[0])) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size);
    bool released = take_byte(&input) & 1;
    int fd = open_file(input);
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (setjmp(end) == 0) {
        if (released)
            (void)contract_read_released(path);
        else
            read_contract(path);
    }
    forget();
    close(fd);
    return 0;
}
