/* What users and organizations may send: over loopback, with the quota behind a real server and no
 * Redis. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../workers/ingress/quota.h"
#include "http/http_router.h"
#include "runtime/worker.h"
#include "support/http_client.h"
#include "support/http_host.h"

const struct worker *const workers[] = {NULL};

struct fixture {
    struct http_host host;
    struct config config;
    struct cache *cache;
    struct quota *quota;
    struct call_pool calls;
};

static struct uuid numbered(int64_t number)
{
    struct uuid uuid = {{0xa}};

    memcpy(uuid.bytes + 8, &number, sizeof number);
    return uuid;
}

static int64_t number_in(const struct http_request *request, const char *name)
{
    struct span value = http_request_header(request, name);

    return value.data ? strtoll(value.data, NULL, 10) : 0;
}

/* Takes what the request's fields say. */
static void handle(struct http_exchange *exchange, void *data)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct fixture *f = data;
    struct call *call = call_new(&f->calls, exchange);
    const struct http_problem *problem;

    call->user.uuid = numbered(number_in(request, "User"));
    call->tenant.uuid = numbered(number_in(request, "Organization"));
    problem = quota_take(f->quota, call, (unsigned)number_in(request, "Of"),
                         number_in(request, "Cost"), number_in(request, "Paid"));
    if (problem)
        call_answer_problem(&f->calls, call, problem);
    else
        call_answer(&f->calls, call, &(struct http_response){.status = 204});
}

static void make_quota(void *data)
{
    struct fixture *f = data;

    CU_ASSERT_EQUAL(cache_new(f->host.loop, NULL, &cache_timing_default, &f->cache), 0);
    f->quota = quota_new(f->host.loop, &f->config, f->cache);
}

static void set_up(struct fixture *f, struct bucket_limit user, struct bucket_limit organization)
{
    const struct http_handler handler = {.handle = handle, .data = f};

    *f = (struct fixture){.config = {.quota_subject = user, .quota_tenant = organization}};
    http_host_start(&f->host, &handler, &http_limits_default);
    http_host_do(&f->host, make_quota, f);
}

static void free_quota(void *data)
{
    struct fixture *f = data;

    http_server_free(f->host.server);
    f->host.server = NULL;
    cache_free(f->cache);
    quota_free(f->quota);
    call_pool_deinit(&f->calls);
}

static void tear_down(struct fixture *f)
{
    http_host_do(&f->host, free_quota, f);
    http_host_stop(&f->host);
}

static const char *take_rest(struct fixture *f, unsigned of, int user, int organization, int cost,
                             int paid)
{
    char request[256];
    const char *answer;
    int fd = http_client(f->host.port);

    snprintf(request, sizeof request,
             "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nOf: %u\r\nUser: %d\r\n"
             "Organization: %d\r\nCost: %d\r\nPaid: %d\r\n\r\n",
             of, user, organization, cost, paid);
    http_send_text(fd, request);
    answer = http_read_all(fd);
    close(fd);
    return answer;
}

static const char *take(struct fixture *f, unsigned of, int user, int organization, int cost)
{
    return take_rest(f, of, user, organization, cost, 0);
}

static bool took(const char *answer)
{
    return strncmp(answer, "HTTP/1.1 204 ", 13) == 0;
}

static const struct bucket_limit none = {.per_s = 0, .burst = 1};
static const struct bucket_limit slow = {.per_s = 1, .burst = 1000};

void test_who_has_used_the_quota_up_is_refused_and_told_when_to_come_again(void)
{
    struct fixture f;
    const char *answer;

    set_up(&f, slow, none);
    CU_ASSERT_TRUE(took(take(&f, QUOTA_USER, 1, 0, 990)));
    answer = take(&f, QUOTA_USER, 1, 0, 500);
    CU_ASSERT_TRUE(strncmp(answer, "HTTP/1.1 429 ", 13) == 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer, "\"code\":\"quota_exceeded\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(answer, "RateLimit-Policy: \"user\";q=1000;w=1000\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(answer, "\r\nRateLimit: \"user\";r="));
    CU_ASSERT_PTR_NOT_NULL_FATAL(strstr(answer, "Retry-After: "));
    CU_ASSERT(atoi(strstr(answer, "Retry-After: ") + 13) >= 400);
    CU_ASSERT(atoi(strstr(answer, "Retry-After: ") + 13) <= 500);
    tear_down(&f);
}

void test_each_has_a_bucket_of_its_own(void)
{
    struct fixture f;

    set_up(&f, slow, slow);
    CU_ASSERT_TRUE(took(take(&f, QUOTA_USER, 1, 1, 1000)));
    CU_ASSERT_FALSE(took(take(&f, QUOTA_USER, 1, 1, 900)));
    CU_ASSERT_TRUE(took(take(&f, QUOTA_USER, 2, 1, 1000)));
    CU_ASSERT_TRUE(took(take(&f, QUOTA_ORGANIZATION, 1, 1, 1000)));
    CU_ASSERT_FALSE(took(take(&f, QUOTA_ORGANIZATION, 3, 1, 900)));
    CU_ASSERT_TRUE(took(take(&f, QUOTA_ORGANIZATION, 3, 2, 1000)));
    tear_down(&f);
}

