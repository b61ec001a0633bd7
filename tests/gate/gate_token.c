/* Bearer tokens: one that the cache has, and one that has to be proved and read. */
#include "auth/token.h"
#include "gate.h"

#define ISSUER "https://auth.example.org"
#define SECRET "development only: 32 bytes or more"

/* More tokens than the smallest cache holds, in turn: it never has the next one. */
enum { TOKENS = 64, CACHED = 4096, UNCACHED = 1, TTL_S = 3600 };

static const struct timestamp now = {INT64_C(1795370400000000)};

static struct token_verifier *verifier;
static struct buf tokens[TOKENS];

static void prepare(size_t cache_entries)
{
    const struct token_issuer issuer = {ISSUER, "idpmc", TOKEN_HS256};
    struct token_keys *keys = token_keys_new();

    verifier = token_verifier_new(&issuer, 1, cache_entries);
    must(keys && verifier && token_keys_add_secret(keys, NULL, span_text(SECRET)) == 0,
         "no verifier");
    token_verifier_set_keys(verifier, 0, keys);
    for (size_t i = 0; i < TOKENS; i++)
        must(token_mint(span_text(SECRET), NULL, ISSUER, "idpmc",
                        (struct user_id){{{0x01, 0x98, [15] = (uint8_t)i}}}, now, TTL_S,
                        &tokens[i]) == 0,
             "a token could not be minted");
}

static void prepare_cached(void)
{
    prepare(CACHED);
}

static void prepare_uncached(void)
{
    prepare(UNCACHED);
}

static void verify_all(void)
{
    struct token_claims claims;

    for (size_t i = 0; i < TOKENS; i++)
        must(token_verify(verifier, buf_span(&tokens[i]), now, &claims) == 0,
             "a token was refused");
}

static void round_of_tokens(void)
{
    gate_step(verify_all);
}

const struct gate_case gate_cases[] = {
    {"token-cached", prepare_cached, round_of_tokens, TOKENS},
    {"token-proved", prepare_uncached, round_of_tokens, TOKENS},
    {0},
};
