/* Verifies a token: shape, header, issuer, key, signature over the exact bytes, then the claims. */
#include <errno.h>
#include <stdlib.h>

#include "auth/token_cache.h"
#include "auth/token_jws.h"

struct trusted {
    char *issuer, *audience; /* owned */
    unsigned algorithms;
    struct token_keys *keys; /* owned; NULL: none yet */
    uint64_t generation;     /* of the keys */
};

struct token_verifier {
    struct trusted issuers[TOKEN_ISSUERS_MAX];
    size_t issuer_count;
    uint64_t generations; /* how often any keys were given */
    struct token_cache *cache;
};

const char *token_refusal_text(enum token_refusal refusal)
{
    switch (refusal) {
    case TOKEN_MALFORMED:
        return "the token is no signed JWT in compact form that we take";
    case TOKEN_UNKNOWN_KEY:
        return "the token names no key that we know";
    case TOKEN_WRONG_ALGORITHM:
        return "the token names an algorithm that its key or its issuer does not sign with";
    case TOKEN_BAD_SIGNATURE:
        return "the token's signature does not fit";
    case TOKEN_EXPIRED:
        return "the token has expired";
    case TOKEN_NOT_YET_VALID:
        return "the token is not valid yet";
    case TOKEN_WRONG_ISSUER:
        return "the token comes from an issuer that is not trusted here";
    case TOKEN_WRONG_AUDIENCE:
        return "the token is meant for another audience";
    case TOKEN_BAD_CLAIMS:
        return "the token lacks a claim (iss, aud, exp, sub as a UUID) or has one of a wrong type";
    }
    return "the token is refused";
}

struct token_verifier *token_verifier_new(const struct token_issuer *issuers, size_t count,
                                          size_t cache_entries)
{
    struct token_verifier *verifier = calloc(1, sizeof *verifier);
    bool copied = count <= TOKEN_ISSUERS_MAX;

    if (!verifier)
        return NULL;
    for (size_t i = 0; i < count && copied; i++) {
        struct trusted *trusted = &verifier->issuers[verifier->issuer_count++];

        trusted->issuer = strdup(issuers[i].issuer);
        trusted->audience = strdup(issuers[i].audience);
        trusted->algorithms = issuers[i].algorithms;
        copied = trusted->issuer && trusted->audience;
    }
    verifier->cache = token_cache_new(cache_entries);
    if (!copied || !verifier->cache) {
        token_verifier_free(verifier);
        return NULL;
    }
    return verifier;
}

void token_verifier_free(struct token_verifier *verifier)
{
    if (!verifier)
        return;
    for (size_t i = 0; i < verifier->issuer_count; i++) {
        token_keys_free(verifier->issuers[i].keys);
        free(verifier->issuers[i].issuer);
        free(verifier->issuers[i].audience);
    }
    token_cache_free(verifier->cache);
    free(verifier);
}

void token_verifier_set_keys(struct token_verifier *verifier, size_t issuer,
                             struct token_keys *keys)
{
    struct trusted *trusted = &verifier->issuers[issuer];

    token_keys_free(trusted->keys);
    trusted->keys = keys;
    trusted->generation = ++verifier->generations;
}

static void free_document(struct json **document)
{
    json_free(*document);
}

/* 0, TOKEN_MALFORMED or -ENOMEM. */
static int read_claims(const struct token_jws *jws, struct json **ret_document)
{
    struct json *document = NULL;
    int r = json_parse(buf_span(&jws->payload), &document);

    if (r == -ENOMEM)
        return r;
    if (r < 0 || json_kind(document) != JSON_KIND_OBJECT) {
        json_free(document);
        return TOKEN_MALFORMED;
    }
    *ret_document = document;
    return 0;
}

/* Whom the claims name, which nothing has proved yet. */
static int find_issuer(const struct token_verifier *verifier, const struct json *claims,
                       size_t *ret_issuer)
{
    struct span name;
    int r = token_issuer_read(claims, &name);

    if (r != 0)
        return r;
    for (size_t i = 0; i < verifier->issuer_count; i++)
        if (span_is(name, verifier->issuers[i].issuer)) {
            *ret_issuer = i;
            return 0;
        }
    return TOKEN_WRONG_ISSUER;
}

static int verify(const struct token_verifier *verifier, struct span token, struct timestamp now,
                  struct token_claims *ret_claims)
{
    cleanup(token_jws_deinit) struct token_jws jws = {0};
    cleanup(free_document) struct json *claims = NULL;
    const struct trusted *trusted;
    size_t issuer;
    int r;

    if ((r = token_jws_read(&jws, token)) != 0 || (r = read_claims(&jws, &claims)) != 0 ||
        (r = find_issuer(verifier, claims, &issuer)) != 0)
        return r;
    trusted = &verifier->issuers[issuer];
    r = token_jws_check(&jws, trusted->keys, trusted->algorithms);
    if (r == 0)
        r = token_claims_read(claims, trusted->audience, now, ret_claims);
    if (r == 0 || r == TOKEN_UNKNOWN_KEY)
        ret_claims->issuer = issuer;
    return r;
}

/* What the cache knows of a token, if the keys that proved it are still the issuer's. */
static const struct token_known *find_known(struct token_verifier *verifier,
                                            const struct digest *digest, struct timestamp now)
{
    const struct token_known *known = token_cache_get(verifier->cache, digest, now);

    if (known && known->keys != verifier->issuers[known->claims.issuer].generation)
        return NULL;
    return known;
}

int token_verify(struct token_verifier *verifier, struct span token, struct timestamp now,
                 struct token_claims *ret_claims)
{
    const struct token_known *known;
    struct token_known proved;
    struct digest digest;
    int r;

    if (token.size > TOKEN_MAX_BYTES)
        return TOKEN_MALFORMED;
    digest = digest_of(token);
    known = find_known(verifier, &digest, now);
    if (known) {
        *ret_claims = known->claims;
        return 0;
    }
    r = verify(verifier, token, now, ret_claims);
    if (r == 0) {
        proved = (struct token_known){.claims = *ret_claims,
                                      .keys = verifier->issuers[ret_claims->issuer].generation};
        token_cache_put(verifier->cache, &digest, now, &proved);
    }
    return r;
}

bool token_recall(struct token_verifier *verifier, struct span token, struct timestamp now,
                  struct token_claims *ret_claims)
{
    const struct token_known *known;
    struct digest digest;

    if (token.size > TOKEN_MAX_BYTES)
        return false;
    digest = digest_of(token);
    known = find_known(verifier, &digest, now);
    if (known)
        *ret_claims = known->claims;
    return known != NULL;
}
