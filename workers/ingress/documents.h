/* What describes the service itself: anybody may ask, without a token. */
#ifndef INGRESS_DOCUMENTS_H
#define INGRESS_DOCUMENTS_H

#include "base/attr.h"
#include "http/http_router.h"

/* GET /problems/{code}. 0 or negative. */
must_check int documents_add_routes(struct http_router *router);

#endif
