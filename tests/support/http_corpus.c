/* Bodies: how their end is told, and where there is none. */
#include "support/http_corpus.h"

#include <stdio.h>

#include "support/http_corpus_parts.h"

void corpus_give(const struct corpus *corpus, const char *group, enum http_corpus_wanted wanted,
                 const struct buf *bytes)
{
    corpus->visit(
        &(struct http_corpus_case){.group = group, .bytes = buf_span(bytes), .wanted = wanted},
        corpus->data);
}

void corpus_give_parts(const struct corpus *corpus, const char *group,
                       enum http_corpus_wanted wanted, struct span before, struct span middle,
                       struct span after)
{
    cleanup(buf_deinit) struct buf bytes = {0};

    buf_add(&bytes, before.data, before.size);
    buf_add(&bytes, middle.data, middle.size);
    buf_add(&bytes, after.data, after.size);
    corpus_give(corpus, group, wanted, &bytes);
}

/* TE.CL, CL.TE, TE.TE: each alone, before and behind a length. */
static void give_encodings(const struct corpus *corpus)
{
    static const struct span encodings[] = {
        TEXT("Transfer-Encoding : chunked"),
        TEXT("Transfer-Encoding\t: chunked"),
        TEXT("Transfer-Encoding\x0b: chunked"),
        TEXT("Transfer-Encoding\0: chunked"),
        TEXT(" Transfer-Encoding: chunked"),
        TEXT("\tTransfer-Encoding: chunked"),
        TEXT("Transfer-Encoding: xchunked"),
        TEXT("Transfer-Encoding: chunkedx"),
        TEXT("Transfer-Encoding: chunk"),
        TEXT("Transfer-Encoding: chunked, identity"),
        TEXT("Transfer-Encoding: identity, chunked"),
        TEXT("Transfer-Encoding: identity"),
        TEXT("Transfer-Encoding: chunked, chunked"),
        TEXT("Transfer-Encoding: gzip, chunked"),
        TEXT("Transfer-Encoding: chunked, gzip"),
        TEXT("Transfer-Encoding: gzip"),
        TEXT("Transfer-Encoding: deflate"),
        TEXT("Transfer-Encoding: cow"),
        TEXT("Transfer-Encoding: \"chunked\""),
        TEXT("Transfer-Encoding: 'chunked'"),
        TEXT("Transfer-Encoding: chunked;q=1"),
        TEXT("Transfer-Encoding: chunked; x=y"),
        TEXT("Transfer-Encoding: chunked,"),
        TEXT("Transfer-Encoding: ,chunked"),
        TEXT("Transfer-Encoding: ;chunked"),
        TEXT("Transfer-Encoding:"),
        TEXT("Transfer-Encoding: "),
        TEXT("Transfer-Encoding"),
        TEXT("Transfer-Encoding chunked"),
        TEXT("Transfer-Encoding:\x0b"
             "chunked"),
        TEXT("Transfer-Encoding:\x0c"
             "chunked"),
        TEXT("Transfer-Encoding: chunked\x0b"),
        TEXT("Transfer-Encoding: chunked\x0c"),
        TEXT("Transfer-Encoding: chunked\0"),
        TEXT("Transfer-Encoding: chunked\x7f"),
        TEXT("Transfer-Encoding: chunked\r"),
        TEXT("Transfer-Encoding:\rchunked"),
        TEXT("Transfer-Encoding:\nchunked"),
        TEXT("Transfer-Encoding:\r\n chunked"),
        TEXT("Transfer-Encoding:\r\n\tchunked"),
        TEXT("Transfer-Encoding\r\n : chunked"),
        TEXT("Transfer-\r\n Encoding: chunked"),
        TEXT("Transfer-Encoding: chunked\r\n , identity"),
        TEXT("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        TEXT("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
        TEXT("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked"),
        TEXT("Transfer-Encoding: chunked\r\ntransfer-encoding: x"),
        TEXT("X: y\nTransfer-Encoding: chunked"),
        TEXT("X: y\rTransfer-Encoding: chunked"),
        TEXT("Transfer-Encoding: \xc4\x8dhunked"),
        TEXT("Transfer-Encoding: chun ked"),
        TEXT("Transf\xc3\xa9r-Encoding: chunked"),
        TEXT("Transfer Encoding: chunked"),
        TEXT("Transfer-Encoding: chunked\n"),
    };
    static const struct span plain[] = {TEXT("Transfer-Encoding: chunked"),
                                        TEXT("transfer-encoding: CHUNKED"),
                                        TEXT("Transfer-Encoding:chunked \t")};
    static const struct span body = TEXT("\r\n\r\n0\r\n\r\n" SMUGGLED);
    static const struct span before = TEXT("\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" SMUGGLED);
    static const struct span after = TEXT(POST "Content-Length: 5\r\n");
    static const struct span large = TEXT(POST "Content-Length: 40\r\n");

    for (size_t i = 0; i < COUNT_OF(encodings); i++) {
        corpus_give_parts(corpus, "encoding", HTTP_CORPUS_REFUSED, span_text(POST), encodings[i],
                          body);
        corpus_give_parts(corpus, "encoding and length", HTTP_CORPUS_REFUSED, span_text(POST),
                          encodings[i], before);
        corpus_give_parts(corpus, "length and encoding", HTTP_CORPUS_REFUSED, after, encodings[i],
                          body);
    }
    for (size_t i = 0; i < COUNT_OF(plain); i++) {
        corpus_give_parts(corpus, "encoding and length", HTTP_CORPUS_REFUSED, span_text(POST),
                          plain[i], before);
        corpus_give_parts(corpus, "length and encoding", HTTP_CORPUS_REFUSED, after, plain[i],
                          body);
        corpus_give_parts(corpus, "length and encoding", HTTP_CORPUS_REFUSED, large, plain[i],
                          body);
    }
}

static void give_lengths(const struct corpus *corpus)
{
    static const char *const lengths[] = {
        "+5",
        "-5",
        "-0",
        "0x5",
        "0X5",
        "5 5",
        "5,5",
        "5, 5",
        "5,6",
        "5;",
        "05",
        "00",
        "000000000000000000005",
        "5.0",
        "5e0",
        "",
        "\"5\"",
        "'5'",
        "5-",
        "- 5",
        "0b101",
        "0o5",
        "inf",
        "NaN",
        "1_0",
        "5 ,",
        ",5",
        "5\v",
        "\v5",
        "5\f",
        "5\x7f",
        "5 x",
        "x5",
        "5h",
        "\xd9\xa5",
        "5\xc2\xa0",
        "99999999999999999999",
        "18446744073709551616",
        "18446744073709551621",
        "-18446744073709551611",
        "9223372036854775808",
        "4294967296",
        "4294967301",
        "65537",
        "1000000000000000000",
        "5\r\n 5",
        "5\r\n\t",
        "5\n",
        "\n5",
        "5\r",
        "\r5",
    };
    static const char *const seconds[] = {"5", "0", "6", "+5", " 5", "x"};

    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        cleanup(buf_deinit) struct buf bytes = {0};

        buf_printf(&bytes, POST "Content-Length: %s\r\n\r\nhello" SMUGGLED, lengths[i]);
        corpus_give(corpus, "length", HTTP_CORPUS_REFUSED, &bytes);
    }
    for (size_t i = 0; i < COUNT_OF(seconds); i++) {
        cleanup(buf_deinit) struct buf after = {0}, before = {0}, apart = {0};

        buf_printf(&after, POST "Content-Length: 5\r\nContent-Length: %s\r\n\r\nhello" SMUGGLED,
                   seconds[i]);
        corpus_give(corpus, "two lengths", HTTP_CORPUS_REFUSED, &after);
        buf_printf(&before, POST "content-length: %s\r\nContent-Length: 5\r\n\r\nhello" SMUGGLED,
                   seconds[i]);
        corpus_give(corpus, "two lengths", HTTP_CORPUS_REFUSED, &before);
        buf_printf(&apart,
                   "POST /first HTTP/1.1\r\nContent-Length: 5\r\nHost: a\r\nX: y\r\n"
                   "CONTENT-LENGTH: %s\r\n\r\nhello" SMUGGLED,
                   seconds[i]);
        corpus_give(corpus, "two lengths", HTTP_CORPUS_REFUSED, &apart);
    }
}

