/* The cache against a real Redis of this test's own, which is stopped, frozen and started again. */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/date.h"
#include "cache/cache.h"
#include "cache/cache_bucket.h"
#include "support/port.h"

enum { PATIENCE_MS = 30000, NOBODY_KNOWS = -1000000 };

/* A reply may take long where much else runs. */
static const struct cache_timing patient = {
    .connect_ms = 5000, .reply_ms = 5000, .retry_ms = 20, .retry_max_ms = 100};
/* For a Redis that hangs. */
static const struct cache_timing impatient = {
    .connect_ms = 5000, .reply_ms = 1000, .retry_ms = 20, .retry_max_ms = 100};

struct fixture {
    struct loop *loop;
    struct cache *cache;
    struct loop_timer *timer;
    pid_t redis;
    int port;
    int answers;
    bool waits; /* the loop runs for the answer */
    int64_t until_ms;
    char value[64]; /* of the last hit or claim; "" after a miss */
    enum cache_claim claim;
    int64_t left_milli; /* of a bucket; NOBODY_KNOWS */
};

static void start_redis(struct fixture *f, const char *password)
{
    char port[8];

    snprintf(port, sizeof port, "%d", f->port);
    f->redis = fork();
    if (f->redis == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        execlp("redis-server", "redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "",
               "--requirepass", password, NULL);
        _exit(127);
    }
}

static void stop_redis(struct fixture *f)
{
    kill(f->redis, SIGKILL);
    waitpid(f->redis, NULL, 0);
}

static void look_whether_connected(void *data)
{
    struct fixture *f = data;

    if (cache_is_connected(f->cache) || monotonic_ms() > f->until_ms)
        loop_stop(f->loop);
}

static void await_connection(struct fixture *f)
{
    f->until_ms = monotonic_ms() + PATIENCE_MS;
    loop_timer_start(f->timer, 0, 5);
    loop_run(f->loop);
    loop_timer_stop(f->timer);
    CU_ASSERT_TRUE_FATAL(cache_is_connected(f->cache));
}

static void set_up_with(struct fixture *f, const char *password, const struct cache_timing *timing)
{
    char url[64];

    *f = (struct fixture){.loop = loop_new(), .port = port_new()};
    start_redis(f, password);
    f->timer = loop_timer_new(f->loop, look_whether_connected, f);
    snprintf(url, sizeof url, "redis://:%s@127.0.0.1:%d/2", password, f->port);
    if (!password[0])
        snprintf(url, sizeof url, "redis://127.0.0.1:%d", f->port);
    CU_ASSERT_EQUAL_FATAL(cache_new(f->loop, url, timing, &f->cache), 0);
    await_connection(f);
}

static void set_up(struct fixture *f, const char *password)
{
    set_up_with(f, password, &patient);
}

static void tear_down(struct fixture *f)
{
    cache_free(f->cache);
    loop_timer_free(f->timer);
    loop_free(f->loop);
    stop_redis(f);
}

static void on_found(void *data, struct span value)
{
    struct fixture *f = data;

    f->answers++;
    snprintf(f->value, sizeof f->value, "%.*s", (int)value.size, value.data ? value.data : "");
    if (f->waits)
        loop_stop(f->loop);
}

static struct cache_key key_of(const char *name)
{
    static const struct tenant_id tenant = {{{7}}};
    const struct span part = span_text(name);
    struct cache_key key;

    CU_ASSERT_EQUAL(cache_key(tenant, "test", &part, 1, &key), 0);
    return key;
}

/* The value of a hit, "" for a miss. */
static const char *get(struct fixture *f, const char *name, int64_t version)
{
    const struct cache_key key = key_of(name);
    int before = f->answers;

    cache_get(f->cache, &key, version, on_found, f);
    f->waits = f->answers == before;
    if (f->waits)
        loop_run(f->loop);
    f->waits = false;
    CU_ASSERT_EQUAL(f->answers, before + 1);
    return f->value;
}

static void set(struct fixture *f, const char *name, int64_t version, const char *value,
                int64_t ttl_ms)
{
    const struct cache_key key = key_of(name);

    cache_set(f->cache, &key, version, span_text(value), ttl_ms);
}

