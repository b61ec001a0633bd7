/* Which pages of the web may call (CORS, https://fetch.spec.whatwg.org). Never with credentials:
 * who asks is told by a bearer token, which a page has to have. Constant once made, any thread. */
#ifndef HTTP_HTTP_CORS_H
#define HTTP_HTTP_CORS_H

#include "base/attr.h"
#include "base/buf.h"
#include "http/http_request.h"

struct http_cors;

/* Origins with commas between them, as a browser sends them ("https://app.example.org"), or "*".
 * 0; -EINVAL with a sentence in `error` that quotes the one that is wrong; -ENOMEM. */
must_check int http_cors_new(const char *origins, struct http_cors **ret_cors, struct buf *error);
void http_cors_free(struct http_cors *cors); /* NULL is allowed */

/* Appends the header fields of the answer to a request, lines with their ends: nothing but Vary for
 * an origin that is not allowed. The answer to a preflight needs nothing else. */
void http_cors_write(const struct http_cors *cors, const struct http_request *request,
                     struct buf *out);

#endif
