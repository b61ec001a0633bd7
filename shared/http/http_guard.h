/* Our own checks on the raw bytes of a request's head, beside the parser's: the parser that Debian
 * ships is the lenient build, and what it lets through (a space before a colon, folded lines, bare
 * line feeds, a length with chunked) is what request smuggling is made of. RFC 9112 says how a head
 * looks; where it gives a server the choice, we refuse. Pure; any thread.
 *
 * A breach is told as a static sentence for the client; NULL means that all is well. */
#ifndef HTTP_HTTP_GUARD_H
#define HTTP_HTTP_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum {
    HTTP_HEAD_MAX = 16384,  /* bytes of request line and header fields */
    HTTP_TARGET_MAX = 2048, /* bytes of the request target */
    HTTP_HEADERS_MAX = 64,
    HTTP_BODY_MAX = 65536, /* bytes, where a route allows no more */
};

/* Looks for the end of the head in what has arrived so far. *scanned says how far an earlier call
 * came (0 at first) and moves on. *ret_head_size is the size of the head with its empty line, or 0
 * while it is not complete. Line ends and control characters are checked at once, so that what is
 * no HTTP is refused without waiting for its end. */
const char *http_guard_scan(struct span bytes, size_t *scanned, size_t *ret_head_size);

/* How the body that follows a head is delimited. */
struct http_framing {
    bool chunked;
    bool has_length;
    uint64_t length;
};

/* The authority of a request target in absolute form, "a:80" of "http://a:80/path", which ends
 * where the path or the query begins; {NULL, 0} where the target has no such form. */
struct span http_guard_authority(struct span target);

/* Checks a complete head, and reads its framing. */
const char *http_guard_head(struct span head, struct http_framing *ret_framing);

/* Decodes a chunked body as it arrives, strictly: no extensions, no trailers, no bare line feeds.
 * Begin with {0}. */
struct http_chunks {
    uint64_t left;   /* bytes of the current chunk that are still to come */
    unsigned digits; /* of the size line */
    int place;
};

/* Takes bytes of the body; writes what they decode to behind `out` (which may be the same memory,
 * for the decoded form is never longer). *ret_used counts the bytes that belong to this body,
 * *ret_done says that it is complete. */
const char *http_chunks_decode(struct http_chunks *chunks, struct span bytes, char *out,
                               size_t *ret_used, size_t *ret_out_size, bool *ret_done);

#endif
