/* Token buckets by the millisecond. */
#include <CUnit/CUnit.h>

#include "base/bucket.h"

static const struct bucket_limit limit = {.per_s = 10, .burst = 5};

static struct bucket full_at(int64_t now_ms)
{
    struct bucket bucket = {0};

    bucket_fill(&bucket, &limit, now_ms);
    return bucket;
}

void test_a_new_bucket_is_full(void)
{
    struct bucket bucket = full_at(1000);

    CU_ASSERT_EQUAL(bucket.left_milli, 5000);
    CU_ASSERT_EQUAL(bucket_full_ms(&bucket, &limit), 0);
}

void test_tokens_come_back_with_time_up_to_the_burst(void)
{
    struct bucket bucket = full_at(1000);

    for (int i = 0; i < 5; i++) {
        CU_ASSERT_TRUE(bucket_has(&bucket, &limit, 1));
        bucket_take(&bucket, 1);
    }
    CU_ASSERT_FALSE(bucket_has(&bucket, &limit, 1));
    CU_ASSERT_EQUAL(bucket_wait_ms(&bucket, &limit, 1), 100);
    CU_ASSERT_EQUAL(bucket_full_ms(&bucket, &limit), 500);
    bucket_fill(&bucket, &limit, 1099);
    CU_ASSERT_FALSE(bucket_has(&bucket, &limit, 1));
    CU_ASSERT_EQUAL(bucket_wait_ms(&bucket, &limit, 1), 1);
    bucket_fill(&bucket, &limit, 1100);
    CU_ASSERT_TRUE(bucket_has(&bucket, &limit, 1));
    CU_ASSERT_FALSE(bucket_has(&bucket, &limit, 2));
    bucket_fill(&bucket, &limit, INT64_MAX / 2);
    CU_ASSERT_EQUAL(bucket.left_milli, 5000);
}

/* Ten a second, asked each millisecond for a minute: 5 at once and 600 over the time. */
void test_nothing_is_lost_by_looking_often(void)
{
    struct bucket bucket = full_at(1);
    int taken = 0;

    for (int64_t now_ms = 1; now_ms <= 60001; now_ms++) {
        bucket_fill(&bucket, &limit, now_ms);
        if (bucket_has(&bucket, &limit, 1)) {
            bucket_take(&bucket, 1);
            taken++;
        }
    }
    CU_ASSERT_EQUAL(taken, 605);
}

void test_what_costs_more_than_the_burst_goes_when_it_is_full_and_leaves_a_debt(void)
{
    struct bucket bucket = full_at(1000);

    CU_ASSERT_TRUE(bucket_has(&bucket, &limit, 20));
    bucket_take(&bucket, 20);
    CU_ASSERT_EQUAL(bucket.left_milli, -15000);
    CU_ASSERT_EQUAL(bucket_wait_ms(&bucket, &limit, 1), 1600);
    CU_ASSERT_EQUAL(bucket_wait_ms(&bucket, &limit, 20), 2000);
    bucket_fill(&bucket, &limit, 2600);
    CU_ASSERT_TRUE(bucket_has(&bucket, &limit, 1));
    CU_ASSERT_FALSE(bucket_has(&bucket, &limit, 20));
}

void test_a_smaller_burst_is_in_force_at_once(void)
{
    const struct bucket_limit smaller = {.per_s = 10, .burst = 2};
    struct bucket bucket = full_at(1000);

    bucket_fill(&bucket, &smaller, 1000);
    CU_ASSERT_EQUAL(bucket.left_milli, 2000);
}

void test_without_a_rate_there_is_no_limit(void)
{
    const struct bucket_limit none = {.per_s = 0, .burst = 1};
    struct bucket bucket = {0};

    bucket_fill(&bucket, &none, 1000);
    bucket_take(&bucket, 1000);
    CU_ASSERT_TRUE(bucket_has(&bucket, &none, 1000));
    CU_ASSERT_EQUAL(bucket_wait_ms(&bucket, &none, 1000), 0);
}
