/* Inside of a key set, for the files that verify and fill it. */
#ifndef AUTH_TOKEN_KEY_H
#define AUTH_TOKEN_KEY_H

#include "auth/token_claims.h"
#include "auth/token_signature.h"

enum { TOKEN_KID_BYTES = 256, TOKEN_KEYS_MAX = 64 };

/* The algorithm belongs to the key: a token may only repeat it (RFC 8725, section 3.1). */
struct token_key {
    char *kid; /* owned; NULL: without a name */
    enum token_algorithm algorithm;
    struct token_check check;
};

struct token_keys {
    struct token_key list[TOKEN_KEYS_MAX];
    size_t count;
};

/* The key that proves a token with this header, or none does: the one that it names; without a name
 * the only public one of the set; for HS256 a secret without a name. NULL: none. */
const struct token_key *token_keys_find(const struct token_keys *keys,
                                        const struct token_header *header);

/* Takes over the check where it succeeds, and copies the `kid` (NULL: none). 0; -EEXIST: the `kid`
 * is there; -ENOSPC; -ENOMEM. */
must_check int token_keys_append(struct token_keys *keys, const char *kid,
                                 const struct token_check *check);

/* Frees the keys behind the first `count`. */
void token_keys_truncate(struct token_keys *keys, size_t count);

#endif