void test_a_value_is_found_with_its_version_only(void)
{
    struct fixture f;

    set_up(&f, "");
    CU_ASSERT_STRING_EQUAL(get(&f, "a", 7), "");
    set(&f, "a", 7, "seven", 60000);
    CU_ASSERT_STRING_EQUAL(get(&f, "a", 7), "seven");
    CU_ASSERT_STRING_EQUAL(get(&f, "a", 8), "");
    CU_ASSERT_STRING_EQUAL(get(&f, "b", 7), "");
    set(&f, "a", INT64_MAX, "last", 60000);
    CU_ASSERT_STRING_EQUAL(get(&f, "a", INT64_MAX), "last");
    tear_down(&f);
}

void test_a_value_is_forgotten_when_its_time_is_up(void)
{
    struct fixture f;

    set_up(&f, "");
    set(&f, "a", 1, "soon gone", 2000);
    set(&f, "b", 1, "never there", 0);
    CU_ASSERT_STRING_EQUAL(get(&f, "a", 1), "soon gone");
    CU_ASSERT_STRING_EQUAL(get(&f, "b", 1), "");
    usleep(2100000);
    CU_ASSERT_STRING_EQUAL(get(&f, "a", 1), "");
    tear_down(&f);
}

void test_a_password_and_a_database_are_used(void)
{
    struct fixture f;

    set_up(&f, "secret");
    set(&f, "a", 1, "behind the password", 60000);
    CU_ASSERT_STRING_EQUAL(get(&f, "a", 1), "behind the password");
    tear_down(&f);
}

void test_without_an_address_everything_is_a_miss_at_once(void)
{
    struct fixture f = {.loop = loop_new()};

    CU_ASSERT_EQUAL_FATAL(cache_new(f.loop, NULL, &patient, &f.cache), 0);
    set(&f, "a", 1, "nowhere", 60000);
    CU_ASSERT_STRING_EQUAL(get(&f, "a", 1), "");
    CU_ASSERT_EQUAL(f.answers, 1);
    cache_free(f.cache);
    CU_ASSERT_EQUAL(cache_new(f.loop, "redis:/x", &patient, &f.cache), -EINVAL);
    loop_free(f.loop);
}

void test_a_redis_that_dies_is_a_miss_and_comes_back(void)
{
    struct fixture f;

    set_up(&f, "");
    set(&f, "a", 1, "before", 60000);
    CU_ASSERT_STRING_EQUAL(get(&f, "a", 1), "before");
    stop_redis(&f);
    CU_ASSERT_STRING_EQUAL(get(&f, "a", 1), "");
    CU_ASSERT_STRING_EQUAL(get(&f, "a", 1), "");
    start_redis(&f, "");
    await_connection(&f);
    CU_ASSERT_STRING_EQUAL(get(&f, "a", 1), "");
    set(&f, "a", 1, "after", 60000);
    CU_ASSERT_STRING_EQUAL(get(&f, "a", 1), "after");
    tear_down(&f);
}

void test_a_redis_that_hangs_costs_the_time_for_one_reply(void)
{
    struct fixture f;
    int64_t began;

    set_up_with(&f, "", &impatient);
    get(&f, "none", 1); /* the greeting has been answered */
    kill(f.redis, SIGSTOP);
    began = monotonic_ms();
    CU_ASSERT_STRING_EQUAL(get(&f, "a", 1), "");
    CU_ASSERT(monotonic_ms() - began >=
              impatient.reply_ms / 2); /* the loop's clock may be behind */
    CU_ASSERT(monotonic_ms() - began < 10 * impatient.reply_ms);
    CU_ASSERT_FALSE(cache_is_connected(f.cache));
    began = monotonic_ms();
    CU_ASSERT_STRING_EQUAL(get(&f, "a", 1), "");
    CU_ASSERT(monotonic_ms() - began < impatient.reply_ms / 2);
    kill(f.redis, SIGCONT);
    await_connection(&f);
    tear_down(&f);
}

