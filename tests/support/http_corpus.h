/* Requests that are malformed, or that two readers could take apart differently, and good ones that
 * look like them. Many hide a request for "/smuggled" where a lax reader would find it. The first
 * request of each is for "/first"; what follows on the connection is the caller's. */
#ifndef SUPPORT_HTTP_CORPUS_H
#define SUPPORT_HTTP_CORPUS_H

#include "base/span.h"

enum http_corpus_wanted {
    HTTP_CORPUS_REFUSED, /* no handler sees anything, and the connection is closed */
    HTTP_CORPUS_TAKEN,   /* one request, and the connection goes on behind it */
    HTTP_CORPUS_EITHER,  /* one of both */
};

struct http_corpus_case {
    const char *group;
    struct span bytes;
    enum http_corpus_wanted wanted;
};

/* Calls `visit` for each; what it is given is valid for the call. */
void http_corpus_each(void (*visit)(const struct http_corpus_case *it, void *data), void *data);

#endif
