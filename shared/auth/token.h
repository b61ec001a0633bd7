/* Bearer tokens (RFC 7519 under RFC 8725's rules). OpenSSL verifies with keys that were parsed
 * once; libjwt mints. A verifier belongs to one thread, and so do its key sets. */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/id.h"

enum { TOKEN_MAX_BYTES = 8192, TOKEN_LEEWAY_S = 60, TOKEN_CACHE_S = 60 };

/* Why a token was refused: positive results of token_verify. token_refusal_text gives a sentence
 * without the token's content. */
enum token_refusal {
    TOKEN_MALFORMED = 1,   /* not three segments of strict base64url, not JSON objects, too long,
                              refused header parameters */
    TOKEN_UNKNOWN_KEY,     /* the issuer has no key for `kid`, or several keys and none named */
    TOKEN_WRONG_ALGORITHM, /* not the key's, or not one of the issuer's */
    TOKEN_BAD_SIGNATURE,
    TOKEN_EXPIRED,
    TOKEN_NOT_YET_VALID, /* nbf or iat ahead */
    TOKEN_WRONG_ISSUER,
    TOKEN_WRONG_AUDIENCE,
    TOKEN_BAD_CLAIMS, /* a required claim missing or of the wrong type, `sub` not a UUID */
};
const char *token_refusal_text(enum token_refusal refusal);

/* What a key may sign with: RFC 7518 section 3, and Ed25519 by RFC 8037. Or'd where several are
 * allowed. */
enum token_algorithm { TOKEN_RS256 = 1, TOKEN_ES256 = 2, TOKEN_EDDSA = 4, TOKEN_HS256 = 8 };

struct token_claims {
    struct user_id subject;
    struct timestamp expires;
    size_t issuer; /* whose token it is: its place among the verifier's issuers */
};

struct token_keys;

/* An empty set; keys are added before it is used. One thread at a time. */
struct token_keys *token_keys_new(void);
void token_keys_free(struct token_keys *keys); /* NULL is allowed */

/* One symmetric key for HS256 (32 bytes or more, copied). Without a `kid` (NULL) it is the key of
 * each token that says HS256, whatever `kid` that names, unless another key has it: some issuers
 * name a secret in their tokens that no key set shows. 0, -EINVAL (too short, or the `kid` is there
 * already), -ENOMEM. */
must_check int token_keys_add_secret(struct token_keys *keys, const char *kid, struct span secret);

/* The keys of a JWKS document (RFC 7517): RSA (2048 bits or more) for RS256, EC P-256 for ES256 and
 * OKP Ed25519 for EdDSA; the algorithm is fixed by the key, never by the token. Keys that say they
 * are for something else (`use`, `key_ops`, `alg`, `kty`, `crv`) are passed over. 0; -EINVAL with a
 * sentence appended to `error`: a key that is meant for us but weak or broken, a private one, a
 * `kid` that is there already, or no key at all; -ENOMEM. On failure nothing was added. */
must_check int token_keys_add_jwks(struct token_keys *keys, struct span json, struct buf *error);

/* Who may have issued a token, and what it has to be like. */
struct token_issuer {
    const char *issuer, *audience; /* the `iss` and the `aud` */
    unsigned algorithms;           /* enum token_algorithm, or'd */
};
enum { TOKEN_ISSUERS_MAX = 8 };

struct token_verifier;

/* For up to TOKEN_ISSUERS_MAX issuers, copied, none of which has keys yet. The cache of verified
 * tokens holds at most `cache_entries`, by the SHA-256 of the whole token, each until
 * min(exp, TOKEN_CACHE_S). NULL without memory. */
struct token_verifier *token_verifier_new(const struct token_issuer *issuers, size_t count,
                                          size_t cache_entries);
void token_verifier_free(struct token_verifier *verifier);

/* Gives an issuer its keys in place of those that it has. The verifier owns `keys` from here on. A
 * token that was verified by the former keys is checked again. */
void token_verifier_set_keys(struct token_verifier *verifier, size_t issuer,
                             struct token_keys *keys);

/* 0 with the claims, an enum token_refusal, or negative. The `iss` of a token that nothing has
 * proved yet chooses the key set; only keys of that set, by algorithms of that issuer, can prove
 * it. With TOKEN_UNKNOWN_KEY ret_claims->issuer, and nothing else of it, says whose key it would
 * be. Does not block. */
must_check int token_verify(struct token_verifier *verifier, struct span token,
                            struct timestamp now, struct token_claims *ret_claims);

/* Is this token in the cache? Then its claims, as token_verify gives them. Lets the ingress shed
 * unknown tokens first. */
bool token_recall(struct token_verifier *verifier, struct span token, struct timestamp now,
                  struct token_claims *ret_claims);

/* Mints an HS256 token (libjwt) for development: iss, aud, sub, iat, exp. The text is appended to
 * `out`. 0 or negative. */
must_check int token_mint(struct span secret, const char *kid, const char *issuer,
                          const char *audience, struct user_id subject, struct timestamp now,
                          int64_t ttl_s, struct buf *out);

#endif
