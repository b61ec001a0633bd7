/* Compressed answers (RFC 9110, 8.4 and 12.5.3). The only place with zlib. */
#ifndef HTTP_HTTP_GZIP_H
#define HTTP_HTTP_GZIP_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "http/http_request.h"
#include "http/http_response.h"

enum { HTTP_GZIP_MIN = 1024 }; /* bytes of a body that is worth it */

/* Is the answer large enough, and text? */
bool http_gzip_fits(const struct http_response *response);

/* Does the client take gzip, and at least as gladly as what is not encoded? */
bool http_gzip_is_accepted(const struct http_request *request);

/* Memory of the compressor, used again for each answer. NULL without memory. One thread. */
struct http_gzip;
struct http_gzip *http_gzip_new(void);
void http_gzip_free(struct http_gzip *gzip); /* NULL is allowed */

/* Puts the body, compressed, into `out` instead of what was there. 0, or -ENOMEM. */
must_check int http_gzip_pack(struct http_gzip *gzip, struct span body, struct buf *out);

#endif
