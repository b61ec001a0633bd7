/* Parameters of a query, "name=value" with "&" between them, by the contract that the first byte
 * chooses. Nothing is percent-decoded here: a NUL and any other byte is one of the input's. */
#include "bodies.h"

enum { PARAMS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size);
    const struct message *message = bodies_message(take_byte(&input));
    struct arena *arena = arena_new(BODIES_ARENA);
    struct codec_param params[PARAMS_MAX];
    struct codec_errors errors;
    const void *body = NULL;
    size_t count = 0;
    int r;

    HOLDS(arena);
    for (; input.size && count < PARAMS_MAX; count++) {
        struct span pair = take_until(&input, '&');

        params[count].name = take_until(&pair, '=');
        params[count].text = pair;
    }
    r = codec_decode_params(message, params, count, arena, &errors, &body);
    bodies_judge(message, r, body, &errors, arena);
    arena_free(arena);
    return 0;
}
