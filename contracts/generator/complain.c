/* How the generator says what is wrong. */
#include "contract.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static size_t mistakes;

void wrong(const char *path, int line, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s:%d: ", path, line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    mistakes++;
}

void remark(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

size_t wrong_count(void)
{
    return mistakes;
}

void give_up(const char *format, ...)
{
    va_list args;

    fputs("contracts-generator: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}
