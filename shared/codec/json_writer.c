/* JSON without white space, a token after the other. */
#include "codec/json_writer.h"

#include <inttypes.h>
#include <stdarg.h>

static void separate(struct json_writer *w)
{
    if (w->follows)
        buf_add_char(w->out, ',');
    w->follows = true;
}

void json_open(struct json_writer *w, char bracket)
{
    separate(w);
    buf_add_char(w->out, bracket);
    w->follows = false;
}

void json_close(struct json_writer *w, char bracket)
{
    buf_add_char(w->out, bracket);
    w->follows = true;
}

void json_put_text(struct json_writer *w, const char *text)
{
    separate(w);
    if (text)
        buf_add_json(w->out, span_text(text));
    else
        buf_add_text(w->out, "null");
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

void json_put_template(struct json_writer *w, const char *format, ...)
{
    size_t start;
    va_list args;

    separate(w);
    start = w->out->size;
    va_start(args, format);
    buf_vprintf(w->out, format, args);
    va_end(args);
    for (size_t i = start; i < w->out->size; i++)
        if (w->out->data[i] == '\'')
            w->out->data[i] = '"';
}

/* The value behind a key is the first one there. */
void json_key(struct json_writer *w, const char *key)
{
    separate(w);
    buf_add_json(w->out, span_text(key));
    buf_add_char(w->out, ':');
    w->follows = false;
}

void json_member_text(struct json_writer *w, const char *key, const char *text)
{
    if (!text)
        return;
    json_key(w, key);
    json_put_text(w, text);
}

void json_member_integer(struct json_writer *w, const char *key, int64_t number)
{
    json_key(w, key);
    json_put_integer(w, number);
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
