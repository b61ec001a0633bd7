/* Bodies of messages: what was decoded must come back from both formats as it was. */
#ifndef FUZZ_BODIES_H
#define FUZZ_BODIES_H

#include "codec/codec.h"
#include "fuzz.h"

enum { BODIES_ARENA = 32 << 20 };

/* A message that a byte chooses: of the table, or the answer of one of its queries. */
static inline const struct message *bodies_message(uint8_t byte)
{
    const struct message *message = messages[byte % message_count];

    return byte >= 128 && message->answer ? message->answer : message;
}

static inline void bodies_same(const struct message *message, struct span msgpack, const void *body)
{
    cleanup(buf_deinit) struct buf again = {0};

    HOLDS(codec_encode_msgpack(message, body, &again) == 0);
    HOLDS(span_equal(msgpack, buf_span(&again)));
}

/* Encodes, decodes and encodes in both formats. */
static inline void bodies_round_trip(const struct message *message, const void *body,
                                     struct arena *arena)
{
    cleanup(buf_deinit) struct buf msgpack = {0}, json = {0};
    struct codec_errors errors;
    const void *read;

    HOLDS(codec_encode_msgpack(message, body, &msgpack) == 0);
    HOLDS(codec_encode_json(message, body, &json) == 0);
    HOLDS(codec_decode_msgpack(message, buf_span(&msgpack), CODEC_UNKNOWN_REFUSED, arena, &errors,
                               &read) == 0);
    bodies_same(message, buf_span(&msgpack), read);
    HOLDS(codec_decode_json(message, buf_span(&json), CODEC_UNKNOWN_REFUSED, arena, &errors,
                            &read) == 0);
    bodies_same(message, buf_span(&msgpack), read);
}

/* What a decoder said: its errors have text, and a good body makes the round. */
static inline void bodies_judge(const struct message *message, int r, const void *body,
                                const struct codec_errors *errors, struct arena *arena)
{
    HOLDS(r == 0 || r == CODEC_MALFORMED || r == CODEC_INVALID);
    HOLDS(errors->count <= CODEC_MAX_ERRORS && (r == 0) == (errors->count == 0));
    for (size_t i = 0; i < errors->count; i++) {
        HOLDS(errors->list[i].pointer[0] == '#' && errors->list[i].code);
        HOLDS(memchr(errors->list[i].pointer, '\0', CODEC_POINTER_BYTES));
        HOLDS(memchr(errors->list[i].detail, '\0', sizeof errors->list[i].detail));
    }
    if (r == 0)
        bodies_round_trip(message, body, arena);
}

#endif
