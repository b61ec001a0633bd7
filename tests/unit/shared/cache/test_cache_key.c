/* Keys and addresses of the cache: what must not be mixed up. */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <string.h>

#include "cache/cache.h"
#include "cache/cache_url.h"

static const struct tenant_id tenant = {{{0x11, [15] = 0x22}}};

static struct cache_key key_of(const char *kind, const char *a, const char *b)
{
    const struct span parts[] = {span_text(a), span_text(b)};
    struct cache_key key = {.size = 0};

    CU_ASSERT_EQUAL(cache_key(tenant, kind, parts, 2, &key), 0);
    return key;
}

static bool same(struct cache_key a, struct cache_key b)
{
    return span_equal(span_of(a.text, a.size), span_of(b.text, b.size));
}

void test_a_key_begins_with_the_tenant(void)
{
    struct cache_key key = key_of("mc.week", "a", "b");

    CU_ASSERT_TRUE(span_is(span_of(key.text, key.size),
                           "idpmc1:11000000-0000-0000-0000-000000000022:mc.week:1:a:1:b"));
}

void test_parts_that_run_into_each_other_make_different_keys(void)
{
    CU_ASSERT_FALSE(same(key_of("k", "a:1:b", "c"), key_of("k", "a", "b:1:c")));
    CU_ASSERT_FALSE(same(key_of("k", "ab", ""), key_of("k", "a", "b")));
    CU_ASSERT_FALSE(same(key_of("k", "", "a"), key_of("k", "a", "")));
    CU_ASSERT_TRUE(same(key_of("k", "a", "b"), key_of("k", "a", "b")));
}

void test_a_key_that_is_too_long_is_refused(void)
{
    char text[CACHE_KEY_MAX + 1];
    struct span part;
    struct cache_key key;

    memset(text, 'a', sizeof text);
    for (size_t size = 0; size < sizeof text; size++) {
        part = span_of(text, size);
        if (cache_key(tenant, "k", &part, 1, &key) == 0)
            CU_ASSERT(key.size < CACHE_KEY_MAX);
    }
    part = span_of(text, sizeof text);
    CU_ASSERT_EQUAL(cache_key(tenant, "k", &part, 1, &key), -ENAMETOOLONG);
}

void test_an_address_is_taken_apart(void)
{
    struct cache_url url;

    CU_ASSERT_EQUAL(cache_url_parse("redis://redis", &url), 0);
    CU_ASSERT_STRING_EQUAL(url.host, "redis");
    CU_ASSERT_STRING_EQUAL(url.port, "6379");
    CU_ASSERT_STRING_EQUAL(url.password, "");
    CU_ASSERT_STRING_EQUAL(url.database, "");
    CU_ASSERT_EQUAL(cache_url_parse("redis://me:secret@127.0.0.1:16379/3", &url), 0);
    CU_ASSERT_STRING_EQUAL(url.user, "me");
    CU_ASSERT_STRING_EQUAL(url.password, "secret");
    CU_ASSERT_STRING_EQUAL(url.host, "127.0.0.1");
    CU_ASSERT_STRING_EQUAL(url.port, "16379");
    CU_ASSERT_STRING_EQUAL(url.database, "3");
    CU_ASSERT_EQUAL(cache_url_parse("redis://:secret@h/", &url), 0);
    CU_ASSERT_STRING_EQUAL(url.user, "");
}

void test_what_is_no_address_is_refused(void)
{
    static const char *const bad[] = {"",
                                      "localhost:6379",
                                      "http://h",
                                      "rediss://h",
                                      "redis://",
                                      "redis://:6379",
                                      "redis://h:",
                                      "redis://h:port",
                                      "redis://h:123456",
                                      "redis://h/one",
                                      "redis://secret@h"};
    struct cache_url url;

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CU_ASSERT_EQUAL(cache_url_parse(bad[i], &url), -EINVAL);
}
