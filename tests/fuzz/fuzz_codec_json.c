/* A body in JSON, decoded by the contract that the first byte chooses: from its bytes, and as a
 * part of a document, which takes another way through the decoder and has to come to the same. */
#include "bodies.h"

static int decode_part(const struct message *message, struct span bytes, enum codec_unknown unknown,
                       struct arena *arena, struct codec_errors *errors, const void **body)
{
    size_t most = message->kind == MESSAGE_ANSWER ? CODEC_MAX_ANSWER_BYTES : CODEC_MAX_BYTES;
    struct json *document;
    int r = codec_parse_json(bytes, most, errors, &document);

    if (r == 0) {
        r = codec_decode_json_value(message, document, unknown, arena, errors, body);
        json_free(document);
    }
    return r;
}

static void same_errors(const struct codec_errors *a, const struct codec_errors *b)
{
    HOLDS(a->count == b->count);
    for (size_t i = 0; i < a->count; i++)
        HOLDS(strcmp(a->list[i].pointer, b->list[i].pointer) == 0 &&
              strcmp(a->list[i].code, b->list[i].code) == 0 &&
              strcmp(a->list[i].detail, b->list[i].detail) == 0);
}

static void same_body(const struct message *message, const void *a, const void *b)
{
    cleanup(buf_deinit) struct buf bytes = {0};

    HOLDS(codec_encode_msgpack(message, a, &bytes) == 0);
    bodies_same(message, buf_span(&bytes), b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size);
    const struct message *message = bodies_message(take_byte(&input));
    enum codec_unknown unknown =
        take_byte(&input) & 1 ? CODEC_UNKNOWN_REFUSED : CODEC_UNKNOWN_IGNORED;
    struct arena *arena = arena_new(BODIES_ARENA);
    char *bytes = copy_exactly(input);
    struct codec_errors errors, of_part;
    const void *body = NULL, *part = NULL;
    int r;

    HOLDS(arena);
    r = codec_decode_json(message, span_of(bytes, input.size), unknown, arena, &errors, &body);
    HOLDS(decode_part(message, span_of(bytes, input.size), unknown, arena, &of_part, &part) == r);
    if (r == 0)
        same_body(message, body, part);
    else if (input.size <= CODEC_MAX_BYTES)
        same_errors(&errors, &of_part);
    bodies_judge(message, r, body, &errors, arena);
    arena_free(arena);
    free(bytes);
    return 0;
}