void test_where_one_of_both_is_used_up_nothing_is_taken_of_the_other(void)
{
    struct fixture f;

    set_up(&f, slow, slow);
    CU_ASSERT_TRUE(took(take(&f, QUOTA_ORGANIZATION, 9, 1, 1000)));
    CU_ASSERT_FALSE(took(take(&f, QUOTA_USER | QUOTA_ORGANIZATION, 1, 1, 900)));
    CU_ASSERT_TRUE(took(take(&f, QUOTA_USER, 1, 1, 1000)));
    tear_down(&f);
}

/* A request costs one before it is known to be a batch: to a full bucket that is no difference. */
void test_what_was_paid_before_counts_as_if_it_were_there(void)
{
    struct fixture f;
    const char *answer;

    set_up(&f, slow, slow);
    CU_ASSERT_TRUE(took(take(&f, QUOTA_USER, 1, 1, 1)));
    CU_ASSERT_TRUE(took(take(&f, QUOTA_ORGANIZATION, 1, 1, 1)));
    answer = take_rest(&f, QUOTA_USER | QUOTA_ORGANIZATION, 1, 1, 3000, 1);
    CU_ASSERT_TRUE(took(answer));
    CU_ASSERT_PTR_NOT_NULL(strstr(answer, "\"user\";r=0;t=3000, \"organization\";r=0;t=3000\r\n"));
    CU_ASSERT_TRUE(took(take(&f, QUOTA_USER, 2, 1, 500)));
    answer = take_rest(&f, QUOTA_USER, 2, 1, 900, 1);
    CU_ASSERT_FALSE(took(answer));
    CU_ASSERT_PTR_NOT_NULL_FATAL(strstr(answer, "Retry-After: "));
    CU_ASSERT(atoi(strstr(answer, "Retry-After: ") + 13) >= 399); /* with all of the 900 */
    CU_ASSERT_TRUE(took(take_rest(&f, QUOTA_USER, 2, 1, 500, 1)));
    tear_down(&f);
}

void test_both_are_told_where_both_are_known(void)
{
    struct fixture f;
    const char *answer;

    set_up(&f, slow, (struct bucket_limit){.per_s = 300, .burst = 1000});
    answer = take(&f, QUOTA_USER | QUOTA_ORGANIZATION, 1, 1, 400);
    CU_ASSERT_TRUE(took(answer));
    CU_ASSERT_PTR_NOT_NULL(strstr(answer, "RateLimit-Policy: \"user\";q=1000;w=1000, "
                                          "\"organization\";q=1000;w=4\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(answer, "RateLimit: \"user\";r=600;t=400, "
                                          "\"organization\";r=600;t=2\r\n"));
    tear_down(&f);
}

void test_without_a_limit_everything_goes_and_nothing_is_told(void)
{
    struct fixture f;
    const char *answer;

    set_up(&f, none, none);
    answer = take(&f, QUOTA_USER | QUOTA_ORGANIZATION, 1, 1, 1000000);
    CU_ASSERT_TRUE(took(answer));
    CU_ASSERT_PTR_NULL(strstr(answer, "RateLimit"));
    tear_down(&f);
}

static void set_smaller(void *data)
{
    struct fixture *f = data;

    f->config.quota_subject = (struct bucket_limit){.per_s = 1, .burst = 10};
    quota_reload(f->quota, &f->config);
}

void test_new_limits_are_in_force_and_told_at_once(void)
{
    struct fixture f;

    set_up(&f, slow, slow);
    CU_ASSERT_TRUE(took(take(&f, QUOTA_USER, 1, 1, 100)));
    http_host_do(&f.host, set_smaller, &f);
    CU_ASSERT_TRUE(took(take(&f, QUOTA_USER, 1, 1, 10)));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(take(&f, QUOTA_USER, 1, 1, 10), "RateLimit-Policy: \"user\";q=10;w=10\r\n"));
    CU_ASSERT_FALSE(took(take(&f, QUOTA_USER, 1, 1, 10)));
    tear_down(&f);
}

void test_the_organization_alone_is_told_where_users_have_no_limit(void)
{
    struct fixture f;
    const char *answer;

    set_up(&f, none, (struct bucket_limit){.per_s = 300, .burst = 1000});
    answer = take(&f, QUOTA_USER | QUOTA_ORGANIZATION, 1, 1, 400);
    CU_ASSERT_TRUE(took(answer));
    CU_ASSERT_PTR_NOT_NULL(strstr(answer, "RateLimit-Policy: \"organization\";q=1000;w=4\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(answer, "RateLimit: \"organization\";r=600;t=2\r\n"));
    tear_down(&f);
}

struct crowd {
    struct fixture *f;
    int users;
};

static void come_all(void *data)
{
    struct crowd *crowd = data;

    for (int i = 0; i < crowd->users; i++)
        CU_ASSERT_TRUE(quota_admits(crowd->f->quota, (struct user_id){numbered(1000 + i)}));
}

/* More than the table has places for: a crowd with full buckets makes nobody's forgotten. */
void test_a_crowd_does_not_wash_away_who_has_used_the_quota_up(void)
{
    struct fixture f;

    set_up(&f, slow, none);
    for (int user = 1; user <= 50; user++)
        CU_ASSERT_TRUE(took(take(&f, QUOTA_USER, user, 0, 1000)));
    http_host_do(&f.host, come_all, &(struct crowd){.f = &f, .users = 100000});
    for (int user = 1; user <= 50; user++)
        CU_ASSERT_FALSE(took(take(&f, QUOTA_USER, user, 0, 900)));
    tear_down(&f);
}
