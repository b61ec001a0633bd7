/* What describes the service itself, made once at start: anybody may ask, without a token. */
#ifndef INGRESS_DOCUMENTS_H
#define INGRESS_DOCUMENTS_H

#include "base/attr.h"
#include "http/http_router.h"

struct documents;

/* NULL without memory. */
struct documents *documents_new(void);
void documents_free(struct documents *documents); /* NULL is allowed */

/* GET /openapi.json, /asyncapi.json, /schemas/{type} and /problems/{code}. The documents are
 * borrowed. 0 or negative. */
must_check int documents_add_routes(struct documents *documents, struct http_router *router);

#endif