static void give_chunks(const struct corpus *corpus)
{
    static const struct span bodies[] = {
        TEXT("0x5\r\nhello\r\n0\r\n\r\n"),
        TEXT("+5\r\nhello\r\n0\r\n\r\n"),
        TEXT("-5\r\nhello\r\n0\r\n\r\n"),
        TEXT(" 5\r\nhello\r\n0\r\n\r\n"),
        TEXT("5 \r\nhello\r\n0\r\n\r\n"),
        TEXT("5\t\r\nhello\r\n0\r\n\r\n"),
        TEXT("5;\r\nhello\r\n0\r\n\r\n"),
        TEXT("5;a=b\r\nhello\r\n0\r\n\r\n"),
        TEXT("5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n"),
        TEXT("5;\nhello\r\n0\r\n\r\n"),
        TEXT("5\nhello\r\n0\r\n\r\n"),
        TEXT("5\rhello\r\n0\r\n\r\n"),
        TEXT("5\r\r\nhello\r\n0\r\n\r\n"),
        TEXT("5\n\r\nhello\r\n0\r\n\r\n"),
        TEXT("5\r\nhello0\r\n\r\n"),
        TEXT("5\r\nhello\n0\r\n\r\n"),
        TEXT("5\r\nhello\r0\r\n\r\n"),
        TEXT("5\r\nhello\r\n\r\n0\r\n\r\n"),
        TEXT("5\r\nhello, you\r\n0\r\n\r\n"),
        TEXT("6\r\nhello\r\n0\r\n\r\n"),
        TEXT("4\r\nhello\r\n0\r\n\r\n"),
        TEXT("g\r\nhello\r\n0\r\n\r\n"),
        TEXT("\r\nhello\r\n0\r\n\r\n"),
        TEXT("\r\n5\r\nhello\r\n0\r\n\r\n"),
        TEXT("5,5\r\nhello\r\n0\r\n\r\n"),
        TEXT("5\0\r\nhello\r\n0\r\n\r\n"),
        TEXT("\0005\r\nhello\r\n0\r\n\r\n"),
        TEXT("5.\r\nhello\r\n0\r\n\r\n"),
        TEXT("5h\r\nhello\r\n0\r\n\r\n"),
        TEXT("\"5\"\r\nhello\r\n0\r\n\r\n"),
        TEXT("000000005\r\nhello\r\n0\r\n\r\n"),
        TEXT("100000005\r\nhello\r\n0\r\n\r\n"),
        TEXT("10000000000000005\r\nhello\r\n0\r\n\r\n"),
        TEXT("ffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
        TEXT("fffffffffffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
        TEXT("80000000\r\nhello\r\n0\r\n\r\n"),
        TEXT("10001\r\nhello\r\n0\r\n\r\n"),
        TEXT("0\r\nX: y\r\n\r\n"),
        TEXT("0\r\nContent-Length: 50\r\n\r\n"),
        TEXT("0\r\nTransfer-Encoding: chunked\r\n\r\n"),
        TEXT("0\r\nHost: b\r\n\r\n"),
        TEXT("0\r\n" SMUGGLED),
        TEXT("0\n\n"),
        TEXT("0\r\n\n"),
        TEXT("0\n\r\n"),
        TEXT("0\r\r\n\r\n"),
        TEXT("0\r\n\r"),
        TEXT("0;x\r\n\r\n"),
        TEXT("0 \r\n\r\n"),
        TEXT("0x0\r\n\r\n"),
        TEXT("-0\r\n\r\n"),
        TEXT("0,0\r\n\r\n"),
        TEXT("0000000000\r\n\r\n"),
        TEXT("\r\n\r\n"),
        TEXT("hello"),
    };

    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        corpus_give_parts(corpus, "chunk", HTTP_CORPUS_REFUSED, span_text(CHUNKED), bodies[i],
                          span_text(SMUGGLED));
        corpus_give_parts(corpus, "second chunk", HTTP_CORPUS_REFUSED,
                          span_text(CHUNKED "3\r\nabc\r\n"), bodies[i], span_text(SMUGGLED));
    }
}

static void give_bodies_where_none_is(const struct corpus *corpus)
{
    static const char *const methods[] = {"GET", "HEAD", "DELETE", "OPTIONS", "TRACE"};

    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        cleanup(buf_deinit) struct buf length = {0}, chunked = {0}, old = {0};

        buf_printf(&length, "%s /first HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n" SMUGGLED,
                   methods[i], strlen(SMUGGLED));
        corpus_give(corpus, "body of a method without", HTTP_CORPUS_REFUSED, &length);
        buf_printf(&chunked,
                   "%s /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                   methods[i]);
        corpus_give(corpus, "body of a method without", HTTP_CORPUS_REFUSED, &chunked);
        buf_printf(&old,
                   "%s /first HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                   methods[i]);
        corpus_give(corpus, "chunked over HTTP/1.0", HTTP_CORPUS_REFUSED, &old);
    }
}

void http_corpus_each(void (*visit)(const struct http_corpus_case *it, void *data), void *data)
{
    const struct corpus corpus = {visit, data};

    give_encodings(&corpus);
    give_lengths(&corpus);
    give_chunks(&corpus);
    give_bodies_where_none_is(&corpus);
    corpus_give_heads(&corpus);
}
