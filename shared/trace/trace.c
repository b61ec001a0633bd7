#include "trace/trace.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/hex.h"
#include "base/random.h"

/* Where the parts of a traceparent stand: 00-<trace id>-<span id>-<flags>. */
enum { TRACE_ID_AT = 3, SPAN_ID_AT = 36, FLAGS_AT = 53 };

enum { SAMPLED = 1, FORBIDDEN_VERSION = 0xff };

static bool is_zero(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

/* Version 00 ends behind the flags; a later one may go on, after a hyphen. */
static bool is_framed(struct span text)
{
    uint8_t version;

    if (text.size < TRACE_TEXT || hex_parse(text.data, &version, 1) < 0 ||
        version == FORBIDDEN_VERSION)
        return false;
    if (text.data[TRACE_ID_AT - 1] != '-' || text.data[SPAN_ID_AT - 1] != '-' ||
        text.data[FLAGS_AT - 1] != '-')
        return false;
    return text.size == TRACE_TEXT || (version > 0 && text.data[TRACE_TEXT] == '-');
}

int trace_parse(struct span text, struct trace *ret_trace)
{
    struct trace trace;

    if (!is_framed(text) ||
        hex_parse(text.data + TRACE_ID_AT, trace.trace_id, sizeof trace.trace_id) < 0 ||
        hex_parse(text.data + SPAN_ID_AT, trace.span_id, sizeof trace.span_id) < 0 ||
        hex_parse(text.data + FLAGS_AT, &trace.flags, 1) < 0)
        return -EINVAL;
    if (is_zero(trace.trace_id, sizeof trace.trace_id) ||
        is_zero(trace.span_id, sizeof trace.span_id))
        return -EINVAL;
    trace.flags &= SAMPLED; /* the only one that version 00 defines */
    *ret_trace = trace;
    return 0;
}

static void fill_id(uint8_t *bytes, size_t count)
{
    do
        random_fill(bytes, count);
    while (is_zero(bytes, count));
}

struct trace trace_new(void)
{
    struct trace trace = {.flags = SAMPLED};

    fill_id(trace.trace_id, sizeof trace.trace_id);
    fill_id(trace.span_id, sizeof trace.span_id);
    return trace;
}

struct trace trace_child(const struct trace *parent)
{
    struct trace trace = *parent;

    fill_id(trace.span_id, sizeof trace.span_id);
    return trace;
}

char *trace_format(const struct trace *trace, char text[static TRACE_TEXT + 1])
{
    char *at = text;

    memcpy(at, "00-", 3);
    at = hex_format(trace->trace_id, sizeof trace->trace_id, at + 3);
    *at++ = '-';
    at = hex_format(trace->span_id, sizeof trace->span_id, at);
    *at++ = '-';
    at = hex_format(&trace->flags, 1, at);
    *at = '\0';
    return text;
}

char *trace_id_format(const struct trace *trace, char text[static TRACE_ID_TEXT + 1])
{
    *hex_format(trace->trace_id, sizeof trace->trace_id, text) = '\0';
    return text;
}
