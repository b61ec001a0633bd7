/* The bucket lives in Redis as "thousandths microseconds" and vanishes when it would be full. Its
 * clock is Redis's own, for those of the programs differ. */
#include "cache/cache_bucket.h"

#include <stdio.h>

#include "cache/cache_private.h"
#include "log/log.h"

/* Numbers here are doubles: exact to 2^53, and microseconds since 1970 have 51 bits. */
static const char script[] =
    "local time = redis.call('TIME')\n"
    "local now = time[1] * 1000000 + time[2]\n"
    "local per_s, burst, taken = tonumber(ARGV[1]), ARGV[2] * 1000, ARGV[3] * 1000\n"
    "local most = tonumber(ARGV[4])\n"
    "local left, held = burst, redis.call('GET', KEYS[1])\n"
    "if held then\n"
    "  local was, at = string.match(held, '^(%-?%d+) (%d+)$')\n"
    "  left = math.min(burst, was + math.floor(math.max(0, now - at) * per_s / 1000))\n"
    "end\n"
    "left = math.max(math.min(left - taken, most), -burst)\n"
    "redis.call('SET', KEYS[1], string.format('%.0f %.0f', left, now),\n"
    "           'PX', math.ceil((burst - left) / per_s) + 1)\n"
    "return left\n";

static void take_digest(struct cache *cache, const struct cache_waiting *waiting,
                        const redisReply *reply)
{
    (void)waiting;
    if (reply && reply->type == REDIS_REPLY_STRING && reply->len == CACHE_SCRIPT_TEXT)
        memcpy(cache->bucket_script, reply->str, CACHE_SCRIPT_TEXT + 1);
    else if (reply)
        log_warning(&(struct log_context){.error = reply->str},
                    "Redis takes no script: each process counts its quotas for itself");
}

int cache_bucket_load(struct cache *cache)
{
    const char *parts[] = {"SCRIPT", "LOAD", script};

    cache->bucket_script[0] = '\0';
    return cache_send(cache, 3, parts, NULL, &(struct cache_waiting){.take = take_digest});
}

/* Scripts are forgotten by SCRIPT FLUSH; the next one finds it again. */
static void load_again(struct cache *cache)
{
    if (cache->bucket_script[0] && cache_bucket_load(cache) < 0)
        log_debug(NULL, "no memory to load a script");
}

static void take_left(struct cache *cache, const struct cache_waiting *waiting,
                      const redisReply *reply)
{
    bool known = reply && reply->type == REDIS_REPLY_INTEGER;

    if (reply && reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOSCRIPT", 8) == 0)
        load_again(cache);
    waiting->told.left(waiting->data, known, known ? reply->integer : 0);
}

void cache_bucket_take(struct cache *cache, const struct cache_key *key,
                       const struct bucket_limit *limit, int64_t taken, int64_t most_milli,
                       void (*told)(void *data, bool known, int64_t left_milli), void *data)
{
    const struct cache_waiting waiting = {.take = take_left, .told.left = told, .data = data};
    char per_s[24], burst[24], cost[24], most[24];
    const char *parts[] = {"EVALSHA", cache->bucket_script, "1", key->text, per_s, burst, cost,
                           most};

    snprintf(per_s, sizeof per_s, "%lld", (long long)limit->per_s);
    snprintf(burst, sizeof burst, "%lld", (long long)limit->burst);
    snprintf(cost, sizeof cost, "%lld", (long long)taken);
    snprintf(most, sizeof most, "%lld", (long long)most_milli);
    if (!cache_can_send(cache) || !cache->bucket_script[0] || limit->per_s == 0 ||
        cache_send(cache, 8, parts, NULL, &waiting) < 0)
        told(data, false, 0);
}
