/* Header fields of requests that bring commands. */
#ifndef INGRESS_FIELDS_H
#define INGRESS_FIELDS_H

#include "http/http_request.h"

/* The body is said to be application/json, in any case, with or without parameters. */
bool fields_say_json(const struct http_request *request);

/* Milliseconds of "Prefer: wait=10" (RFC 7240), `max_s` seconds at most; 0 where it is not asked
 * for. */
int64_t fields_wait_ms(const struct http_request *request, int64_t max_s);

/* Idempotency-Key, as draft-ietf-httpapi-idempotency-key-header has it, a string in quotes, or
 * without them; {NULL, 0} where there is none. */
struct span fields_idempotency_key(const struct http_request *request);

/* 1 to 128 visible ASCII characters. */
bool idempotency_key_is_good(struct span key);

#endif
