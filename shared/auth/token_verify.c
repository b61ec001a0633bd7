/* Verifies a token: shape, header, key, signature over the exact bytes, then the claims. */
#include <errno.h>
#include <stdlib.h>

#include "auth/base64url.h"
#include "auth/token_cache.h"
#include "auth/token_claims.h"
#include "auth/token_signature.h"

struct token_verifier {
    const struct token_keys *keys; /* borrowed */
    char *issuer, *audience;
    struct token_cache *cache;
    struct token_check checks[TOKEN_KEYS_MAX]; /* of keys->list, in its order */
};

const char *token_refusal_text(enum token_refusal refusal)
{
    switch (refusal) {
    case TOKEN_MALFORMED:
        return "the token is no signed JWT in compact form that we take";
    case TOKEN_UNKNOWN_KEY:
        return "the token names no key that we know";
    case TOKEN_WRONG_ALGORITHM:
        return "the token names another algorithm than its key's";
    case TOKEN_BAD_SIGNATURE:
        return "the token's signature does not fit";
    case TOKEN_EXPIRED:
        return "the token has expired";
    case TOKEN_NOT_YET_VALID:
        return "the token is not valid yet";
    case TOKEN_WRONG_ISSUER:
        return "the token comes from another issuer";
    case TOKEN_WRONG_AUDIENCE:
        return "the token is meant for another audience";
    case TOKEN_BAD_CLAIMS:
        return "the token lacks a claim (iss, aud, exp, sub as a UUID) or has one of a wrong type";
    }
    return "the token is refused";
}

static int make_checks(struct token_verifier *verifier)
{
    for (size_t i = 0; i < verifier->keys->count; i++) {
        int r = token_check_init(&verifier->checks[i], &verifier->keys->list[i]);

        if (r < 0)
            return r;
    }
    return 0;
}

struct token_verifier *token_verifier_new(const struct token_keys *keys, const char *issuer,
                                          const char *audience, size_t cache_entries)
{
    struct token_verifier *verifier = calloc(1, sizeof *verifier);

    if (!verifier)
        return NULL;
    verifier->keys = keys;
    verifier->issuer = strdup(issuer);
    verifier->audience = strdup(audience);
    verifier->cache = token_cache_new(cache_entries);
    if (!verifier->issuer || !verifier->audience || !verifier->cache || make_checks(verifier) < 0) {
        token_verifier_free(verifier);
        return NULL;
    }
    return verifier;
}

void token_verifier_free(struct token_verifier *verifier)
{
    if (!verifier)
        return;
    for (size_t i = 0; i < TOKEN_KEYS_MAX; i++)
        token_check_deinit(&verifier->checks[i]);
    token_cache_free(verifier->cache);
    free(verifier->issuer);
    free(verifier->audience);
    free(verifier);
}

/* A token's three segments, and what the signature covers. */
struct segments {
    struct span header, payload, signature;
    struct span covered;
};

static struct span until_dot(struct span text)
{
    const char *dot = text.size ? memchr(text.data, '.', text.size) : NULL;

    return span_of(text.data, dot ? (size_t)(dot - text.data) : text.size);
}

static struct span behind(struct span text, struct span head)
{
    size_t skipped = head.size + 1; /* the dot as well */

    return skipped > text.size ? span_of(NULL, 0)
                               : span_of(text.data + skipped, text.size - skipped);
}

static bool split(struct span token, struct segments *ret_segments)
{
    struct segments parts;
    struct span rest;

    parts.header = until_dot(token);
    rest = behind(token, parts.header);
    parts.payload = until_dot(rest);
    parts.signature = behind(rest, parts.payload);
    parts.covered = span_of(token.data, parts.header.size + 1 + parts.payload.size);
    if (parts.header.size == 0 || parts.payload.size == 0 || parts.signature.size == 0)
        return false;
    *ret_segments =
        parts; /* a fourth segment's dot is no base64url: the signature's decoding ends it */
    return true;
}

static void free_document(struct json **document)
{
    json_free(*document);
}

/* One segment as a JSON object. 0, TOKEN_MALFORMED or -ENOMEM. */
static int read_object(struct span segment, struct json **ret_document)
{
    cleanup(buf_deinit) struct buf text = {0};
    cleanup(free_document) struct json *document = NULL;
    int r = base64url_decode(segment, &text);

    if (r == 0)
        r = json_parse(buf_span(&text), &document);
    if (r == -ENOMEM)
        return r;
    if (r < 0 || json_kind(document) != JSON_KIND_OBJECT)
        return TOKEN_MALFORMED;
    *ret_document = document;
    document = NULL;
    return 0;
}

/* The key follows from `kid` alone, and the algorithm from the key. */
static int check_signature(const struct token_verifier *verifier, const struct segments *parts,
                           const struct token_header *header)
{
    cleanup(buf_deinit) struct buf signature = {0};
    const struct token_key *key;
    int r = base64url_decode(parts->signature, &signature);

    if (r < 0)
        return r == -EINVAL ? TOKEN_MALFORMED : r;
    key = token_keys_find(verifier->keys, header->kid);
    if (!key)
        return TOKEN_UNKNOWN_KEY;
    if (!span_is(header->algorithm, token_algorithm_name(key->algorithm)))
        return TOKEN_WRONG_ALGORITHM;
    return token_check_signature(&verifier->checks[key - verifier->keys->list], parts->covered,
                                 buf_span(&signature));
}

static int verify(const struct token_verifier *verifier, struct span token, struct timestamp now,
                  struct token_claims *ret_claims)
{
    const struct token_expected expected = {verifier->issuer, verifier->audience, now};
    cleanup(free_document) struct json *header_object = NULL;
    cleanup(free_document) struct json *claims_object = NULL;
    struct token_header header;
    struct segments parts;
    int r;

    if (!split(token, &parts))
        return TOKEN_MALFORMED;
    if ((r = read_object(parts.header, &header_object)) != 0 ||
        (r = token_header_read(header_object, &header)) != 0 ||
        (r = check_signature(verifier, &parts, &header)) != 0 ||
        (r = read_object(parts.payload, &claims_object)) != 0)
        return r;
    return token_claims_read(claims_object, &expected, ret_claims);
}

int token_verify(struct token_verifier *verifier, struct span token, struct timestamp now,
                 struct token_claims *ret_claims)
{
    const struct token_claims *known;
    struct digest digest;
    int r;

    if (token.size > TOKEN_MAX_BYTES)
        return TOKEN_MALFORMED;
    digest = digest_of(token);
    known = token_cache_get(verifier->cache, &digest, now);
    if (known) {
        *ret_claims = *known;
        return 0;
    }
    r = verify(verifier, token, now, ret_claims);
    if (r == 0)
        token_cache_put(verifier->cache, &digest, now, ret_claims);
    return r;
}

bool token_is_cached(struct token_verifier *verifier, struct span token, struct timestamp now)
{
    struct digest digest;

    if (token.size > TOKEN_MAX_BYTES)
        return false;
    digest = digest_of(token);
    return token_cache_get(verifier->cache, &digest, now) != NULL;
}
