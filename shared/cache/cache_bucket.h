/* Token buckets that several programs share by Redis. Nobody has to wait for them: who asks keeps a
 * bucket of its own, tells here what it has taken, and learns what the others have. The loop's
 * thread only. */
#ifndef CACHE_CACHE_BUCKET_H
#define CACHE_CACHE_BUCKET_H

#include "base/bucket.h"
#include "cache/cache.h"

/* Takes so many tokens from the bucket, whether they are there or not, and leaves most_milli
 * (thousandths of a token) there at the most, in one atomic step; a debt is a burst at the most.
 * most_milli is what the asker's own bucket holds: it makes good what could not be told earlier, or
 * what Redis forgot. `told` is called once, perhaps during the call: with what is left, in
 * thousandths of a token, or with `known` false where Redis is away, slow or full, and nobody
 * knows whether they were taken. A bucket that is not there, as after a restart of Redis, is
 * full. */
void cache_bucket_take(struct cache *cache, const struct cache_key *key,
                       const struct bucket_limit *limit, int64_t taken, int64_t most_milli,
                       void (*told)(void *data, bool known, int64_t left_milli), void *data);

#endif
