/* What a handler sees of a request. */
#include <CUnit/CUnit.h>

#include "http/http_request.h"

static struct http_request read(const char *head)
{
    struct http_request request;

    CU_ASSERT_PTR_NULL_FATAL(http_request_read(span_text(head), &request));
    return request;
}

void test_a_request_is_taken_apart(void)
{
    struct http_request request =
        read("POST /v1/commands/mc.record-check?dry=1 HTTP/1.1\r\nHost: a\r\n"
             "Content-Length: 12\r\nX-Organization-ID:  abc \t\r\n\r\n");

    CU_ASSERT_TRUE(span_is(request.method, "POST"));
    CU_ASSERT_TRUE(span_is(request.path, "/v1/commands/mc.record-check"));
    CU_ASSERT_TRUE(span_is(request.query, "dry=1"));
    CU_ASSERT_EQUAL(request.header_count, 3);
    CU_ASSERT_TRUE(span_is(http_request_header(&request, "x-organization-id"), "abc"));
    CU_ASSERT_PTR_NULL(http_request_header(&request, "X-Organization").data);
    CU_ASSERT_TRUE(request.framing.has_length);
    CU_ASSERT_EQUAL(request.framing.length, 12);
    CU_ASSERT_TRUE(request.keep_alive);
}

void test_an_empty_value_differs_from_an_absent_field(void)
{
    struct http_request request = read("GET / HTTP/1.1\r\nHost: a\r\nX:\r\nY: b\r\n\r\n");

    CU_ASSERT_PTR_NOT_NULL(http_request_header(&request, "X").data);
    CU_ASSERT_EQUAL(http_request_header(&request, "X").size, 0);
    CU_ASSERT_TRUE(span_is(http_request_header(&request, "Y"), "b"));
}

void test_the_connection_is_kept_as_the_version_says(void)
{
    CU_ASSERT_TRUE(read("GET / HTTP/1.1\r\nHost: a\r\n\r\n").keep_alive);
    CU_ASSERT_FALSE(read("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").keep_alive);
    CU_ASSERT_FALSE(read("GET / HTTP/1.0\r\nHost: a\r\n\r\n").keep_alive);
    CU_ASSERT_TRUE(read("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}

void test_query_parameters_are_found_by_their_whole_name(void)
{
    struct http_request request = read("GET /?after=1&b=&limit=20 HTTP/1.1\r\nHost: a\r\n\r\n");

    CU_ASSERT_TRUE(span_is(http_request_param(&request, "after"), "1"));
    CU_ASSERT_TRUE(span_is(http_request_param(&request, "limit"), "20"));
    CU_ASSERT_PTR_NOT_NULL(http_request_param(&request, "b").data);
    CU_ASSERT_PTR_NULL(http_request_param(&request, "lim").data);
    CU_ASSERT_PTR_NULL(http_request_param(&request, "er").data);
}

void test_an_absolute_target_is_the_path_behind_its_authority(void)
{
    struct http_request request =
        read("GET http://a:80/v1/x?to=http://b/c HTTP/1.1\r\nHost: A:80\r\n\r\n");

    CU_ASSERT_TRUE(span_is(request.path, "/v1/x"));
    CU_ASSERT_TRUE(span_is(request.query, "to=http://b/c"));
    request = read("GET https://a?b=c HTTP/1.1\r\nHost: a\r\n\r\n");
    CU_ASSERT_TRUE(span_is(request.path, "/"));
    CU_ASSERT_TRUE(span_is(request.query, "b=c"));
    request = read("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n");
    CU_ASSERT_TRUE(span_is(request.path, "/"));
    CU_ASSERT_PTR_NULL(request.query.data);
}

void test_an_absolute_target_without_a_path_is_the_server_for_options(void)
{
    CU_ASSERT_TRUE(span_is(read("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n").path, "*"));
    CU_ASSERT_TRUE(span_is(read("OPTIONS http://a/ HTTP/1.1\r\nHost: a\r\n\r\n").path, "/"));
}

void test_host_and_an_absolute_target_name_the_same_server(void)
{
    struct http_request request;

    CU_ASSERT_PTR_NOT_NULL(
        http_request_read(span_text("GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n"), &request));
    CU_ASSERT_PTR_NOT_NULL(
        http_request_read(span_text("GET http://a/ HTTP/1.1\r\nHost: a:80\r\n\r\n"), &request));
}
