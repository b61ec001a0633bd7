/* Which handler a path is for. */
#include <CUnit/CUnit.h>
#include <errno.h>

#include "http/http_request.h"
#include "http/http_router.h"

static void handle(struct http_exchange *exchange, void *data)
{
    (void)exchange;
    (void)data;
}

static void free_router(struct http_router **router)
{
    http_router_free(*router);
}

static struct http_router *routes(void)
{
    struct http_router *router = http_router_new();

    CU_ASSERT_EQUAL(http_router_add(router, "GET", "/healthz", handle, NULL), 0);
    CU_ASSERT_EQUAL(http_router_add(router, "POST", "/v1/commands/{type}", handle, NULL), 0);
    CU_ASSERT_EQUAL(http_router_add(router, "GET", "/v1/x/{a}/weeks/{b}", handle, NULL), 0);
    CU_ASSERT_EQUAL(http_router_add(router, "DELETE", "/v1/x/{a}/weeks/{b}", handle, NULL), 0);
    return router;
}

static int find(const struct http_router *router, const char *method, const char *path,
                struct http_match *match, struct buf *allow)
{
    buf_clear(allow);
    return http_router_find(router, span_text(method), span_text(path), match, allow);
}

void test_parameters_come_in_the_order_of_the_template(void)
{
    cleanup(free_router) struct http_router *router = routes();
    cleanup(buf_deinit) struct buf allow = {0};
    struct http_match match;

    CU_ASSERT_EQUAL(find(router, "GET", "/v1/x/1/weeks/2026-W47", &match, &allow), 0);
    CU_ASSERT_STRING_EQUAL(match.path, "/v1/x/{a}/weeks/{b}");
    CU_ASSERT_EQUAL(match.param_count, 2);
    CU_ASSERT_TRUE(span_is(match.params[0], "1"));
    CU_ASSERT_TRUE(span_is(match.params[1], "2026-W47"));
}

void test_an_unknown_path_is_not_an_unknown_method(void)
{
    cleanup(free_router) struct http_router *router = routes();
    cleanup(buf_deinit) struct buf allow = {0};
    struct http_match match;
    static const char *const unknown[] = {"/",
                                          "/healthz/",
                                          "/health",
                                          "//healthz",
                                          "/v1/commands",
                                          "/v1/commands/",
                                          "/v1/commands/a/b",
                                          "/v1/x//weeks/b",
                                          "/v1/x/a/Weeks/b"};

    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        CU_ASSERT_EQUAL(find(router, "GET", unknown[i], &match, &allow), HTTP_NO_SUCH_PATH);
    CU_ASSERT_EQUAL(find(router, "PUT", "/healthz", &match, &allow), HTTP_NO_SUCH_METHOD);
}

void test_a_wrong_method_is_told_the_right_ones(void)
{
    cleanup(free_router) struct http_router *router = routes();
    cleanup(buf_deinit) struct buf allow = {0};
    struct http_match match;

    CU_ASSERT_EQUAL(find(router, "POST", "/v1/x/1/weeks/2", &match, &allow), HTTP_NO_SUCH_METHOD);
    CU_ASSERT_STRING_EQUAL(allow.data, "GET, HEAD, DELETE");
    CU_ASSERT_EQUAL(find(router, "HEAD", "/v1/commands/a", &match, &allow), HTTP_NO_SUCH_METHOD);
    CU_ASSERT_STRING_EQUAL(allow.data, "POST");
    CU_ASSERT_EQUAL(find(router, "get", "/healthz", &match, &allow), HTTP_NO_SUCH_METHOD);
}

void test_head_is_answered_where_get_is(void)
{
    cleanup(free_router) struct http_router *router = routes();
    cleanup(buf_deinit) struct buf allow = {0};
    struct http_match match;

    CU_ASSERT_EQUAL(find(router, "HEAD", "/healthz", &match, &allow), 0);
}

void test_templates_that_clash_or_are_malformed_are_refused(void)
{
    cleanup(free_router) struct http_router *router = routes();

    CU_ASSERT_EQUAL(http_router_add(router, "GET", "/healthz", handle, NULL), -EEXIST);
    CU_ASSERT_EQUAL(http_router_add(router, "GET", "/v1/x/{b}/weeks/{a}", handle, NULL), -EEXIST);
    CU_ASSERT_EQUAL(http_router_add(router, "GET", "v1", handle, NULL), -EINVAL);
    CU_ASSERT_EQUAL(http_router_add(router, "GET", "/a{b}", handle, NULL), -EINVAL);
    CU_ASSERT_EQUAL(http_router_add(router, "GET", "/{}", handle, NULL), -EINVAL);
    CU_ASSERT_EQUAL(http_router_add(router, "GET", "/{b", handle, NULL), -EINVAL);
    CU_ASSERT_EQUAL(
        http_router_add(router, "GET", "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}", handle, NULL),
        -EINVAL);
}

void test_a_route_may_allow_larger_bodies_than_the_others(void)
{
    cleanup(free_router) struct http_router *router = http_router_new();
    struct http_request head = {.method = span_text("POST"), .path = span_text("/v1/large/x")};

    CU_ASSERT_EQUAL(http_router_add(router, "POST", "/v1/large/{it}", handle, NULL), 0);
    CU_ASSERT_EQUAL(http_router_body_max(router, &head), HTTP_BODY_MAX);
    CU_ASSERT_EQUAL(http_router_allow_body(router, "POST", "/v1/large/{it}", 1 << 20), 0);
    CU_ASSERT_EQUAL(http_router_allow_body(router, "PUT", "/v1/large/{it}", 1 << 20), -ENOENT);
    CU_ASSERT_EQUAL(http_router_body_max(router, &head), 1 << 20);
    head.method = span_text("PUT");
    CU_ASSERT_EQUAL(http_router_body_max(router, &head), HTTP_BODY_MAX);
}
