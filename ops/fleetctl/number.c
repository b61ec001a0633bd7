#include <errno.h>
#include <stdlib.h>

#include "fleetctl.h"

int parse_number(const char *text, int64_t max, int64_t *ret_number)
{
    char *end;
    long long number;

    errno = 0;
    number = strtoll(text, &end, 10);
    if (end == text || *end || errno || text[0] < '0' || text[0] > '9' || number > max)
        return -EINVAL;
    *ret_number = number;
    return 0;
}
