/* Conditional requests. Pure, any thread. */
#ifndef HTTP_HTTP_ETAG_H
#define HTTP_HTTP_ETAG_H

#include <stdbool.h>

#include "base/span.h"

/* Does an If-None-Match field (empty: none was sent) name this entity tag, which stands as it is
 * sent: `W/"..."` or `"..."`? The comparison is weak, and "*" names every tag (RFC 9110, 8.8.3.2
 * and 13.1.2). A field that is malformed names what stands before the mistake. */
bool http_etag_matches(struct span if_none_match, struct span etag);

#endif
