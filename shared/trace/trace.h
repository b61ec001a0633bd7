/* W3C Trace Context: the `traceparent` that crosses HTTP and Kafka
 * (https://www.w3.org/TR/trace-context/, version 00). */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

enum { TRACE_TEXT = 55, TRACE_ID_TEXT = 32 }; /* characters, without a NUL */

struct trace {
    uint8_t trace_id[16];
    uint8_t span_id[8];
    uint8_t flags;
};

/* Reads a traceparent; a version above 00 is read as 00, as the standard wants. 0 or -EINVAL. */
must_check int trace_parse(struct span text, struct trace *ret_trace);

/* A new trace with a random id, sampled. Any thread. */
struct trace trace_new(void);

/* The same trace with a new span id: for what this process sends on. */
struct trace trace_child(const struct trace *parent);

char *trace_format(const struct trace *trace, char text[static TRACE_TEXT + 1]);
char *trace_id_format(const struct trace *trace, char text[static TRACE_ID_TEXT + 1]);

#endif
