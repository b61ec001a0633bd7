/* Reads MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md) from untrusted bytes
 * without allocating anything: msgpack-c's unpacker allocates a tree by counts that the sender
 * claims. Any thread. */
#ifndef CODEC_MSGPACK_READER_H
#define CODEC_MSGPACK_READER_H

#include "codec/decode.h"

struct msgpack_reader {
    const uint8_t *start, *at, *end;
};

/* The next value; of a list or a map its head, and `count` items, resp. pairs, follow, of which
 * there are bytes enough. 0, or -EINVAL: cut off, the byte 0xc1, text that is not UTF-8, or a count
 * that cannot be. */
must_check int msgpack_read(struct msgpack_reader *reader, struct value *ret_value);

/* Passes over what follows the head `value`: nothing, or the content of a list or a map, at most
 * `depth` levels of it. 0, -EINVAL as above, or -ELOOP: deeper. */
must_check int msgpack_skip(struct msgpack_reader *reader, const struct value *value,
                            unsigned depth);

#endif
