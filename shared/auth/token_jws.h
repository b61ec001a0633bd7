/* A JWS in compact form (RFC 7515, section 7.1), taken apart by RFC 8725's rules. */
#ifndef AUTH_TOKEN_JWS_H
#define AUTH_TOKEN_JWS_H

#include "auth/token_key.h"

/* Spans of it live as long as the text that it was read from. */
struct token_jws {
    struct json *header_object; /* owned */
    struct token_header header;
    struct buf payload, signature; /* as bytes */
    struct span covered;           /* what the signature is over */
};

/* 0, TOKEN_MALFORMED or -ENOMEM; with `jws` zeroed on failure. */
must_check int token_jws_read(struct token_jws *jws, struct span text);
void token_jws_deinit(struct token_jws *jws); /* legal on a zeroed one */

/* Is it signed by one of the keys, with one of the algorithms (or'd)? `keys` may be NULL: none. 0,
 * TOKEN_UNKNOWN_KEY, TOKEN_WRONG_ALGORITHM, TOKEN_BAD_SIGNATURE or -ENOMEM. */
must_check int token_jws_check(const struct token_jws *jws, const struct token_keys *keys,
                               unsigned algorithms);

#endif
