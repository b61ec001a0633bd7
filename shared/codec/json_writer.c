/* JSON, a token after the other. */
#include "codec/json_writer.h"

#include <inttypes.h>
#include <stdarg.h>

static void begin_line(struct json_writer *w)
{
    if (w->lines)
        buf_printf(w->out, "\n%*s", (int)w->depth * 2, "");
}

/* Before a member or an item. The value behind a key stands where the key did. */
static void separate(struct json_writer *w)
{
    if (w->after_key) {
        w->after_key = false;
        return;
    }
    if (w->follows)
        buf_add_char(w->out, ',');
    if (w->depth)
        begin_line(w);
    w->follows = true;
}

void json_open(struct json_writer *w, char bracket)
{
    separate(w);
    buf_add_char(w->out, bracket);
    w->follows = false;
    w->depth++;
}

void json_close(struct json_writer *w, char bracket)
{
    w->depth--;
    if (w->follows)
        begin_line(w);
    buf_add_char(w->out, bracket);
    w->follows = true;
}

void json_put_text(struct json_writer *w, const char *text)
{
    if (text)
        json_put_span(w, span_text(text));
    else
        json_put_raw(w, "null");
}

void json_put_span(struct json_writer *w, struct span text)
{
    separate(w);
    buf_add_json(w->out, text);
}

void json_put_integer(struct json_writer *w, int64_t number)
{
    separate(w);
    buf_printf(w->out, "%" PRId64, number);
}

void json_put_boolean(struct json_writer *w, bool boolean)
{
    separate(w);
    buf_add_text(w->out, boolean ? "true" : "false");
}

void json_put_raw(struct json_writer *w, const char *json)
{
    separate(w);
    buf_add_text(w->out, json);
}

static printf_like(2, 0) void put_template(struct json_writer *w, const char *format, va_list args)
{
    size_t start;

    separate(w);
    start = w->out->size;
    buf_vprintf(w->out, format, args);
    for (size_t i = start; i < w->out->size; i++)
        if (w->out->data[i] == '\'')
            w->out->data[i] = '"';
}

void json_put_template(struct json_writer *w, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_template(w, format, args);
    va_end(args);
}

static void end_key(struct json_writer *w)
{
    buf_add_text(w->out, w->lines ? ": " : ":");
    w->after_key = true;
}

void json_key(struct json_writer *w, const char *key)
{
    json_key_span(w, span_text(key));
}

void json_key_span(struct json_writer *w, struct span key)
{
    json_put_span(w, key);
    end_key(w);
}

void json_key_raw(struct json_writer *w, const char *json)
{
    json_put_raw(w, json);
    end_key(w);
}

void json_member_text(struct json_writer *w, const char *key, const char *text)
{
    if (!text)
        return;
    json_key(w, key);
    json_put_text(w, text);
}

void json_member_span(struct json_writer *w, const char *key, struct span text)
{
    json_key(w, key);
    json_put_span(w, text);
}

void json_member_integer(struct json_writer *w, const char *key, int64_t number)
{
    json_key(w, key);
    json_put_integer(w, number);
}

void json_member_boolean(struct json_writer *w, const char *key, bool boolean)
{
    json_key(w, key);
    json_put_boolean(w, boolean);
}

void json_member_raw(struct json_writer *w, const char *key, const char *json)
{
    if (!json)
        return;
    json_key(w, key);
    json_put_raw(w, json);
}

void json_member_open(struct json_writer *w, const char *key, char bracket)
{
    json_key(w, key);
    json_open(w, bracket);
}

void json_member_template(struct json_writer *w, const char *key, const char *format, ...)
{
    va_list args;

    json_key(w, key);
    va_start(args, format);
    put_template(w, format, args);
    va_end(args);
}
