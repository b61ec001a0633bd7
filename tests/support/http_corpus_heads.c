/* Heads of the corpus, and what only looks malformed. */
#include <stdio.h>

#include "support/http_corpus_parts.h"

static void give_request_lines(const struct corpus *corpus)
{
    static const struct span lines[] = {
        TEXT("GET /first\r\n\r\n"), /* HTTP/0.9 */
        TEXT("GET /first HTTP/0.9"),
        TEXT("GET /first HTTP/1.2"),
        TEXT("GET /first HTTP/2.0"),
        TEXT("GET /first HTTP/2"),
        TEXT("GET /first HTTP/3.0"),
        TEXT("GET /first HTTP/1"),
        TEXT("GET /first HTTP/1."),
        TEXT("GET /first HTTP/.1"),
        TEXT("GET /first HTTP/1.10"),
        TEXT("GET /first HTTP/01.1"),
        TEXT("GET /first HTTP/11.1"),
        TEXT("GET /first HTTP/1,1"),
        TEXT("GET /first HTTP/+1.1"),
        TEXT("GET /first HTTP/1.1 "),
        TEXT("GET /first HTTP/1.1 x"),
        TEXT("GET /first HTTP/1.1\t"),
        TEXT("GET /first http/1.1"),
        TEXT("GET /first HTTPS/1.1"),
        TEXT("GET /first ICY/1.1"),
        TEXT("GET /first HTTP /1.1"),
        TEXT("GET /first HTTP/ 1.1"),
        TEXT("GET /first  HTTP/1.1"),
        TEXT("GET  /first HTTP/1.1"),
        TEXT(" GET /first HTTP/1.1"),
        TEXT("\tGET /first HTTP/1.1"),
        TEXT("GET\t/first HTTP/1.1"),
        TEXT("GET /first\tHTTP/1.1"),
        TEXT("GET\x0b/first HTTP/1.1"),
        TEXT("\r\nGET /first HTTP/1.1"),
        TEXT("\nGET /first HTTP/1.1"),
        TEXT("\rGET /first HTTP/1.1"),
        TEXT("\0GET /first HTTP/1.1"),
        TEXT("\xef\xbb\xbfGET /first HTTP/1.1"),
        TEXT("/first HTTP/1.1"),
        TEXT("GET HTTP/1.1"),
        TEXT("GET"),
        TEXT("HTTP/1.1"),
        TEXT("HTTP/1.1 200 OK"),
        TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        TEXT("GET http://b/smuggled HTTP/1.1"),
        TEXT("GET http://a:80/smuggled HTTP/1.1"),
        TEXT("GET http://a.b/smuggled HTTP/1.1"),
        TEXT("GET http://u@a/smuggled HTTP/1.1"),
        TEXT("GET http://a@b/smuggled HTTP/1.1"),
        TEXT("GET http://a%2fb/smuggled HTTP/1.1"),
        TEXT("GET http:///smuggled HTTP/1.1"),
        TEXT("GET http://?smuggled HTTP/1.1"),
        TEXT("GET http:// HTTP/1.1"),
        TEXT("GET http:/smuggled HTTP/1.1"),
        TEXT("GET http:smuggled HTTP/1.1"),
        TEXT("GET //a/smuggled#x HTTP/1.1"),
        TEXT("GET http://a/first#fragment HTTP/1.1"),
        TEXT("GET http://a/first%00 HTTP/1.1"),
        TEXT("GET http://a\\@b/smuggled HTTP/1.1"),
        TEXT("GET ftp://a/smuggled HTTP/1.1"),
        TEXT("GET http://a http://a/smuggled HTTP/1.1"),
        TEXT("GET a/first HTTP/1.1"),
        TEXT("GET first HTTP/1.1"),
        TEXT("GET ?first HTTP/1.1"),
        TEXT("GET * HTTP/1.1"),
        TEXT("CONNECT a:80 HTTP/1.1"),
        TEXT("CONNECT a HTTP/1.1"),
        TEXT("CONNECT * HTTP/1.1"),
        TEXT("OPTIONS ** HTTP/1.1"),
        TEXT("GET /first% HTTP/1.1"),
        TEXT("GET /first%2 HTTP/1.1"),
        TEXT("GET /first%zz HTTP/1.1"),
        TEXT("GET /first%2g HTTP/1.1"),
        TEXT("GET /first%00 HTTP/1.1"),
        TEXT("GET /first?a=%00 HTTP/1.1"),
        TEXT("GET /first?a=% HTTP/1.1"),
        TEXT("GET /first#fragment HTTP/1.1"),
        TEXT("GET /first HTTP/1.1\r\n Host: b"),
        TEXT("GET /first HTTP/1.1\r\n\tX: y"),
        TEXT("GET /first HTTP/1.1\n"),
        TEXT("GET /first HTTP/1.1\r"),
        TEXT("GET /first HTTP/1.1\r\r"),
        TEXT("G@T /first HTTP/1.1"),
        TEXT("G,T /first HTTP/1.1"),
        TEXT("\"GET\" /first HTTP/1.1"),
        TEXT("G\xc3\x89T /first HTTP/1.1"),
    };

    for (size_t i = 0; i < COUNT_OF(lines); i++)
        corpus_give_parts(corpus, "request line", HTTP_CORPUS_REFUSED, span_of(NULL, 0), lines[i],
                          span_text("\r\nHost: a\r\n\r\n" SMUGGLED));
}

