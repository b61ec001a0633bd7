#include "auth/token_cache.h"

#include <stdlib.h>

enum { WAYS = 8 }; /* places of a set */

struct entry {
    struct digest token;
    struct token_known known;
    struct timestamp until; /* 0: an empty place */
    uint64_t used;          /* the cache's count of uses when this one was last used */
};

struct token_cache {
    size_t sets; /* a power of two */
    uint64_t uses;
    struct entry entries[];
};

struct token_cache *token_cache_new(size_t entries)
{
    struct token_cache *cache;
    size_t sets = 1;

    while (sets * WAYS < entries && sets < SIZE_MAX / WAYS / 2 / sizeof(struct entry))
        sets *= 2;
    cache = calloc(1, sizeof *cache + sets * WAYS * sizeof(struct entry));
    if (cache)
        cache->sets = sets;
    return cache;
}

void token_cache_free(struct token_cache *cache)
{
    free(cache);
}

/* A digest is as good as random: its first bytes choose the set. */
static struct entry *set_of(struct token_cache *cache, const struct digest *token)
{
    uint64_t hash;

    memcpy(&hash, token->bytes, sizeof hash);
    return cache->entries + (hash & (cache->sets - 1)) * WAYS;
}

static struct entry *find(struct token_cache *cache, const struct digest *token)
{
    struct entry *set = set_of(cache, token);

    for (size_t i = 0; i < WAYS; i++)
        if (set[i].until.us != 0 && digest_equal(&set[i].token, token))
            return &set[i];
    return NULL;
}

const struct token_known *token_cache_get(struct token_cache *cache, const struct digest *token,
                                          struct timestamp now)
{
    struct entry *entry = find(cache, token);

    if (!entry || now.us >= entry->until.us)
        return NULL;
    entry->used = ++cache->uses;
    return &entry->known;
}

/* The token's own place, or the set's least recently used; an empty one was never used. */
static struct entry *place_for(struct token_cache *cache, const struct digest *token)
{
    struct entry *set = set_of(cache, token), *place = find(cache, token);

    if (place)
        return place;
    place = set;
    for (size_t i = 1; i < WAYS; i++)
        if (set[i].used < place->used)
            place = &set[i];
    return place;
}

void token_cache_put(struct token_cache *cache, const struct digest *token, struct timestamp now,
                     const struct token_known *known)
{
    struct timestamp until = {now.us + INT64_C(1000000) * TOKEN_CACHE_S};

    if (known->claims.expires.us < until.us)
        until = known->claims.expires;
    if (until.us <= now.us)
        return;
    *place_for(cache, token) =
        (struct entry){.token = *token, .known = *known, .until = until, .used = ++cache->uses};
}
