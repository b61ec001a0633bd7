/* What the parts of the corpus share. */
#ifndef SUPPORT_HTTP_CORPUS_PARTS_H
#define SUPPORT_HTTP_CORPUS_PARTS_H

#include "base/attr.h"
#include "base/buf.h"
#include "support/http_corpus.h"

#define SMUGGLED "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST "POST /first HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define EMPTY "Content-Length: 0\r\n\r\n"
#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    } /* may hold NUL */

struct corpus {
    void (*visit)(const struct http_corpus_case *it, void *data);
    void *data;
};

void corpus_give(const struct corpus *corpus, const char *group, enum http_corpus_wanted wanted,
                 const struct buf *bytes);
void corpus_give_parts(const struct corpus *corpus, const char *group,
                       enum http_corpus_wanted wanted, struct span before, struct span middle,
                       struct span after);

/* Request lines, fields, single bytes, large heads, and good ones. */
void corpus_give_heads(const struct corpus *corpus);

#endif
