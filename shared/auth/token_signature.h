/* Checks signatures with one key that was made ready once. One thread. */
#ifndef AUTH_TOKEN_SIGNATURE_H
#define AUTH_TOKEN_SIGNATURE_H

#include <openssl/evp.h>

#include "auth/token.h"

struct token_check {
    enum token_algorithm algorithm;
    EVP_MD_CTX *verifier;  /* of a public key: copied for each signature */
    EVP_MAC_CTX *mac;      /* HS256: begun again for each signature */
    size_t signature_size; /* what a signature of this key has */
};

/* By a secret for HS256, resp. by a public key that fits the algorithm; both are borrowed for the
 * call. 0 or -ENOMEM. */
must_check int token_check_init_secret(struct token_check *check, struct span secret);
must_check int token_check_init_public(struct token_check *check, enum token_algorithm algorithm,
                                       EVP_PKEY *key);
void token_check_deinit(struct token_check *check); /* legal on a zeroed one */

/* 0, TOKEN_BAD_SIGNATURE or -ENOMEM. */
must_check int token_check_signature(const struct token_check *check, struct span text,
                                     struct span signature);

/* As headers and keys write it: "RS256". */
const char *token_algorithm_name(enum token_algorithm algorithm);

#endif
