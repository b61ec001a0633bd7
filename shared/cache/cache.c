/* Commands are gathered over a turn of the loop and leave in one write; replies come in the order
 * of the commands. Whatever goes wrong ends the connection: those who wait get a miss, and another
 * connection is tried later. */
#include "cache/cache.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cache/cache_private.h"
#include "log/log.h"

enum { VERSION_BYTES = 8, UNSENT_MAX = 4 << 20 };

const struct cache_timing cache_timing_default = {
    .connect_ms = 1000, .reply_ms = 100, .retry_ms = 100, .retry_max_ms = 5000};

static const char *const state_names[] = {"away", "connecting", "connected"};

static void set_state(struct cache *cache, enum cache_state state)
{
    log_debug(NULL, "cache goes from %s to %s", state_names[cache->state], state_names[state]);
    cache->state = state;
}

static struct span value_of(const redisReply *reply, int64_t version)
{
    int64_t stored = 0;

    if (!reply || reply->type != REDIS_REPLY_STRING || (size_t)reply->len < VERSION_BYTES)
        return span_of(NULL, 0);
    for (int i = 0; i < VERSION_BYTES; i++)
        stored = (int64_t)((uint64_t)stored << 8 | (uint8_t)reply->str[i]);
    if (stored != version)
        return span_of(NULL, 0);
    return span_of(reply->str + VERSION_BYTES, (size_t)reply->len - VERSION_BYTES);
}

static void take_value(struct cache *cache, const struct cache_waiting *waiting,
                       const redisReply *reply)
{
    (void)cache;
    waiting->told.found(waiting->data, value_of(reply, waiting->version));
}

/* SET with NX and GET replies what the key held before. */
static void take_claim(struct cache *cache, const struct cache_waiting *waiting,
                       const redisReply *reply)
{
    enum cache_claim claim = CACHE_CLAIM_UNKNOWN;
    struct span held = span_of(NULL, 0);

    (void)cache;
    if (reply && reply->type == REDIS_REPLY_NIL) {
        claim = CACHE_CLAIM_FIRST;
    } else if (reply && reply->type == REDIS_REPLY_STRING) {
        claim = CACHE_CLAIM_TAKEN;
        held = span_of(reply->str, (size_t)reply->len);
    }
    waiting->told.claimed(waiting->data, claim, held);
}

/* `reply` is NULL where none will come. */
static void answer(struct cache *cache, struct cache_waiting *waiting, const redisReply *reply)
{
    if (waiting->take)
        waiting->take(cache, waiting, reply);
    free(waiting);
}

static struct cache_waiting *take_first(struct cache *cache)
{
    struct cache_waiting *waiting = cache->first;

    cache->first = waiting->next;
    if (!cache->first)
        cache->last = &cache->first;
    cache->waiting_count--;
    return waiting;
}

static void release_connection(struct cache *cache)
{
    loop_stream_free(cache->stream);
    cache->stream = NULL;
    redisReaderFree(cache->reader);
    cache->reader = NULL;
    buf_clear(&cache->out);
}

/* Those who wait are told after the state says that nothing can be asked any more: what they ask
 * for next is a miss at once. */
static void answer_all(struct cache *cache)
{
    while (cache->first)
        answer(cache, take_first(cache), NULL);
}

static void give_up(struct cache *cache, const char *why)
{
    if (!cache->told_away)
        log_warning(&(struct log_context){.error = why}, "Redis is away: going on without it");
    cache->told_away = true;
    set_state(cache, CACHE_AWAY);
    release_connection(cache);
    loop_timer_start(cache->timer, cache->retry_ms, 0);
    cache->retry_ms = cache->retry_ms * 2 < cache->timing.retry_max_ms ? cache->retry_ms * 2
                                                                       : cache->timing.retry_max_ms;
    answer_all(cache);
}

int cache_send(struct cache *cache, int count, const char **parts, const size_t *sizes,
               const struct cache_waiting *template)
{
    struct cache_waiting *waiting = malloc(sizeof *waiting);
    char *command = NULL;
    long long size;

    if (!waiting)
        return -ENOMEM;
    size = redisFormatCommandArgv(&command, count, parts, sizes);
    if (size < 0) {
        free(waiting);
        return -ENOMEM;
    }
    *waiting = *template;
    waiting->next = NULL;
    waiting->deadline_ms = loop_now_ms(cache->loop) + cache->timing.reply_ms;
    if (!cache->first)
        loop_timer_start(cache->timer, cache->timing.reply_ms, 0);
    *cache->last = waiting;
    cache->last = &waiting->next;
    cache->waiting_count++;
    buf_add(&cache->out, command, (size_t)size);
    redisFreeCommand(command);
    return 0;
}

