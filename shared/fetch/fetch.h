/* Small documents over HTTP and HTTPS, fetched on the loop: no thread of ours, and nothing blocks
 * (names are resolved in libcurl's own threads). The only place with libcurl. The loop's thread
 * only.
 *
 * The server's certificate is always verified. Redirects are not followed: the document comes from
 * where the URL says or not at all. The environment's proxies are not used. */
#ifndef FETCH_FETCH_H
#define FETCH_FETCH_H

#include "base/attr.h"
#include "base/span.h"
#include "loop/loop.h"

struct fetch;
struct fetch_get;

struct fetch_options {
    size_t max_bytes;    /* of a document; a larger one is a failure */
    int64_t timeout_ms;  /* from the start to the document's last byte */
    const char *ca_file; /* PEM of the authorities to trust; NULL: the system's. Borrowed */
};

/* NULL without memory, or with a libcurl that resolves names on the caller's thread. */
struct fetch *fetch_new(struct loop *loop, const struct fetch_options *options);

/* Nothing may be under way any more. NULL is allowed. */
void fetch_free(struct fetch *fetch);

/* Fetches one document. `done` is called once, never during this call, with the body of an answer
 * 200 (which lives for the call only), or with an `error` that says what went wrong. The URL is
 * copied. NULL without memory. */
struct fetch_get *fetch_start(struct fetch *fetch, const char *url,
                              void (*done)(void *data, struct span body, const char *error),
                              void *data);

/* Gives it up: `done` is not called. Not once `done` was called. NULL is allowed. */
void fetch_cancel(struct fetch_get *get);

#endif