static void give_fields(const struct corpus *corpus)
{
    static const struct span fields[] = {
        TEXT("Host: a"),
        TEXT("host: b"),
        TEXT("HOST: a"),
        TEXT("Host : a"),
        TEXT("X : y"),
        TEXT("X\t: y"),
        TEXT(": y"),
        TEXT(":"),
        TEXT("X"),
        TEXT("X y"),
        TEXT(" X: y"),
        TEXT("X: y\r\n folded"),
        TEXT("X: y\r\n\tfolded"),
        TEXT("X: y\n"),
        TEXT("X: y\nZ: z"),
        TEXT("X: y\rZ: z"),
        TEXT("X: y\r\r"),
        TEXT("X: y\r\n\n"),
        TEXT("Authorization: a\r\nAuthorization: b"),
        TEXT("X-Organization-ID: a\r\nx-organization-id: b"),
        TEXT("Content-Type: a\r\nContent-Type: b"),
        TEXT("Content-Encoding: identity\r\nContent-Encoding: gzip"),
        TEXT("Content-Encoding: gzip"),
        TEXT("Idempotency-Key: a\r\nIdempotency-Key: b"),
        TEXT("Expect: 100-continue\r\nExpect: 100-continue"),
        TEXT("Expect: 200-ok"),
        TEXT("Expect: 100-continue, more"),
        TEXT("Expect: 100-continue;x"),
        TEXT("Expect: 100 continue"),
        TEXT("Expect: x100-continue"),
    };
    static const char *const hosts[] = {"",    " ",   "a,b", "a, b",      "a b",      "u@a",
                                        "a/b", "a?b", "a#b", "a\\b",      "http://a", "\"a\"",
                                        "a;b", "a=b", "<a>", "a\xc3\xa9", "a%00",     "a|b"};

    for (size_t i = 0; i < COUNT_OF(fields); i++)
        corpus_give_parts(corpus, "field", HTTP_CORPUS_REFUSED, span_text(POST), fields[i],
                          span_text("\r\n" EMPTY SMUGGLED));
    for (size_t i = 0; i < COUNT_OF(hosts); i++)
        corpus_give_parts(corpus, "host", HTTP_CORPUS_REFUSED,
                          span_text("POST /first HTTP/1.1\r\nHost: "), span_text(hosts[i]),
                          span_text("\r\n" EMPTY SMUGGLED));
    corpus_give_parts(corpus, "host", HTTP_CORPUS_REFUSED, span_text("POST /first HTTP/1.1\r\n"),
                      span_text(EMPTY), span_text(SMUGGLED));
    corpus_give_parts(corpus, "host", HTTP_CORPUS_REFUSED, span_text("POST /first HTTP/1.0\r\n"),
                      span_text(EMPTY), span_text(SMUGGLED));
}

/* Every byte that may not stand there, in a method, a target, a field's name and its value. */
static void give_bytes(const struct corpus *corpus)
{
    static const char target[] = "-._~!$&'()*+,;=:@/?%", token[] = "!#$%&'*+-.^_`|~";

    for (unsigned c = 0; c < 256; c++) {
        const char byte = (char)c;
        const struct span one = span_of(&byte, 1);
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        if (!plain && !(c && strchr(token, (int)c))) {
            if (c != ' ')
                corpus_give_parts(corpus, "byte of a method", HTTP_CORPUS_REFUSED, span_text("GE"),
                                  one, span_text("T /first HTTP/1.1\r\nHost: a\r\n\r\n" SMUGGLED));
            if (c != ':')
                corpus_give_parts(corpus, "byte of a name", HTTP_CORPUS_REFUSED,
                                  span_text(POST "X"), one, span_text("Y: z\r\n" EMPTY SMUGGLED));
        }
        if (!plain && !(c && strchr(target, (int)c)))
            corpus_give_parts(corpus, "byte of a target", HTTP_CORPUS_REFUSED,
                              span_text("GET /first"), one,
                              span_text("x HTTP/1.1\r\nHost: a\r\n\r\n" SMUGGLED));
        if ((c < ' ' && c != '\t') || c == 0x7f)
            corpus_give_parts(corpus, "byte of a value", HTTP_CORPUS_REFUSED,
                              span_text(POST "X: y"), one, span_text("z\r\n" EMPTY SMUGGLED));
    }
}

