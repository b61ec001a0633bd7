/* What a head must look like: everything that smuggling is made of is refused, whatever the parser
 * thinks of it, and what clients really send is taken. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "http/http_guard.h"
#include "http/http_request.h"

struct head {
    const char *bytes;
    size_t size;
};
#define HEAD(text)                                                                                 \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
#define GET "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST "POST /v1/x HTTP/1.1\r\nHost: a\r\n"

static const struct head refused[] = {
    /* request line */
    HEAD("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD(" GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("\tGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
    HEAD("GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET /\r\nHost: a\r\n\r\n"),
    HEAD("GET\r\nHost: a\r\n\r\n"),
    HEAD("GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
    HEAD("GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    HEAD("GET / HTTP/0.9\r\nHost: a\r\n\r\n"),
    HEAD("GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
    HEAD("GET / HTTP/01.1\r\nHost: a\r\n\r\n"),
    HEAD("GET / http/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET / HTTP/1,1\r\nHost: a\r\n\r\n"),
    HEAD("GET / HTTPS/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET / X HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("PRI * HTTP/2.0\r\n\r\n"),
    HEAD("G(T / HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GE\x80T / HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("FROB / HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("get / HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    /* request target */
    HEAD("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("OPTIONS ** HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET /\"a\" HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET /<a> HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET /{a} HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET /a|b HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET /a^b HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET /a`b HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET /% HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"),
    /* line ends and control characters */
    HEAD("GET / HTTP/1.1\nHost: a\n\n"),
    HEAD("GET / HTTP/1.1\r\nHost: a\n\r\n"),
    HEAD("GET / HTTP/1.1\nHost: a\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nHost: a\r\n\n"),
    HEAD("GET / HTTP/1.1\rHost: a\r\r"),
    HEAD("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\n\r\r\nHost: a\r\n\r\n"),
    HEAD(GET "X: a\0b\r\n\r\n"),
    HEAD(GET "X\0: ab\r\n\r\n"),
    HEAD(GET "X: a\x01\r\n\r\n"),
    HEAD(GET "X: a\x0b\r\n\r\n"),
    HEAD(GET "X: a\x0c\r\n\r\n"),
    HEAD(GET "X: a\x1b[31m\r\n\r\n"),
    HEAD(GET "X: a\x7f\r\n\r\n"),
    HEAD("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    /* header fields */
    HEAD(GET "X : a\r\n\r\n"),
    HEAD(GET "X\t: a\r\n\r\n"),
    HEAD(GET " X: a\r\n\r\n"),
    HEAD(GET "\tX: a\r\n\r\n"),
    HEAD(GET "X-Organization-I: v\r\n D\r\n\r\n"),
    HEAD(GET "X: a\r\n b\r\n\r\n"),
    HEAD(GET "X: a\r\n\tb\r\n\r\n"),
    HEAD(GET ": a\r\n\r\n"),
    HEAD(GET "X\r\n\r\n"),
    HEAD(GET "X Y: a\r\n\r\n"),
    HEAD(GET "X(Y): a\r\n\r\n"),
    HEAD(GET "X/Y: a\r\n\r\n"),
    HEAD(GET "X@Y: a\r\n\r\n"),
    HEAD(GET "X[0]: a\r\n\r\n"),
    HEAD(GET "\"X\": a\r\n\r\n"),
    HEAD(GET "X\x80: a\r\n\r\n"),
    HEAD(GET "X;Y: a\r\n\r\n"),
    HEAD(GET "X=Y\r\n\r\n"),
    HEAD(GET "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n"),
    HEAD(GET "X-Organization-ID: a\r\nx-organization-id: b\r\n\r\n"),
    HEAD(POST "Content-Type: a\r\nContent-Type: a\r\n\r\n"),
    HEAD(POST "Idempotency-Key: a\r\nIdempotency-Key: a\r\n\r\n"),
    HEAD(POST "Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n"),
    /* Host */
    HEAD("GET / HTTP/1.1\r\n\r\n"),
    HEAD("GET / HTTP/1.0\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nHost: \r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
    /* Content-Length */
    HEAD(POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n"),
    HEAD(POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\n"),
    HEAD(POST "Content-Length: 3\r\nCONTENT-LENGTH: 3\r\n\r\n"),
    HEAD(POST "Content-Length: 3, 3\r\n\r\n"),
    HEAD(POST "Content-Length: 3,4\r\n\r\n"),
    HEAD(POST "Content-Length : 3\r\n\r\n"),
    HEAD(POST "Content-Length: +3\r\n\r\n"),
    HEAD(POST "Content-Length: -3\r\n\r\n"),
    HEAD(POST "Content-Length: 0x3\r\n\r\n"),
    HEAD(POST "Content-Length: 03\r\n\r\n"),
    HEAD(POST "Content-Length: 3 3\r\n\r\n"),
    HEAD(POST "Content-Length: 3.0\r\n\r\n"),
    HEAD(POST "Content-Length: 1e3\r\n\r\n"),
    HEAD(POST "Content-Length: \r\n\r\n"),
    HEAD(POST "Content-Length:\r\n\r\n"),
    HEAD(POST "Content-Length: three\r\n\r\n"),
    HEAD(POST "Content-Length: 9223372036854775808\r\n\r\n"),
    HEAD(POST "Content-Length: 18446744073709551616\r\n\r\n"),
    HEAD(POST "Content-Length: 18446744073709551619\r\n\r\n"),
    HEAD(GET "Content-Length: 3\r\n\r\n"),
    HEAD("DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"),
    HEAD("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"),
    /* Transfer-Encoding */
    HEAD(POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"),
    HEAD(POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"),
    HEAD(POST "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    HEAD(POST "Content-Length: 3\r\ntRANSFER-eNCODING: chunked\r\n\r\n"),
    HEAD(POST "Content-Length: 3\r\nTransfer-Encoding: identity\r\n\r\n"),
    HEAD(POST "Transfer-Encoding : chunked\r\n\r\n"),
    HEAD(POST "Transfer-Encoding\t: chunked\r\n\r\n"),
    HEAD(POST "Transfer-Encoding:\x0b"
              "chunked\r\n\r\n"),
    HEAD(POST "Transfer-Encoding: xchunked\r\n\r\n"),
    HEAD(POST "Transfer-Encoding: chunkedx\r\n\r\n"),
    HEAD(POST "Transfer-Encoding: \"chunked\"\r\n\r\n"),
    HEAD(POST "Transfer-Encoding: chunked, chunked\r\n\r\n"),
    HEAD(POST "Transfer-Encoding: chunked, identity\r\n\r\n"),
    HEAD(POST "Transfer-Encoding: identity, chunked\r\n\r\n"),
    HEAD(POST "Transfer-Encoding: gzip, chunked\r\n\r\n"),
    HEAD(POST "Transfer-Encoding: gzip\r\n\r\n"),
    HEAD(POST "Transfer-Encoding: identity\r\n\r\n"),
    HEAD(POST "Transfer-Encoding: chunked;q=1\r\n\r\n"),
    HEAD(POST "Transfer-Encoding:\r\n\r\n"),
    HEAD(POST "Transfer-Encoding: ,chunked\r\n\r\n"),
    HEAD(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
    HEAD(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"),
    HEAD(POST "Transfer-Encoding:\r\n chunked\r\n\r\n"),
    HEAD(POST "Transfer-Encoding: chunked\nContent-Length: 3\r\n\r\n"),
    HEAD(POST "X: a\nTransfer-Encoding: chunked\r\n\r\n"),
    HEAD("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
    HEAD(GET "Transfer-Encoding: chunked\r\n\r\n"),
    HEAD("DELETE / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
    HEAD("HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
};

static const struct head accepted[] = {
    HEAD("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("GET / HTTP/1.0\r\nHost: a\r\n\r\n"),
    HEAD("GET /v1/mc/players/0/weeks/2026-W47?a=b&c=%20 HTTP/1.1\r\nHost: localhost:8080\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nHost: [::1]:8080\r\nX:\r\nY: \t \r\nZ:a:b\r\n\r\n"),
    HEAD("GET / HTTP/1.1\r\nhost:a\r\nX: caf\xc3\xa9\t(\"quoted\")\r\nX: twice\r\n\r\n"),
    HEAD(GET "Content-Length: 0\r\n\r\n"),
    HEAD(POST "Content-Length: 3\r\n\r\n"),
    HEAD(POST "Content-Length:\t3 \r\nExpect: 100-continue\r\n\r\n"),
    HEAD(POST "Transfer-Encoding: chunked\r\n\r\n"),
    HEAD(POST "Transfer-Encoding: Chunked\r\n\r\n"),
    HEAD(POST "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
    HEAD("DELETE /a HTTP/1.1\r\nHost: a\r\n\r\n"),
    HEAD("PATCH /a/../b//c HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n"),
};

static const char *read_whole(struct span bytes, struct http_request *request)
{
    size_t scanned = 0, head_size;
    const char *breach = http_guard_scan(bytes, &scanned, &head_size);

    if (breach)
        return breach;
    if (head_size != bytes.size)
        return "The end of the head was not found.";
    return http_request_read(bytes, request);
}

void test_every_malformed_head_is_refused(void)
{
    struct http_request request;

    CU_ASSERT(sizeof refused / sizeof refused[0] >= 100);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const char *breach = read_whole(span_of(refused[i].bytes, refused[i].size), &request);

        if (!breach || strcmp(breach, "The end of the head was not found.") == 0)
            fprintf(stderr, "taken: %s\n", refused[i].bytes);
        CU_ASSERT_PTR_NOT_NULL_FATAL(breach);
        CU_ASSERT_STRING_NOT_EQUAL(breach, "The end of the head was not found.");
    }
}

void test_every_good_head_is_taken(void)
{
    struct http_request request;

    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        const char *breach = read_whole(span_of(accepted[i].bytes, accepted[i].size), &request);

        if (breach)
            fprintf(stderr, "refused: %s: %s\n", accepted[i].bytes, breach);
        CU_ASSERT_PTR_NULL(breach);
    }
}

void test_a_head_is_found_whatever_the_pieces_it_comes_in(void)
{
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        size_t scanned = 0, head_size = 0;

        for (size_t size = 1; size <= accepted[i].size; size++) {
            CU_ASSERT_PTR_NULL(
                http_guard_scan(span_of(accepted[i].bytes, size), &scanned, &head_size));
            CU_ASSERT_EQUAL(head_size, size == accepted[i].size ? size : 0);
        }
    }
}

void test_a_malformed_head_is_refused_whatever_the_pieces_it_comes_in(void)
{
    struct http_request request;

    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        size_t scanned = 0, head_size = 0;
        const char *breach = NULL;

        for (size_t size = 1; size <= refused[i].size && !breach; size++) {
            breach = http_guard_scan(span_of(refused[i].bytes, size), &scanned, &head_size);
            if (!breach && head_size)
                breach = http_request_read(span_of(refused[i].bytes, head_size), &request);
        }
        CU_ASSERT_PTR_NOT_NULL(breach);
    }
}

void test_what_follows_the_head_is_left_alone(void)
{
    static const char bytes[] = POST "Content-Length: 3\r\n\r\na\nb\r\n\r\n";
    size_t scanned = 0, head_size;

    CU_ASSERT_PTR_NULL(http_guard_scan(span_text(bytes), &scanned, &head_size));
    CU_ASSERT_EQUAL(head_size, strlen(bytes) - 7);
}

void test_a_head_has_a_largest_size(void)
{
    static char bytes[HTTP_HEAD_MAX + 1];
    size_t scanned = 0, head_size;

    memset(bytes, 'a', sizeof bytes);
    CU_ASSERT_PTR_NULL(http_guard_scan(span_of(bytes, HTTP_HEAD_MAX - 1), &scanned, &head_size));
    CU_ASSERT_PTR_NOT_NULL(http_guard_scan(span_of(bytes, HTTP_HEAD_MAX), &scanned, &head_size));
}

static const char *read_with_fields(size_t count)
{
    static char bytes[HTTP_HEAD_MAX];
    struct http_request request;
    int size = snprintf(bytes, sizeof bytes, "%s", GET);

    for (size_t i = 1; i < count; i++)
        size += snprintf(bytes + size, sizeof bytes - (size_t)size, "X: a\r\n");
    size += snprintf(bytes + size, sizeof bytes - (size_t)size, "\r\n");
    return read_whole(span_of(bytes, (size_t)size), &request);
}

void test_a_head_has_a_largest_number_of_fields(void)
{
    CU_ASSERT_PTR_NULL(read_with_fields(HTTP_HEADERS_MAX));
    CU_ASSERT_PTR_NOT_NULL(read_with_fields(HTTP_HEADERS_MAX + 1));
}

static const char *read_with_target(size_t target_size)
{
    static char bytes[HTTP_HEAD_MAX];
    struct http_request request;
    int size = snprintf(bytes, sizeof bytes, "GET /");

    memset(bytes + size, 'a', target_size - 1);
    size += (int)target_size - 1;
    size += snprintf(bytes + size, sizeof bytes - (size_t)size, " HTTP/1.1\r\nHost: a\r\n\r\n");
    return read_whole(span_of(bytes, (size_t)size), &request);
}

void test_a_target_has_a_largest_size(void)
{
    CU_ASSERT_PTR_NULL(read_with_target(HTTP_TARGET_MAX));
    CU_ASSERT_PTR_NOT_NULL(read_with_target(HTTP_TARGET_MAX + 1));
}

static const char *decode(const char *text, size_t piece, char *out, size_t *ret_size, bool *done)
{
    struct http_chunks chunks = {0};
    struct span rest = span_text(text);

    *ret_size = 0;
    *done = false;
    while (rest.size && !*done) {
        size_t size = piece < rest.size ? piece : rest.size, used = 0, got = 0;
        const char *breach = http_chunks_decode(&chunks, span_of(rest.data, size), out + *ret_size,
                                                &used, &got, done);

        if (breach)
            return breach;
        *ret_size += got;
        rest = span_of(rest.data + used, rest.size - used);
    }
    return NULL;
}

void test_a_chunked_body_is_decoded_whatever_the_pieces_it_comes_in(void)
{
    static const char body[] = "5\r\nhello\r\n00000001\r\n \r\nA\r\nworld\r\n123\r\n0\r\n\r\n";
    char out[64];
    size_t size;
    bool done;

    for (size_t piece = 1; piece <= sizeof body; piece++) {
        CU_ASSERT_PTR_NULL(decode(body, piece, out, &size, &done));
        CU_ASSERT_TRUE(done);
        CU_ASSERT_TRUE(span_is(span_of(out, size), "hello world\r\n123"));
    }
}

void test_a_malformed_chunk_is_refused(void)
{
    static const char *const bad[] = {
        "\r\n",
        "g\r\n",
        "5\nhello",
        "5;x=y\r\nhello\r\n",
        "5 \r\nhello\r\n",
        " 5\r\nhello",
        "-5\r\nhello",
        "0x5\r\nhello\r\n",
        "5\r\nhellox\r\n",
        "5\r\nhello\n",
        "5\rXhello",
        "000000005\r\n",
        "0\r\nX: trailer\r\n",
        "0\r\n\n",
        "5\r\nhello\rX",
        "FFFFFFFFF\r\n",
        "0\n\r\n",
        "+5\r\nhello\r\n",
    };
    char out[64];
    size_t size;
    bool done;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        for (size_t piece = 1; piece <= strlen(bad[i]); piece++)
            CU_ASSERT_PTR_NOT_NULL(decode(bad[i], piece, out, &size, &done));
}

void test_a_chunked_body_ends_where_it_says(void)
{
    char out[64];
    struct http_chunks chunks = {0};
    size_t used, size;
    bool done;

    CU_ASSERT_PTR_NULL(http_chunks_decode(&chunks, span_text("1\r\na\r\n0\r\n\r\nGET /"), out,
                                          &used, &size, &done));
    CU_ASSERT_TRUE(done);
    CU_ASSERT_EQUAL(used, 11);
    CU_ASSERT_EQUAL(size, 1);
}