static int greet(struct cache *cache)
{
    const struct cache_url *url = &cache->url;
    const struct cache_waiting greeting = {.greets = true};
    const char *auth[] = {"AUTH", url->password, NULL};
    const char *auth_user[] = {"AUTH", url->user, url->password};
    const char *select[] = {"SELECT", url->database};
    const char *ping[] = {"PING"};
    int r = 0;

    if (url->password[0] && url->user[0])
        r = cache_send(cache, 3, auth_user, NULL, &greeting);
    else if (url->password[0])
        r = cache_send(cache, 2, auth, NULL, &greeting);
    if (r == 0 && url->database[0])
        r = cache_send(cache, 2, select, NULL, &greeting);
    if (r == 0)
        r = cache_send(cache, 1, ping, NULL, &greeting);
    return r == 0 ? cache_bucket_load(cache) : r;
}

static void on_opened(void *data)
{
    struct cache *cache = data;

    loop_timer_stop(cache->timer);
    set_state(cache, CACHE_CONNECTED);
    if (greet(cache) < 0)
        give_up(cache, "out of memory");
}

/* The greeting went well: Redis is back. */
static void note_greeting(struct cache *cache)
{
    cache->retry_ms = cache->timing.retry_ms;
    if (cache->told_away)
        log_info(NULL, "Redis is back");
    cache->told_away = false;
}

/* False: the connection was given up. */
static bool take_reply(struct cache *cache, const redisReply *reply)
{
    struct cache_waiting *waiting;

    if (!cache->first) {
        give_up(cache, "a reply that nobody asked for");
        return false;
    }
    if (cache->first->greets && reply->type == REDIS_REPLY_ERROR) {
        give_up(cache, reply->str);
        return false;
    }
    waiting = take_first(cache);
    if (waiting->greets)
        note_greeting(cache);
    answer(cache, waiting, reply);
    return cache->state == CACHE_CONNECTED;
}

static void on_received(void *data, struct span bytes)
{
    struct cache *cache = data;
    void *reply = NULL;
    bool go_on = redisReaderFeed(cache->reader, bytes.data, bytes.size) == REDIS_OK;

    while (go_on && redisReaderGetReply(cache->reader, &reply) == REDIS_OK) {
        if (!reply)
            return;
        go_on = take_reply(cache, reply);
        freeReplyObject(reply);
        reply = NULL;
    }
    if (cache->state == CACHE_CONNECTED)
        give_up(cache, cache->reader->errstr);
}

static void on_ended(void *data, int error)
{
    give_up(data, error < 0 ? strerror(-error) : "the server has closed the connection");
}

static void start_connecting(struct cache *cache)
{
    static const struct loop_stream_events events = {
        .opened = on_opened, .received = on_received, .ended = on_ended};

    cache->reader = redisReaderCreate();
    cache->stream = loop_stream_connect(cache->loop, cache->url.host, cache->url.port,
                                        cache->tries++, &events, cache);
    if (!cache->reader || !cache->stream) {
        give_up(cache, "out of memory");
        return;
    }
    set_state(cache, CACHE_CONNECTING);
    loop_timer_start(cache->timer, cache->timing.connect_ms, 0);
}

static void check_replies(struct cache *cache)
{
    int64_t left_ms;

    if (!cache->first)
        return;
    left_ms = cache->first->deadline_ms - loop_now_ms(cache->loop);
    if (left_ms <= 0)
        give_up(cache, "no reply in time");
    else
        loop_timer_start(cache->timer, left_ms, 0);
}

static void on_timer(void *data)
{
    struct cache *cache = data;

    if (cache->state == CACHE_AWAY)
        start_connecting(cache);
    else if (cache->state == CACHE_CONNECTING)
        give_up(cache, "no connection in time");
    else
        check_replies(cache);
}

static void on_turn_over(void *data)
{
    struct cache *cache = data;
    int r;

    if (cache->out.size == 0 || cache->state != CACHE_CONNECTED)
        return;
    r = buf_failed(&cache->out) ? -ENOMEM : loop_stream_write(cache->stream, buf_span(&cache->out));
    buf_clear(&cache->out);
    if (r < 0)
        give_up(cache, strerror(-r));
}

int cache_new(struct loop *loop, const char *url, const struct cache_timing *timing,
              struct cache **ret_cache)
{
    struct cache *cache = calloc(1, sizeof *cache);

