#include <stdarg.h>
#include <stdio.h>

#include "fleetctl.h"

int complain(int code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("fleetctl: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return code;
}
