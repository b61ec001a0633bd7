/* A list of entity tags, one after the other. */
#include "http/http_etag.h"

static struct span behind(struct span text, size_t size)
{
    return span_of(text.data + size, text.size - size);
}

static struct span skip(struct span text, const char *what)
{
    while (text.size && strchr(what, text.data[0]))
        text = behind(text, 1);
    return text;
}

static struct span without_weakness(struct span tag)
{
    return tag.size >= 2 && memcmp(tag.data, "W/", 2) == 0 ? behind(tag, 2) : tag;
}

/* The tag in quotes that stands here; empty: none does. */
static struct span quoted(struct span text)
{
    const char *end;

    if (text.size < 2 || text.data[0] != '"')
        return span_of(NULL, 0);
    end = memchr(text.data + 1, '"', text.size - 1);
    return span_of(text.data, end ? (size_t)(end - text.data) + 1 : 0);
}

bool http_etag_matches(struct span if_none_match, struct span etag)
{
    struct span rest = skip(if_none_match, " \t"), wanted = without_weakness(etag), tag;

    if (rest.size && rest.data[0] == '*')
        return skip(behind(rest, 1), " \t").size == 0;
    for (;;) {
        rest = without_weakness(skip(rest, " \t,"));
        tag = quoted(rest);
        if (tag.size == 0)
            return false;
        if (span_equal(tag, wanted))
            return true;
        rest = behind(rest, tag.size);
    }
}
