#include "cache/cache_url.h"

#include <errno.h>
#include <string.h>

#include "base/span.h"

/* Cuts what stands before `mark` off `rest`; without the mark nothing is cut. */
static bool cut(struct span *rest, char mark, struct span *ret_before)
{
    const char *at = rest->size ? memchr(rest->data, mark, rest->size) : NULL;

    if (!at)
        return false;
    *ret_before = span_of(rest->data, (size_t)(at - rest->data));
    *rest = span_of(at + 1, rest->size - ret_before->size - 1);
    return true;
}

static bool copy(struct span part, char *out, size_t room)
{
    if (part.size >= room)
        return false;
    memcpy(out, part.data, part.size);
    out[part.size] = '\0';
    return true;
}

static bool copy_number(struct span part, char *out, size_t room)
{
    for (size_t i = 0; i < part.size; i++)
        if (part.data[i] < '0' || part.data[i] > '9')
            return false;
    return part.size > 0 && copy(part, out, room);
}

int cache_url_parse(const char *text, struct cache_url *ret_url)
{
    static const char scheme[] = "redis://";
    struct cache_url url = {.port = "6379"};
    struct span rest = span_text(text), who, user = {"", 0}, where, host;

    if (strncmp(text, scheme, sizeof scheme - 1) != 0)
        return -EINVAL;
    rest = span_of(text + sizeof scheme - 1, rest.size - (sizeof scheme - 1));
    if (cut(&rest, '@', &who) &&
        (!cut(&who, ':', &user) || !copy(user, url.user, sizeof url.user) ||
         !copy(who, url.password, sizeof url.password)))
        return -EINVAL;
    if (cut(&rest, '/', &where)) {
        if (rest.size && !copy_number(rest, url.database, sizeof url.database))
            return -EINVAL;
    } else {
        where = rest;
    }
    if (!cut(&where, ':', &host))
        host = where;
    else if (!copy_number(where, url.port, sizeof url.port))
        return -EINVAL;
    if (host.size == 0 || !copy(host, url.host, sizeof url.host))
        return -EINVAL;
    *ret_url = url;
    return 0;
}
