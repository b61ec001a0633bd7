/* A key set (RFC 7517) as an issuer serves it, and a keyring's ids. */
#include "auth/keyring.h"
#include "auth/token_key.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup(buf_deinit) struct buf error = {0};
    struct token_keys *keys = token_keys_new();
    char *bytes = copy_exactly(span_of(data, size));
    int r;

    HOLDS(keys);
    r = token_keys_add_jwks(keys, span_of(bytes, size), &error);
    HOLDS(r == 0 || r == -22);
    HOLDS((r == 0) == (keys->count > 0) && keys->count <= TOKEN_KEYS_MAX);
    HOLDS((r == 0) == (error.size == 0));
    (void)keyring_id_is_valid(span_of(bytes, size));
    token_keys_free(keys);
    free(bytes);
    return 0;
}
