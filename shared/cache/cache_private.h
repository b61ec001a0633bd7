/* What the files of the cache share. */
#ifndef CACHE_CACHE_PRIVATE_H
#define CACHE_CACHE_PRIVATE_H

#include <hiredis/hiredis.h>

#include "base/buf.h"
#include "cache/cache.h"
#include "cache/cache_url.h"
#include "loop/stream.h"

enum { CACHE_SCRIPT_TEXT = 40 };

enum cache_state { CACHE_AWAY, CACHE_CONNECTING, CACHE_CONNECTED };

/* A command whose reply is to come. */
struct cache_waiting {
    struct cache_waiting *next;
    int64_t deadline_ms;
    bool greets; /* AUTH or SELECT: an error ends the connection */
    /* Takes the reply, or NULL where none will come; may be NULL. */
    void (*take)(struct cache *cache, const struct cache_waiting *waiting, const redisReply *reply);
    int64_t version;
    union { /* who is told */
        void (*found)(void *data, struct span value);
        void (*claimed)(void *data, enum cache_claim claim, struct span held);
        void (*left)(void *data, bool known, int64_t left_milli);
    } told;
    void *data;
};

struct cache {
    struct loop *loop;
    struct loop_turn *turn;
    struct loop_timer *timer; /* one at a time: to connect, for the oldest reply, to try again */
    struct loop_stream *stream;
    struct cache_timing timing;
    struct cache_url url; /* host "": no cache */
    enum cache_state state;
    int64_t retry_ms;
    unsigned tries; /* to connect, for each takes the next address of the host's */
    bool told_away; /* logged, so that it is said once */
    redisReader *reader;
    struct buf out;
    struct cache_waiting *first, **last;
    size_t waiting_count;
    char bucket_script[CACHE_SCRIPT_TEXT + 1]; /* by its digest, or "" where it is not loaded */
};

bool cache_can_send(const struct cache *cache);

/* Formats a command and queues who waits for its reply. `sizes` NULL: the parts end with a NUL. 0
 * or -ENOMEM. */
must_check int cache_send(struct cache *cache, int count, const char **parts, const size_t *sizes,
                          const struct cache_waiting *waiting);

/* Gives Redis the buckets' script, as a new connection does. 0 or -ENOMEM. */
must_check int cache_bucket_load(struct cache *cache);

#endif
