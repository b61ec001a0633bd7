/* Structured logs: one JSON object a line on standard error, written by one write(2). Any thread.
 * Only the layer that handles an error logs it; code below returns it. Never give it a field that a
 * contract marks `personal`. */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/id.h"
#include "base/span.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* What a line is about; members that are NULL or empty are left out. Borrowed for the call. */
struct log_context {
    const char *worker;
    const struct tenant_id *tenant;
    const struct message_id *message_id;
    const char *type;     /* of the message: "mc.record-check.v1" */
    struct span trace_id; /* 32 hexadecimal digits */
    const char *error;    /* what went wrong, as the library or the database put it */
};

/* Lines below `level` are dropped; LOG_INFO until said otherwise. */
void log_set_level(enum log_level level);

/* "debug", "info", "warning", "error". 0 or -EINVAL. */
must_check int log_level_parse(struct span text, enum log_level *ret_level);

/* One line. `context` may be NULL. The message is a sentence without a final stop. */
void log_write(enum log_level level, const struct log_context *context, const char *format, ...)
    printf_like(3, 4);

#define log_debug(context, ...) log_write(LOG_DEBUG, context, __VA_ARGS__)
#define log_info(context, ...) log_write(LOG_INFO, context, __VA_ARGS__)
#define log_warning(context, ...) log_write(LOG_WARNING, context, __VA_ARGS__)
#define log_error(context, ...) log_write(LOG_ERROR, context, __VA_ARGS__)

#endif
