/* What clients see of routes and answers: methods, compression, origins, caching. */
#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/http_client.h"
#include "support/http_host.h"

enum { LARGE = 5000 };

struct fixture {
    struct http_host host;
    struct http_router *router;
};

static void on_large(struct http_exchange *exchange, void *data)
{
    char body[LARGE];

    (void)data;
    memset(body, 'x', sizeof body);
    http_answer(exchange, &(struct http_response){.status = 200,
                                                  .content_type = "application/json",
                                                  .body = span_of(body, sizeof body)});
}

static void on_same(struct http_exchange *exchange, void *data)
{
    const struct http_header etag = {span_text("ETag"), span_text("W/\"a\"")};

    (void)data;
    http_answer(exchange,
                &(struct http_response){.status = 304, .headers = &etag, .header_count = 1});
}

static void on_post(struct http_exchange *exchange, void *data)
{
    (void)data;
    http_answer(exchange, &(struct http_response){.status = 200,
                                                  .content_type = "application/json",
                                                  .body = span_text("{}")});
}

static void handle(struct http_exchange *exchange, void *data)
{
    http_router_handle(((struct fixture *)data)->router, exchange);
}

static void allow_origin(void *data)
{
    cleanup(buf_deinit) struct buf error = {0};
    struct http_cors *cors = NULL;

    CU_ASSERT_EQUAL(http_cors_new("https://app.example.org", &cors, &error), 0);
    http_server_use_cors(((struct fixture *)data)->host.server, cors);
}

static void start(struct fixture *f)
{
    f->router = http_router_new();
    CU_ASSERT_EQUAL(http_router_add(f->router, "GET", "/large", on_large, NULL), 0);
    CU_ASSERT_EQUAL(http_router_add(f->router, "GET", "/same", on_same, NULL), 0);
    CU_ASSERT_EQUAL(http_router_add(f->router, "POST", "/post", on_post, NULL), 0);
    http_host_start(&f->host, &(struct http_handler){.handle = handle, .data = f},
                    &http_limits_default);
    http_host_do(&f->host, allow_origin, f);
}

static void stop(struct fixture *f)
{
    http_host_stop(&f->host);
    http_router_free(f->router);
}

/* The whole answer to one request; `fields` are lines with their ends. */
static const char *ask(struct fixture *f, const char *line, const char *fields)
{
    char request[1024];
    int fd = http_client(f->host.port);
    const char *text;

    snprintf(request, sizeof request, "%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s\r\n", line,
             fields);
    http_send_text(fd, request);
    text = http_read_all(fd);
    close(fd);
    return text;
}

static bool says(const char *text, const char *part)
{
    bool there = strstr(text, part) != NULL;

    if (!there)
        printf("# no %s in:\n%.600s\n", part, text);
    return there;
}

static size_t length_of(const char *text)
{
    const char *at = strstr(text, "Content-Length: ");

    return at ? strtoul(at + 16, NULL, 10) : 0;
}

void test_a_large_answer_is_compressed_for_who_asks(void)
{
    struct fixture f;
    const char *text;
    size_t length;

    start(&f);
    text = ask(&f, "GET /large", "Accept-Encoding: gzip, br\r\n");
    CU_ASSERT_TRUE(says(text, "Content-Encoding: gzip\r\n"));
    CU_ASSERT_TRUE(says(text, "Vary: Accept-Encoding\r\n"));
    length = length_of(text);
    CU_ASSERT(length > 0 && length < LARGE / 10);
    text = ask(&f, "HEAD /large", "Accept-Encoding: gzip, br\r\n");
    CU_ASSERT_TRUE(says(text, "Content-Encoding: gzip\r\n"));
    CU_ASSERT_EQUAL(length_of(text), length);
    CU_ASSERT_STRING_EQUAL(strstr(text, "\r\n\r\n"), "\r\n\r\n");
    text = ask(&f, "GET /large", "");
    CU_ASSERT_PTR_NULL(strstr(text, "Content-Encoding"));
    CU_ASSERT_TRUE(says(text, "Vary: Accept-Encoding\r\n"));
    CU_ASSERT_EQUAL(length_of(text), LARGE);
    text = ask(&f, "POST /post", "Accept-Encoding: gzip\r\nContent-Length: 0\r\n");
    CU_ASSERT_PTR_NULL(strstr(text, "Content-Encoding"));
    stop(&f);
}

