/* Redis as a cache that can be thrown away: asynchronous, pipelined, on the loop. When Redis is
 * away, slow or full, every look-up is a miss at once: never an error, never a wait beyond
 * reply_ms. What may be cached is what can be loaded again; no personal data in keys. The loop's
 * thread only. */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/id.h"
#include "base/span.h"
#include "loop/loop.h"

struct cache;

enum { CACHE_KEY_MAX = 256, CACHE_VALUE_MAX = 1 << 20, CACHE_WAITING_MAX = 8192 };

struct cache_timing {
    int64_t connect_ms; /* for a connection to be made */
    int64_t reply_ms;   /* for a reply; after it the connection is given up */
    int64_t retry_ms;   /* to the next attempt; doubles up to retry_max_ms */
    int64_t retry_max_ms;
};
extern const struct cache_timing cache_timing_default;

/* A cache at "redis://[[user]:password@]host[:port][/database]", copied; NULL or "" for none, where
 * everything is a miss. Connects by itself and again. 0, -EINVAL (not such a URL), -ENOMEM. */
must_check int cache_new(struct loop *loop, const char *url, const struct cache_timing *timing,
                         struct cache **ret_cache);

/* NULL is allowed. Look-ups that wait are told a miss. */
void cache_free(struct cache *cache);

/* Is Redis there? For readiness and metrics; nothing needs it. */
bool cache_is_connected(const struct cache *cache);

struct cache_key {
    char text[CACHE_KEY_MAX];
    size_t size;
};

/* The only way to make a key: the tenant first, then what kind of thing it is, then what names it,
 * each with its length, so that no two lists of parts give the same key. 0, or -ENAMETOOLONG (then
 * go without the cache). */
must_check int cache_key(struct tenant_id tenant, const char *kind, const struct span *parts,
                         size_t count, struct cache_key *ret_key);

/* Looks a value up. `found` is called once, perhaps during the call: a hit is a value that was
 * stored with just this version (bytes for the call only, `data` not NULL); everything else is a
 * miss, {NULL, 0}. */
void cache_get(struct cache *cache, const struct cache_key *key, int64_t version,
               void (*found)(void *data, struct span value), void *data);

/* Stores a value for ttl_ms, or not. */
void cache_set(struct cache *cache, const struct cache_key *key, int64_t version, struct span value,
               int64_t ttl_ms);

/* What a claim met. */
enum cache_claim {
    CACHE_CLAIM_FIRST,   /* the key was free and is the claimer's now */
    CACHE_CLAIM_TAKEN,   /* somebody was there before */
    CACHE_CLAIM_UNKNOWN, /* Redis is away, slow, full, or does not know the command (before 7.0) */
};

/* Stores a value for ttl_ms where the key is free, in one atomic step. `told` is called once,
 * perhaps during the call; with CACHE_CLAIM_TAKEN it gets the value that is there (bytes for the
 * call only). A claim can be lost at any time, as all that Redis holds: whoever is first may be so
 * only as far as Redis remembers. */
void cache_claim(struct cache *cache, const struct cache_key *key, struct span value,
                 int64_t ttl_ms, void (*told)(void *data, enum cache_claim claim, struct span held),
                 void *data);

#endif
