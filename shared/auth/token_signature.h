/* Checks signatures with one key that was made ready once. One thread. */
#ifndef AUTH_TOKEN_SIGNATURE_H
#define AUTH_TOKEN_SIGNATURE_H

#include "auth/token_key.h"

struct token_check {
    enum token_algorithm algorithm;
    EVP_MD_CTX *verifier;  /* RS256, ES256: copied for each signature */
    EVP_MAC_CTX *mac;      /* HS256: begun again for each signature */
    size_t signature_size; /* what a signature of this key has */
};

/* `key` is borrowed for the call. 0 or -ENOMEM. */
must_check int token_check_init(struct token_check *check, const struct token_key *key);
void token_check_deinit(struct token_check *check); /* legal on a zeroed one */

/* 0, TOKEN_BAD_SIGNATURE or -ENOMEM. */
must_check int token_check_signature(const struct token_check *check, struct span text,
                                     struct span signature);

#endif