static void give_large_heads(const struct corpus *corpus)
{
    cleanup(buf_deinit) struct buf fields = {0}, target = {0}, value = {0}, name = {0};

    buf_add_text(&fields, POST);
    for (int i = 0; i < 64; i++)
        buf_printf(&fields, "X%d: y\r\n", i);
    buf_add_text(&fields, EMPTY SMUGGLED);
    corpus_give(corpus, "too many fields", HTTP_CORPUS_REFUSED, &fields);
    buf_printf(&target, "GET /first%0*d HTTP/1.1\r\nHost: a\r\n\r\n" SMUGGLED, 2048, 0);
    corpus_give(corpus, "long target", HTTP_CORPUS_REFUSED, &target);
    buf_printf(&value, POST "X: %0*d\r\n" EMPTY SMUGGLED, 16384, 0);
    corpus_give(corpus, "long value", HTTP_CORPUS_REFUSED, &value);
    buf_printf(&name, POST "X%0*d: y\r\n" EMPTY SMUGGLED, 16384, 0);
    corpus_give(corpus, "long name", HTTP_CORPUS_REFUSED, &name);
}

/* What is no mistake, however odd: the hidden request is a body's text. */
static void give_good_ones(const struct corpus *corpus)
{
    static const struct {
        enum http_corpus_wanted wanted;
        const char *text;
    } good[] = {
        {HTTP_CORPUS_TAKEN, POST "Content-Length: 35\r\n\r\n" SMUGGLED},
        {HTTP_CORPUS_TAKEN, POST "content-length:35\r\n\r\n" SMUGGLED},
        {HTTP_CORPUS_EITHER, POST "Content-Length: \t35 \t\r\n\r\n" SMUGGLED},
        {HTTP_CORPUS_TAKEN, CHUNKED "23\r\n" SMUGGLED "\r\n0\r\n\r\n"},
        {HTTP_CORPUS_TAKEN, CHUNKED "00000023\r\n" SMUGGLED "\r\n00\r\n\r\n"},
        {HTTP_CORPUS_TAKEN, CHUNKED "2\r\nGE\r\n1\r\nT\r\n0\r\n\r\n"},
        {HTTP_CORPUS_TAKEN, CHUNKED "A\r\n0\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n"},
        {HTTP_CORPUS_TAKEN, POST "tRANSFER-eNCODING: cHUNKED\r\n\r\n0\r\n\r\n"},
        {HTTP_CORPUS_TAKEN, POST "\r\n"},
        {HTTP_CORPUS_TAKEN, POST "X-Transfer-Encoding: chunked\r\n\r\n"},
        {HTTP_CORPUS_TAKEN, POST "Transfer_Encoding: chunked\r\nContent_Length: 35\r\n\r\n"},
        {HTTP_CORPUS_TAKEN, POST "X: \xff\xfe\r\nY:\r\nZ: a:b, c;d\r\n" EMPTY},
        {HTTP_CORPUS_TAKEN,
         POST "Connection: Content-Length\r\nContent-Length: 35\r\n\r\n" SMUGGLED},
        {HTTP_CORPUS_TAKEN, POST "Expect: 100-continue\r\nContent-Length: 35\r\n\r\n" SMUGGLED},
        {HTTP_CORPUS_EITHER,
         "post /first HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\n" SMUGGLED},
        {HTTP_CORPUS_EITHER,
         "BREW /first HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\n" SMUGGLED},
        {HTTP_CORPUS_TAKEN, "GET /first HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"},
        {HTTP_CORPUS_TAKEN, "GET //first HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"},
        {HTTP_CORPUS_TAKEN, "GET /first/../x%2e%0d%0a?a=b&c=%20 HTTP/1.1\r\nHost: a.b:80\r\n\r\n"},
        {HTTP_CORPUS_TAKEN, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"},
        {HTTP_CORPUS_TAKEN, "GET http://a/first HTTP/1.1\r\nHost: a\r\n\r\n"},
        {HTTP_CORPUS_TAKEN, "GET HTTPS://A.b:80/first?c=http://d HTTP/1.1\r\nHost: a.B:80\r\n\r\n"},
        {HTTP_CORPUS_TAKEN, "GET http://[::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"},
        {HTTP_CORPUS_TAKEN,
         "POST http://a/first HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\n" SMUGGLED},
        {HTTP_CORPUS_EITHER, "GET /first HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"},
        {HTTP_CORPUS_EITHER, "GET /first HTTP/1.0\r\nHost: a\r\n\r\n"},
        {HTTP_CORPUS_EITHER, "GET /first HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"},
        {HTTP_CORPUS_EITHER,
         "GET /first HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
         "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"},
        {HTTP_CORPUS_EITHER, "GET /first HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
                             "Upgrade: websocket\r\n\r\n"},
        {HTTP_CORPUS_EITHER,
         POST "Connection: Upgrade\r\nUpgrade: x\r\nContent-Length: 35\r\n\r\n" SMUGGLED},
        {HTTP_CORPUS_EITHER, "CONNECT /first HTTP/1.1\r\nHost: a\r\n\r\n"},
    };

    for (size_t i = 0; i < COUNT_OF(good); i++)
        corpus_give_parts(corpus, "good", good[i].wanted, span_text(good[i].text), span_of(NULL, 0),
                          span_of(NULL, 0));
}

void corpus_give_heads(const struct corpus *corpus)
{
    give_request_lines(corpus);
    give_fields(corpus);
    give_bytes(corpus);
    give_large_heads(corpus);
    give_good_ones(corpus);
}
