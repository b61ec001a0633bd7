/* Which origins are taken, and what their pages are told. */
#include "http/http_cors.h"

#include <CUnit/CUnit.h>
#include <errno.h>

static void free_cors(struct http_cors **cors)
{
    http_cors_free(*cors);
}

static struct http_cors *cors_of(const char *origins)
{
    cleanup(buf_deinit) struct buf error = {0};
    struct http_cors *cors = NULL;

    CU_ASSERT_EQUAL(http_cors_new(origins, &cors, &error), 0);
    CU_ASSERT_EQUAL(error.size, 0);
    return cors;
}

/* The fields for a request from an origin (NULL: none). */
static const char *fields(const struct http_cors *cors, const char *method, const char *origin,
                          bool preflight, struct buf *out)
{
    struct http_request request = {.method = span_text(method)};

    if (origin)
        request.headers[request.header_count++] =
            (struct http_header){span_text("Origin"), span_text(origin)};
    if (preflight)
        request.headers[request.header_count++] =
            (struct http_header){span_text("Access-Control-Request-Method"), span_text("POST")};
    buf_clear(out);
    http_cors_write(cors, &request, out);
    return out->data ? out->data : "";
}

void test_an_origin_of_the_list_may_read_and_another_not(void)
{
    cleanup(free_cors) struct http_cors *cors =
        cors_of("https://app.example.org, http://localhost:5173,http://[::1]:8080");
    static const char *const others[] = {"https://app.example.org.evil.net",
                                         "http://app.example.org",
                                         "https://app.example.org:8443",
                                         "null",
                                         "",
                                         "https://APP.example.org"};
    cleanup(buf_deinit) struct buf out = {0};
    const char *text = fields(cors, "GET", "https://app.example.org", false, &out);

    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "Access-Control-Allow-Origin: https://app.example.org\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "Access-Control-Expose-Headers: Location, ETag"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "Vary: Origin\r\n"));
    CU_ASSERT_PTR_NULL(strstr(text, "Credentials"));
    CU_ASSERT_PTR_NULL(strstr(text, "Allow-Methods"));
    text = fields(cors, "GET", "http://[::1]:8080", false, &out);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "Access-Control-Allow-Origin: http://[::1]:8080\r\n"));
    for (size_t i = 0; i < COUNT_OF(others); i++)
        CU_ASSERT_STRING_EQUAL(fields(cors, "GET", others[i], true, &out), "Vary: Origin\r\n");
    CU_ASSERT_STRING_EQUAL(fields(cors, "GET", NULL, false, &out), "Vary: Origin\r\n");
}

void test_a_preflight_is_told_what_may_be_sent(void)
{
    cleanup(free_cors) struct http_cors *cors = cors_of("https://app.example.org");
    cleanup(buf_deinit) struct buf out = {0};
    const char *text = fields(cors, "OPTIONS", "https://app.example.org", true, &out);

    CU_ASSERT_PTR_NOT_NULL(strstr(text, "Access-Control-Allow-Methods: GET, HEAD, POST\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "Authorization, Content-Type, Idempotency-Key, "
                                        "X-Organization-ID, Prefer, traceparent, If-None-Match, "
                                        "Last-Event-ID\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "Access-Control-Max-Age: 7200\r\n"));
    CU_ASSERT_PTR_NULL(strstr(text, "Expose-Headers"));
    text = fields(cors, "OPTIONS", "https://app.example.org", false, &out);
    CU_ASSERT_PTR_NULL(strstr(text, "Allow-Methods"));
}

void test_a_star_is_for_every_origin(void)
{
    cleanup(free_cors) struct http_cors *cors = cors_of("*");
    cleanup(buf_deinit) struct buf out = {0};
    const char *text = fields(cors, "GET", "https://anywhere.example", false, &out);

    CU_ASSERT_PTR_NOT_NULL(strstr(text, "Access-Control-Allow-Origin: *\r\n"));
    CU_ASSERT_PTR_NULL(strstr(text, "Vary"));
}

void test_what_is_no_origin_is_refused_with_the_reason(void)
{
    static const struct {
        const char *origins, *reason;
    } cases[] = {
        {"", "it is empty"},
        {"https://a.example,", "it is empty"},
        {"app.example.org", "no scheme"},
        {"https://a.example/", "no slash at its end"},
        {"https://a.example/app", "no path"},
        {"HTTPS://a.example", "scheme is not in lower case"},
        {"https://A.example", "no name in lower case"},
        {"https://", "no name"},
        {"https://user@a.example", "no name"},
        {"https://a.example:", "port is no number"},
        {"https://a.example:0", "port is no number"},
        {"https://a.example:65536", "port is no number"},
        {"https://a.example:99999999999999999999", "port is no number"},
        {"https://a.example:80x", "port is no number"},
        {"http://"
         "a.example:\x97\x97\x97\x97\x97\x97\x97\x97\x97\x97\x97\x97\x97\x97\x97\x97\x97\x97",
         "port is no number"},
        {"https://a.example:443", "leave out"},
        {"http://a.example:80", "leave out"},
        {"https://*.example.org", "no name"},
        {"*,https://a.example", "no scheme"},
        {"null", "no scheme"},
        {"http://[::1", "[::1]"},
        {"http://[::1]x", "something follows"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cleanup(buf_deinit) struct buf error = {0};
        struct http_cors *cors = NULL;

        CU_ASSERT_EQUAL(http_cors_new(cases[i].origins, &cors, &error), -EINVAL);
        CU_ASSERT_PTR_NULL(cors);
        CU_ASSERT_PTR_NOT_NULL_FATAL(error.data);
        if (!strstr(error.data, cases[i].reason))
            printf("# %s: %s\n", cases[i].origins, error.data);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.data, cases[i].reason));
    }
}
