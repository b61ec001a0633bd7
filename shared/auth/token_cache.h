/* Verified tokens, by the SHA-256 of their whole text: a hit costs one hash instead of a signature.
 * Bounded: sets of a few places, in which the one used longest ago makes room. One thread. */
#ifndef AUTH_TOKEN_CACHE_H
#define AUTH_TOKEN_CACHE_H

#include "auth/digest.h"
#include "auth/token.h"

struct token_cache;

/* Holds at most `entries`, rounded up to a power of two and to 8 at least. NULL without memory. */
struct token_cache *token_cache_new(size_t entries);
void token_cache_free(struct token_cache *cache);

/* What is known of a token: its claims, and by which keys it was verified (a number of the caller's
 * that is new whenever they change). */
struct token_known {
    struct token_claims claims;
    uint64_t keys;
};

/* Of a token that is there and not over; NULL otherwise. Valid until the next put. */
const struct token_known *token_cache_get(struct token_cache *cache, const struct digest *token,
                                          struct timestamp now);

/* Remembers it until min(the claims' exp, now + TOKEN_CACHE_S). */
void token_cache_put(struct token_cache *cache, const struct digest *token, struct timestamp now,
                     const struct token_known *known);

#endif