void test_an_unchanged_answer_says_by_what_it_may_vary_and_has_no_length(void)
{
    struct fixture f;
    const char *text;

    start(&f);
    for (int i = 0; i < 2; i++) {
        text = ask(&f, i ? "HEAD /same" : "GET /same", "");
        CU_ASSERT_TRUE(says(text, "HTTP/1.1 304 Not Modified\r\n"));
        CU_ASSERT_TRUE(says(text, "Vary: Accept-Encoding\r\n"));
        CU_ASSERT_TRUE(says(text, "Vary: Origin\r\n"));
        CU_ASSERT_PTR_NULL(strstr(text, "Content-Length"));
        CU_ASSERT_PTR_NULL(strstr(text, "Cache-Control"));
        CU_ASSERT_STRING_EQUAL(strstr(text, "\r\n\r\n"), "\r\n\r\n");
    }
    stop(&f);
}

void test_an_answer_is_not_kept_unless_it_says_so(void)
{
    struct fixture f;

    start(&f);
    CU_ASSERT_TRUE(says(ask(&f, "POST /post", "Content-Length: 0\r\n"), "no-store\r\n"));
    CU_ASSERT_TRUE(says(ask(&f, "GET /nothing", ""), "Cache-Control: no-store\r\n"));
    CU_ASSERT_TRUE(says(ask(&f, "GET /nothing", ""), "X-Content-Type-Options: nosniff\r\n"));
    CU_ASSERT_PTR_NULL(strstr(ask(&f, "GET /large", ""), "Strict-Transport-Security"));
    stop(&f);
}

void test_a_path_tells_its_methods(void)
{
    struct fixture f;
    const char *text;

    start(&f);
    text = ask(&f, "OPTIONS /large", "");
    CU_ASSERT_TRUE(says(text, "HTTP/1.1 204 No Content\r\n"));
    CU_ASSERT_TRUE(says(text, "Allow: GET, HEAD, OPTIONS\r\n"));
    CU_ASSERT_TRUE(says(ask(&f, "OPTIONS /post", ""), "Allow: POST, OPTIONS\r\n"));
    text = ask(&f, "OPTIONS *", "");
    CU_ASSERT_TRUE(says(text, "HTTP/1.1 204 No Content\r\n"));
    CU_ASSERT_TRUE(says(text, "Allow: GET, HEAD, POST, OPTIONS\r\n"));
    CU_ASSERT_TRUE(says(ask(&f, "OPTIONS /nothing", ""), "HTTP/1.1 404 Not Found\r\n"));
    text = ask(&f, "DELETE /post", "");
    CU_ASSERT_TRUE(says(text, "HTTP/1.1 405 Method Not Allowed\r\n"));
    CU_ASSERT_TRUE(says(text, "Allow: POST, OPTIONS\r\n"));
    CU_ASSERT_TRUE(says(ask(&f, "GET *", ""), "HTTP/1.1 400 Bad Request\r\n"));
    stop(&f);
}

void test_a_page_of_an_allowed_origin_may_read_answers_and_refusals(void)
{
    static const char *const lines[] = {"GET /large", "GET /nothing", "DELETE /post", "GET /same"};
    struct fixture f;
    const char *text;

    start(&f);
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        text = ask(&f, lines[i], "Origin: https://app.example.org\r\n");
        CU_ASSERT_TRUE(says(text, "Access-Control-Allow-Origin: https://app.example.org\r\n"));
        text = ask(&f, lines[i], "Origin: https://evil.example\r\n");
        CU_ASSERT_PTR_NULL(strstr(text, "Access-Control"));
    }
    text = ask(&f, "OPTIONS /post",
               "Origin: https://app.example.org\r\nAccess-Control-Request-Method: POST\r\n"
               "Access-Control-Request-Headers: authorization\r\n");
    CU_ASSERT_TRUE(says(text, "HTTP/1.1 204 No Content\r\n"));
    CU_ASSERT_TRUE(says(text, "Access-Control-Allow-Methods: GET, HEAD, POST\r\n"));
    stop(&f);
}

void test_an_encoded_body_is_refused(void)
{
    struct fixture f;
    const char *text;

    start(&f);
    text = ask(&f, "POST /post", "Content-Encoding: gzip\r\nContent-Length: 3\r\n");
    CU_ASSERT_TRUE(says(text, "HTTP/1.1 415 Unsupported Media Type\r\n"));
    CU_ASSERT_TRUE(says(text, "Accept-Encoding: identity\r\n"));
    CU_ASSERT_TRUE(says(text, "\"code\":\"unsupported_encoding\""));
    text = ask(&f, "POST /post", "Content-Encoding: Identity\r\nContent-Length: 0\r\n");
    CU_ASSERT_TRUE(says(text, "HTTP/1.1 200 OK\r\n"));
    stop(&f);
}
