#include <CUnit/CUnit.h>

#include "auth/token_cache.h"

static const struct timestamp now = {INT64_C(1800000000000000)};

static void free_cache(struct token_cache **cache)
{
    token_cache_free(*cache);
}

static struct digest token(unsigned number)
{
    return digest_of(span_of(&number, sizeof number));
}

static struct timestamp later(int64_t seconds)
{
    return (struct timestamp){now.us + seconds * 1000000};
}

/* Claims of a subject by number, until `seconds` from now. */
static struct token_claims claims(uint8_t subject, int64_t seconds)
{
    return (struct token_claims){.subject = {{{subject}}}, .expires = later(seconds)};
}

static void put(struct token_cache *cache, unsigned number, int64_t seconds)
{
    struct digest digest = token(number);
    struct token_known its = {.claims = claims((uint8_t)number, seconds), .keys = number};

    token_cache_put(cache, &digest, now, &its);
}

static const struct token_known *get(struct token_cache *cache, unsigned number,
                                     struct timestamp at)
{
    struct digest digest = token(number);

    return token_cache_get(cache, &digest, at);
}

static size_t count_kept(struct token_cache *cache, unsigned numbers)
{
    size_t kept = 0;

    for (unsigned i = 0; i < numbers; i++)
        kept += get(cache, i, now) != NULL;
    return kept;
}

void test_claims_come_back_for_their_token_only(void)
{
    cleanup(free_cache) struct token_cache *cache = token_cache_new(64);

    put(cache, 1, 600);
    put(cache, 2, 600);
    CU_ASSERT_PTR_NOT_NULL_FATAL(get(cache, 2, now));
    CU_ASSERT_EQUAL(get(cache, 1, now)->claims.subject.uuid.bytes[0], 1);
    CU_ASSERT_EQUAL(get(cache, 2, now)->claims.subject.uuid.bytes[0], 2);
    CU_ASSERT_EQUAL(get(cache, 2, now)->keys, 2);
    CU_ASSERT_PTR_NULL(get(cache, 3, now));
}

void test_an_entry_ends_after_a_minute(void)
{
    cleanup(free_cache) struct token_cache *cache = token_cache_new(64);

    put(cache, 1, 600);
    CU_ASSERT_PTR_NOT_NULL(get(cache, 1, later(TOKEN_CACHE_S - 1)));
    CU_ASSERT_PTR_NULL(get(cache, 1, later(TOKEN_CACHE_S)));
}

void test_an_entry_ends_with_its_token(void)
{
    cleanup(free_cache) struct token_cache *cache = token_cache_new(64);

    put(cache, 1, 10);
    CU_ASSERT_PTR_NOT_NULL(get(cache, 1, later(9)));
    CU_ASSERT_PTR_NULL(get(cache, 1, later(10)));
}

void test_what_has_ended_is_not_kept(void)
{
    cleanup(free_cache) struct token_cache *cache = token_cache_new(64);

    put(cache, 1, 0);
    put(cache, 2, -30);
    CU_ASSERT_PTR_NULL(get(cache, 1, later(-40)));
    CU_ASSERT_PTR_NULL(get(cache, 2, later(-40)));
}

void test_a_token_put_again_has_one_place(void)
{
    cleanup(free_cache) struct token_cache *cache = token_cache_new(8);

    for (unsigned i = 0; i < 7; i++)
        put(cache, i, 600);
    for (int round = 0; round < 20; round++)
        put(cache, 100, 600);
    CU_ASSERT_EQUAL(count_kept(cache, 7), 7);
}

void test_the_cache_holds_no_more_than_it_may(void)
{
    cleanup(free_cache) struct token_cache *cache = token_cache_new(64);
    size_t kept;

    for (unsigned i = 0; i < 1000; i++)
        put(cache, i, 600);
    kept = count_kept(cache, 1000);
    CU_ASSERT_TRUE(kept <= 64);
    CU_ASSERT_TRUE(kept >= 32);
    CU_ASSERT_PTR_NOT_NULL(get(cache, 999, now));
}

void test_what_is_used_stays_longer(void)
{
    cleanup(free_cache) struct token_cache *cache = token_cache_new(8);

    for (unsigned i = 0; i < 200; i++) {
        put(cache, i, 600);
        CU_ASSERT_PTR_NOT_NULL(get(cache, 0, now));
    }
    CU_ASSERT_PTR_NULL(get(cache, 1, now));
}