    if (!cache)
        return -ENOMEM;
    cache->loop = loop;
    cache->timing = *timing;
    cache->retry_ms = timing->retry_ms;
    cache->last = &cache->first;
    if (url && url[0] && cache_url_parse(url, &cache->url) < 0) {
        free(cache);
        return -EINVAL;
    }
    cache->timer = loop_timer_new(loop, on_timer, cache);
    cache->turn = loop_turn_new(loop, on_turn_over, cache);
    if (!cache->timer || !cache->turn) {
        cache_free(cache);
        return -ENOMEM;
    }
    if (cache->url.host[0])
        loop_timer_start(cache->timer, 0, 0);
    *ret_cache = cache;
    return 0;
}

void cache_free(struct cache *cache)
{
    if (!cache)
        return;
    cache->state = CACHE_AWAY;
    answer_all(cache);
    release_connection(cache);
    loop_timer_free(cache->timer);
    loop_turn_free(cache->turn);
    buf_deinit(&cache->out);
    free(cache);
}

bool cache_is_connected(const struct cache *cache)
{
    return cache->state == CACHE_CONNECTED;
}

int cache_key(struct tenant_id tenant, const char *kind, const struct span *parts, size_t count,
              struct cache_key *ret_key)
{
    struct cache_key key;
    char text[UUID_TEXT + 1];
    int size =
        snprintf(key.text, sizeof key.text, "idpmc1:%s:%s", uuid_format(tenant.uuid, text), kind);

    for (size_t i = 0; i < count && size < CACHE_KEY_MAX; i++)
        size += snprintf(key.text + size, sizeof key.text - (size_t)size, ":%zu:%.*s",
                         parts[i].size, (int)parts[i].size, parts[i].data);
    if (size >= CACHE_KEY_MAX)
        return -ENAMETOOLONG;
    key.size = (size_t)size;
    *ret_key = key;
    return 0;
}

bool cache_can_send(const struct cache *cache)
{
    return cache->state == CACHE_CONNECTED && cache->waiting_count < CACHE_WAITING_MAX &&
           cache->out.size + loop_stream_unsent(cache->stream) < UNSENT_MAX;
}

void cache_get(struct cache *cache, const struct cache_key *key, int64_t version,
               void (*found)(void *data, struct span value), void *data)
{
    const char *parts[] = {"GET", key->text};
    const size_t sizes[] = {3, key->size};
    const struct cache_waiting waiting = {
        .take = take_value, .version = version, .told.found = found, .data = data};

    if (!cache_can_send(cache) || cache_send(cache, 2, parts, sizes, &waiting) < 0)
        found(data, span_of(NULL, 0));
}

void cache_set(struct cache *cache, const struct cache_key *key, int64_t version, struct span value,
               int64_t ttl_ms)
{
    cleanup(buf_deinit) struct buf stored = {0};
    char ttl[24];

    if (!cache_can_send(cache) || value.size > CACHE_VALUE_MAX || ttl_ms <= 0)
        return;
    buf_add_be64(&stored, (uint64_t)version);
    buf_add(&stored, value.data, value.size);
    snprintf(ttl, sizeof ttl, "%lld", (long long)ttl_ms);
    if (!buf_failed(&stored)) {
        const char *parts[] = {"SET", key->text, stored.data, "PX", ttl};
        const size_t sizes[] = {3, key->size, stored.size, 2, strlen(ttl)};
        const struct cache_waiting nobody = {0};

        if (cache_send(cache, 5, parts, sizes, &nobody) < 0)
            log_debug(NULL, "no memory to cache an answer");
    }
}

void cache_claim(struct cache *cache, const struct cache_key *key, struct span value,
                 int64_t ttl_ms, void (*told)(void *data, enum cache_claim claim, struct span held),
                 void *data)
{
    const struct cache_waiting waiting = {.take = take_claim, .told.claimed = told, .data = data};
    char ttl[24];
    const char *parts[] = {"SET", key->text, value.data, "NX", "GET", "PX", ttl};
    const size_t sizes[] = {3,
                            key->size,
                            value.size,
                            2,
                            3,
                            2,
                            (size_t)snprintf(ttl, sizeof ttl, "%lld", (long long)ttl_ms)};

    if (!cache_can_send(cache) || cache_send(cache, 7, parts, sizes, &waiting) < 0)
        told(data, CACHE_CLAIM_UNKNOWN, span_of(NULL, 0));
}
