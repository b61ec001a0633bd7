/* A contract's struct to JSON (RFC 8259), without white space. */
#include <inttypes.h>

#include "codec/encode.h"

struct json_writer {
    struct buf *out;
    bool follows; /* something stands before it in the same object or list */
};

static void separate(struct json_writer *writer)
{
    if (writer->follows)
        buf_add_char(writer->out, ',');
    writer->follows = true;
}

static void open_with(struct json_writer *writer, char bracket)
{
    buf_add_char(writer->out, bracket);
    writer->follows = false;
}

static void close_with(struct json_writer *writer, char bracket)
{
    buf_add_char(writer->out, bracket);
    writer->follows = true;
}

static void begin_map(void *writer, size_t count)
{
    (void)count;
    open_with(writer, '{');
}

static void end_map(void *writer)
{
    close_with(writer, '}');
}

static void begin_list(void *writer, size_t count)
{
    (void)count;
    open_with(writer, '[');
}

static void end_list(void *writer)
{
    close_with(writer, ']');
}

/* The value behind a key is the first one there. */
static void put_key(void *opaque, const char *name)
{
    struct json_writer *writer = opaque;

    separate(writer);
    buf_add_json(writer->out, span_text(name));
    buf_add_char(writer->out, ':');
    writer->follows = false;
}

static void put_value(void *opaque, const struct value *value)
{
    struct json_writer *writer = opaque;

    separate(writer);
    if (value->kind == VALUE_TEXT)
        buf_add_json(writer->out, value->text);
    else if (value->kind == VALUE_INTEGER)
        buf_printf(writer->out, "%" PRId64, value->integer);
    else
        buf_add_text(writer->out, value->boolean ? "true" : "false");
}

int codec_encode_json(const struct message *message, const void *body, struct buf *out)
{
    static const struct encode_format format = {.begin_map = begin_map,
                                                .key = put_key,
                                                .value = put_value,
                                                .begin_list = begin_list,
                                                .end_list = end_list,
                                                .end_map = end_map};
    struct json_writer writer = {.out = out};

    return encode_body(message, body, out, &format, &writer);
}
