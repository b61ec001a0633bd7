/* Inside of a key set, for the files that verify and fill it. */
#ifndef AUTH_TOKEN_KEY_H
#define AUTH_TOKEN_KEY_H

#include <openssl/evp.h>

#include "auth/token.h"

enum { TOKEN_KID_BYTES = 256, TOKEN_KEYS_MAX = 64 };

enum token_algorithm { TOKEN_HS256, TOKEN_RS256, TOKEN_ES256 };

/* The algorithm belongs to the key: a token may only repeat it (RFC 8725, section 3.1). */
struct token_key {
    char *kid; /* owned; NULL: without a name */
    enum token_algorithm algorithm;
    EVP_PKEY *public_key; /* owned; RS256, ES256 */
    struct buf secret;    /* HS256 */
};

struct token_keys {
    struct token_key list[TOKEN_KEYS_MAX];
    size_t count;
};

/* The key that a token names; without a `kid` (data NULL) the only one of the set. NULL: none. */
const struct token_key *token_keys_find(const struct token_keys *keys, struct span kid);

/* Takes over the key's parts where it succeeds. 0; -EEXIST: its `kid` is there; -ENOSPC. */
must_check int token_keys_append(struct token_keys *keys, const struct token_key *key);

/* Frees the keys behind the first `count`. */
void token_keys_truncate(struct token_keys *keys, size_t count);

void token_key_deinit(struct token_key *key);

const char *token_algorithm_name(enum token_algorithm algorithm);

#endif
