/* What the two encoders share: the walk over a body, which checks every value. Lives for one call
 * of an encoder. */
#ifndef CODEC_ENCODE_H
#define CODEC_ENCODE_H

#include "codec/codec.h"
#include "codec/decode.h"

/* How a format writes; each appends to what `writer` is. Items of a list are values. */
struct encode_format {
    void (*begin_map)(void *writer, size_t count);
    void (*key)(void *writer, struct span name);
    void (*value)(void *writer, const struct value *value); /* boolean, integer or text */
    void (*begin_list)(void *writer, size_t count);
    void (*end_list)(void *writer);
    void (*end_map)(void *writer);
    bool hides_personal; /* personal fields are the text CODEC_HIDDEN */
};

/* Writes the body to `out` through the format. 0, -EINVAL or -ENOMEM; then `out` is as before. */
must_check int encode_body(const struct message *message, const void *body, struct buf *out,
                           const struct encode_format *format, void *writer);

#endif
