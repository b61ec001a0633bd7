/* A contract's struct to JSON (RFC 8259), without white space. */
#include "codec/encode.h"
#include "codec/json_writer.h"

static void begin_map(void *writer, size_t count)
{
    (void)count;
    json_open(writer, '{');
}

static void end_map(void *writer)
{
    json_close(writer, '}');
}

static void begin_list(void *writer, size_t count)
{
    (void)count;
    json_open(writer, '[');
}

static void end_list(void *writer)
{
    json_close(writer, ']');
}

static void put_key(void *writer, struct span name)
{
    json_key_span(writer, name);
}

static void put_value(void *writer, const struct value *value)
{
    if (value->kind == VALUE_TEXT)
        json_put_span(writer, value->text);
    else if (value->kind == VALUE_INTEGER)
        json_put_integer(writer, value->integer);
    else
        json_put_boolean(writer, value->boolean);
}

static int encode(const struct message *message, const void *body, struct buf *out, bool hides)
{
    const struct encode_format format = {.begin_map = begin_map,
                                         .key = put_key,
                                         .value = put_value,
                                         .begin_list = begin_list,
                                         .end_list = end_list,
                                         .end_map = end_map,
                                         .hides_personal = hides};
    struct json_writer writer = {.out = out};

    return encode_body(message, body, out, &format, &writer);
}

int codec_encode_json(const struct message *message, const void *body, struct buf *out)
{
    return encode(message, body, out, false);
}

int codec_encode_json_impersonal(const struct message *message, const void *body, struct buf *out)
{
    return encode(message, body, out, true);
}