void test_who_waits_when_the_cache_is_freed_is_told_a_miss(void)
{
    const struct cache_key key = key_of("a");
    struct fixture f;

    set_up(&f, "");
    cache_get(f.cache, &key, 1, on_found, &f);
    cache_get(f.cache, &key, 1, on_found, &f);
    CU_ASSERT_EQUAL(f.answers, 0);
    tear_down(&f);
    CU_ASSERT_EQUAL(f.answers, 2);
}

static void count(void *data, struct span value)
{
    struct fixture *f = data;

    CU_ASSERT_TRUE(span_is(value, "same"));
    if (++f->answers == 1000)
        loop_stop(f->loop);
}

void test_a_thousand_look_ups_share_the_connection(void)
{
    const struct cache_key key = key_of("a");
    struct fixture f;

    set_up(&f, "");
    set(&f, "a", 1, "same", 60000);
    for (int i = 0; i < 1000; i++)
        cache_get(f.cache, &key, 1, count, &f);
    loop_run(f.loop);
    CU_ASSERT_EQUAL(f.answers, 1000);
    tear_down(&f);
}

static void on_told(void *data, enum cache_claim claim, struct span held)
{
    struct fixture *f = data;

    f->answers++;
    f->claim = claim;
    snprintf(f->value, sizeof f->value, "%.*s", (int)held.size, held.data ? held.data : "");
    if (f->waits)
        loop_stop(f->loop);
}

static enum cache_claim claim(struct fixture *f, const char *name, const char *value,
                              int64_t ttl_ms)
{
    const struct cache_key key = key_of(name);
    int before = f->answers;

    cache_claim(f->cache, &key, span_text(value), ttl_ms, on_told, f);
    f->waits = f->answers == before;
    if (f->waits)
        loop_run(f->loop);
    f->waits = false;
    CU_ASSERT_EQUAL(f->answers, before + 1);
    return f->claim;
}

void test_one_of_many_who_claim_is_the_first(void)
{
    struct fixture f;

    set_up(&f, "");
    CU_ASSERT_EQUAL(claim(&f, "a", "me", 60000), CACHE_CLAIM_FIRST);
    CU_ASSERT_EQUAL(claim(&f, "a", "somebody else", 60000), CACHE_CLAIM_TAKEN);
    CU_ASSERT_STRING_EQUAL(f.value, "me");
    CU_ASSERT_EQUAL(claim(&f, "b", "somebody else", 20), CACHE_CLAIM_FIRST);
    usleep(40000);
    CU_ASSERT_EQUAL(claim(&f, "b", "me", 60000), CACHE_CLAIM_FIRST);
    tear_down(&f);
}

void test_a_claim_is_unknown_where_redis_is_away_or_refuses(void)
{
    struct fixture f;

    set_up(&f, "");
    set(&f, "a", 1, "an answer", 60000);
    CU_ASSERT_EQUAL(claim(&f, "a", "me", 60000), CACHE_CLAIM_TAKEN);
    CU_ASSERT_EQUAL(claim(&f, "b", "me", -1), CACHE_CLAIM_UNKNOWN);
    stop_redis(&f);
    CU_ASSERT_EQUAL(claim(&f, "a", "me", 60000), CACHE_CLAIM_UNKNOWN);
    CU_ASSERT_EQUAL(claim(&f, "a", "me", 60000), CACHE_CLAIM_UNKNOWN);
    start_redis(&f, "");
    await_connection(&f);
    CU_ASSERT_EQUAL(claim(&f, "a", "me", 60000), CACHE_CLAIM_FIRST);
    tear_down(&f);
}

static const struct bucket_limit slow_limit = {.per_s = 1, .burst = 10};

static void on_left(void *data, bool known, int64_t left_milli)
{
    struct fixture *f = data;

    f->answers++;
    f->left_milli = known ? left_milli : NOBODY_KNOWS;
    if (f->waits)
        loop_stop(f->loop);
}

static int64_t take_below(struct fixture *f, const char *name, const struct bucket_limit *limit,
                          int64_t tokens, int64_t most_milli)
{
    const struct cache_key key = key_of(name);
    int before = f->answers;

    cache_bucket_take(f->cache, &key, limit, tokens, most_milli, on_left, f);
    f->waits = f->answers == before;
    if (f->waits)
        loop_run(f->loop);
    f->waits = false;
    CU_ASSERT_EQUAL(f->answers, before + 1);
    return f->left_milli;
}

