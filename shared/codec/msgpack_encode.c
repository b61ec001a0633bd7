/* A contract's struct to MessagePack, by msgpack-c's packer. */
#include <msgpack.h>

#include "codec/encode.h"

static int write_bytes(void *out, const char *bytes, size_t size)
{
    buf_add(out, bytes, size);
    return 0; /* a buffer that failed says so at the end */
}

static void begin_map(void *packer, size_t count)
{
    msgpack_pack_map(packer, count);
}

static void put_text(void *packer, struct span text)
{
    msgpack_pack_str(packer, text.size);
    msgpack_pack_str_body(packer, text.data, text.size);
}

static void put_value(void *packer, const struct value *value)
{
    if (value->kind == VALUE_TEXT)
        put_text(packer, value->text);
    else if (value->kind == VALUE_INTEGER)
        msgpack_pack_int64(packer, value->integer);
    else if (value->boolean)
        msgpack_pack_true(packer);
    else
        msgpack_pack_false(packer);
}

static void begin_list(void *packer, size_t count)
{
    msgpack_pack_array(packer, count);
}

static void end(void *packer)
{
    (void)packer; /* MessagePack says counts in front, and needs no end */
}

int codec_encode_msgpack(const struct message *message, const void *body, struct buf *out)
{
    static const struct encode_format format = {.begin_map = begin_map,
                                                .key = put_text,
                                                .value = put_value,
                                                .begin_list = begin_list,
                                                .end_list = end,
                                                .end_map = end};
    msgpack_packer packer;

    msgpack_packer_init(&packer, out, write_bytes);
    return encode_body(message, body, out, &format, &packer);
}
