#include "http/http_gzip.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16 /* with gzip's head and tail */, MEMORY_LEVEL = 8, FULL = 1000 };

struct http_gzip {
    z_stream stream;
};

static bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool http_gzip_fits(const struct http_response *response)
{
    const char *type = response->content_type;

    if (!type || response->body.size < HTTP_GZIP_MIN || begins_with(type, "text/event-stream"))
        return false;
    return begins_with(type, "text/") || begins_with(type, "application/json") ||
           begins_with(type, "application/problem+json");
}

static struct span trim(struct span text)
{
    while (text.size && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = span_of(text.data + 1, text.size - 1);
    while (text.size && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

/* What stands before the separator; *rest goes on behind it. */
static struct span take(struct span *rest, char separator)
{
    const char *end = rest->size ? memchr(rest->data, separator, rest->size) : NULL;
    struct span part = span_of(rest->data, end ? (size_t)(end - rest->data) : rest->size);

    *rest = end ? span_of(end + 1, rest->size - part.size - 1) : span_of(NULL, 0);
    return trim(part);
}

/* "q=0.5" in thousandths. What is malformed is refused: 0. */
static int weight_of(struct span parameter)
{
    int weight = 0, place = FULL;

    if (parameter.size == 0)
        return FULL;
    if (parameter.size < 3 || parameter.size > 7 || strncasecmp(parameter.data, "q=", 2) != 0 ||
        (parameter.size > 3 && parameter.data[3] != '.'))
        return 0;
    for (size_t i = 2; i < parameter.size; i++) {
        char c = parameter.data[i];

        if (i == 3)
            continue;
        if (c < '0' || c > '9')
            return 0;
        weight += (c - '0') * place;
        place /= 10;
    }
    return weight <= FULL ? weight : 0;
}

static bool is_coding(struct span name, const char *coding)
{
    return name.size == strlen(coding) && strncasecmp(name.data, coding, name.size) == 0;
}

enum { UNSAID = -1 };

struct weights {
    int gzip, identity, others;
};

static void read_field(struct span field, struct weights *weights)
{
    while (field.size) {
        struct span item = take(&field, ','), name = take(&item, ';');
        int weight = weight_of(trim(item));

        if (is_coding(name, "gzip") || is_coding(name, "x-gzip"))
            weights->gzip = weight;
        else if (is_coding(name, "identity"))
            weights->identity = weight;
        else if (is_coding(name, "*"))
            weights->others = weight;
    }
}

bool http_gzip_is_accepted(const struct http_request *request)
{
    struct weights weights = {UNSAID, UNSAID, UNSAID};
    int gzip;

    for (size_t i = 0; i < request->header_count; i++)
        if (is_coding(request->headers[i].name, "Accept-Encoding"))
            read_field(request->headers[i].value, &weights);
    gzip = weights.gzip != UNSAID ? weights.gzip : weights.others;
    return gzip > 0 && gzip >= weights.identity;
}

struct http_gzip *http_gzip_new(void)
{
    struct http_gzip *gzip = calloc(1, sizeof *gzip);

    /* The loop waits meanwhile: the fastest level is most of the gain. */
    if (gzip && deflateInit2(&gzip->stream, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
                             Z_DEFAULT_STRATEGY) != Z_OK) {
        free(gzip);
        return NULL;
    }
    return gzip;
}

void http_gzip_free(struct http_gzip *gzip)
{
    if (!gzip)
        return;
    deflateEnd(&gzip->stream);
    free(gzip);
}

int http_gzip_pack(struct http_gzip *gzip, struct span body, struct buf *out)
{
    z_stream *stream = &gzip->stream;
    size_t bound = deflateBound(stream, body.size);
    char *to;
    int r;

    buf_clear(out);
    to = buf_extend(out, bound);
    if (!to)
        return -ENOMEM;
    stream->next_in = (Bytef *)(uintptr_t)body.data;
    stream->avail_in = (uInt)body.size;
    stream->next_out = (Bytef *)to;
    stream->avail_out = (uInt)bound;
    r = deflate(stream, Z_FINISH);
    buf_truncate(out, bound - stream->avail_out);
    deflateReset(stream);
    return r == Z_STREAM_END ? 0 : -ENOMEM;
}
