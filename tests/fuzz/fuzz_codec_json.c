/* A body in JSON, decoded by the contract that the first byte chooses. */
#include "bodies.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size);
    const struct message *message = bodies_message(take_byte(&input));
    enum codec_unknown unknown =
        take_byte(&input) & 1 ? CODEC_UNKNOWN_REFUSED : CODEC_UNKNOWN_IGNORED;
    struct arena *arena = arena_new(BODIES_ARENA);
    char *bytes = copy_exactly(input);
    struct codec_errors errors;
    const void *body = NULL;
    int r;

    HOLDS(arena);
    r = codec_decode_json(message, span_of(bytes, input.size), unknown, arena, &errors, &body);
    bodies_judge(message, r, body, &errors, arena);
    arena_free(arena);
    free(bytes);
    return 0;
}