static int64_t take(struct fixture *f, const char *name, const struct bucket_limit *limit,
                    int64_t tokens)
{
    return take_below(f, name, limit, tokens, limit->burst * 1000);
}

/* The greeting has been answered, and with it the script is there. */
static void set_up_with_script(struct fixture *f)
{
    set_up(f, "");
    get(f, "none", 1);
}

void test_a_bucket_is_one_for_all_who_take_from_it(void)
{
    static const struct bucket_limit large = {.per_s = 1, .burst = 100};
    struct fixture f;
    struct cache *mine;
    int64_t left;
    char url[64];

    set_up_with_script(&f);
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", f.port);
    CU_ASSERT_EQUAL(take(&f, "a", &large, 40), 60000);
    CU_ASSERT_EQUAL(take(&f, "b", &large, 10), 90000);
    mine = f.cache;
    CU_ASSERT_EQUAL_FATAL(cache_new(f.loop, url, &patient, &f.cache), 0);
    await_connection(&f);
    get(&f, "none", 1);
    left = take(&f, "a", &large, 40);
    CU_ASSERT(left >= 20000 && left < 60000);
    cache_free(mine);
    tear_down(&f);
}

void test_a_bucket_fills_with_time_and_holds_a_burst_of_debt(void)
{
    static const struct bucket_limit fast = {.per_s = 1000, .burst = 20};
    struct fixture f;
    int64_t left;

    set_up_with_script(&f);
    CU_ASSERT_EQUAL(take(&f, "a", &slow_limit, 1000), -10000);
    CU_ASSERT_EQUAL(take(&f, "b", &fast, 30), -10000);
    usleep(10000);
    left = take(&f, "b", &fast, 0);
    CU_ASSERT(left >= 0 && left <= 20000);
    usleep(30000);
    CU_ASSERT_EQUAL(take(&f, "b", &fast, 0), 20000);
    tear_down(&f);
}

void test_a_bucket_is_not_known_while_redis_is_away_and_full_when_it_comes_anew(void)
{
    struct fixture f;

    set_up_with_script(&f);
    CU_ASSERT_EQUAL(take(&f, "a", &slow_limit, 9), 1000);
    stop_redis(&f);
    CU_ASSERT_EQUAL(take(&f, "a", &slow_limit, 1), NOBODY_KNOWS);
    CU_ASSERT_EQUAL(take(&f, "a", &slow_limit, 1), NOBODY_KNOWS);
    start_redis(&f, "");
    await_connection(&f);
    get(&f, "none", 1);
    CU_ASSERT_EQUAL(take(&f, "a", &slow_limit, 1), 9000);
    tear_down(&f);
}

void test_a_bucket_falls_to_what_the_asker_has_left(void)
{
    struct fixture f;

    set_up_with_script(&f);
    CU_ASSERT_EQUAL(take_below(&f, "a", &slow_limit, 1, 3000), 3000);
    CU_ASSERT(take(&f, "a", &slow_limit, 0) < 9000);
    CU_ASSERT_EQUAL(take_below(&f, "a", &slow_limit, 0, -20000), -10000);
    CU_ASSERT_EQUAL(take_below(&f, "b", &slow_limit, 4, 7000), 6000);
    tear_down(&f);
}

void test_a_script_that_redis_forgot_is_given_to_it_again(void)
{
    char command[64];
    struct fixture f;

    set_up_with_script(&f);
    CU_ASSERT_EQUAL(take(&f, "a", &slow_limit, 9), 1000);
    snprintf(command, sizeof command, "redis-cli -p %d script flush >/dev/null", f.port);
    CU_ASSERT_EQUAL(system(command), 0);
    CU_ASSERT_EQUAL(take(&f, "a", &slow_limit, 1), NOBODY_KNOWS);
    get(&f, "none", 1);
    CU_ASSERT(take(&f, "a", &slow_limit, 1) < 9000);
    CU_ASSERT(f.left_milli >= 0);
    tear_down(&f);
}
