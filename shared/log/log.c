#include "log/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "base/utf8.h"

/* A line is made on the stack. What a field may take, escaped, is bounded so that all fields
 * together fit: a long message never pushes out the error, nor the other way round. */
enum { LINE_BYTES = 8192, MESSAGE_BYTES = 4000, ERROR_BYTES = 3000, SHORT_BYTES = 128 };

struct line {
    char text[LINE_BYTES];
    size_t size;
};

static const char *const level_names[] = {"debug", "info", "warning", "error"};

static _Atomic int threshold = LOG_INFO;

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&threshold, (int)level, memory_order_relaxed);
}

int log_level_parse(struct span text, enum log_level *ret_level)
{
    for (size_t i = 0; i < COUNT_OF(level_names); i++) {
        if (span_is(text, level_names[i])) {
            *ret_level = (enum log_level)i;
            return 0;
        }
    }
    return -EINVAL;
}

static void put(struct line *line, const char *bytes, size_t size)
{
    memcpy(line->text + line->size, bytes, size);
    line->size += size;
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

/* The value as it stands in JSON, cut between two characters at `max` bytes. */
static void put_escaped(struct line *line, struct span value, size_t max)
{
    static const char cut[] = "...";
    size_t end = line->size + max - strlen(cut);

    while (value.size > 0) {
        char escape[UTF8_ESCAPE_MAX];
        size_t taken, size = utf8_escape(value, escape, &taken);

        if (line->size + size > end) {
            put_text(line, cut);
            return;
        }
        put(line, escape, size);
        value = span_of(value.data + taken, value.size - taken);
    }
}

static void put_field(struct line *line, const char *name, struct span value, size_t max)
{
    if (value.size == 0)
        return;
    put_text(line, line->size == 0 ? "{\"" : ",\"");
    put_text(line, name);
    put_text(line, "\":\"");
    put_escaped(line, value, max);
    put_text(line, "\"");
}

static void put_id(struct line *line, const char *name, const struct uuid *uuid)
{
    char text[UUID_TEXT + 1];

    if (uuid)
        put_field(line, name, span_text(uuid_format(*uuid, text)), SHORT_BYTES);
}

static void put_context(struct line *line, const struct log_context *context)
{
    put_field(line, "worker", span_text(context->worker), SHORT_BYTES);
    put_id(line, "tenant", context->tenant ? &context->tenant->uuid : NULL);
    put_id(line, "message_id", context->message_id ? &context->message_id->uuid : NULL);
    put_field(line, "type", span_text(context->type), SHORT_BYTES);
    put_field(line, "trace_id", context->trace_id, SHORT_BYTES);
    put_field(line, "error", span_text(context->error), ERROR_BYTES);
}

/* One write, so that lines of several threads and processes do not mix. There is nowhere to report
 * a log that cannot be written. */
static void line_write(const struct line *line)
{
    ssize_t written;

    do
        written = write(STDERR_FILENO, line->text, line->size);
    while (written < 0 && errno == EINTR);
}

static void write_message(enum log_level level, const struct log_context *context,
                          const char *format, va_list args) printf_like(3, 0);
static void write_message(enum log_level level, const struct log_context *context,
                          const char *format, va_list args)
{
    struct line line;
    char message[MESSAGE_BYTES + 1];
    char time[TIMESTAMP_TEXT + 1];
    int size = vsnprintf(message, sizeof message, format, args);

    line.size = 0; /* and no initializer, which would clear all of the text */
    put_field(&line, "time", span_text(timestamp_format(timestamp_now(), time)), SHORT_BYTES);
    put_field(&line, "level", span_text(level_names[level]), SHORT_BYTES);
    put_field(&line, "message", span_text(size < 0 ? format : message), MESSAGE_BYTES);
    if (context)
        put_context(&line, context);
    put_text(&line, "}\n");
    line_write(&line);
}

/* Most calls are below the threshold, some of them with each request: they cost a comparison. */
void log_write(enum log_level level, const struct log_context *context, const char *format, ...)
{
    const int saved_errno = errno;
    va_list args;

    if ((int)level < atomic_load_explicit(&threshold, memory_order_relaxed))
        return;
    va_start(args, format);
    write_message(level, context, format, args);
    va_end(args);
    errno = saved_errno;
}
