/* JSON documents that no contract describes (a token's header and claims, a key set): parsed
 * strictly, then asked by key. Bodies of messages go through codec/codec.h, which also parses
 * documents that hold them. A document belongs to
 * one thread; values live as long as it does. */
#ifndef CODEC_JSON_H
#define CODEC_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"

enum { JSON_MAX_BYTES = 65536, JSON_MAX_DEPTH = 32 };

struct json; /* a document, or a value inside of one */

/* Parses one object or array with nothing behind it. 0; -EINVAL: not JSON in UTF-8 (RFC 8259), a
 * duplicate key (whichever is taken, somebody else takes the other), NUL in a string, a number
 * beyond 64 bits, above JSON_MAX_BYTES or JSON_MAX_DEPTH; -ENOMEM. The caller frees it by
 * json_free. */
must_check int json_parse(struct span text, struct json **ret_document);
void json_free(struct json *document); /* NULL is allowed; never for a value inside */

/* The member of an object, the item of an array: NULL where there is none, or where the value is of
 * another kind (or NULL itself, so that questions can be chained). */
const struct json *json_get(const struct json *object, const char *key);
const struct json *json_at(const struct json *array, size_t index);

enum json_kind {
    JSON_KIND_OBJECT,
    JSON_KIND_ARRAY,
    JSON_KIND_TEXT,
    JSON_KIND_NUMBER,
    JSON_KIND_OTHER
};
enum json_kind json_kind(const struct json *value); /* NULL is JSON_KIND_OTHER */
size_t json_count(const struct json *array);        /* 0 for anything else */
size_t json_members(const struct json *object);     /* how many; 0 for anything else */

/* False, with the result untouched, where the value is NULL or of another kind; a text also where
 * U+0000 stands in it. */
bool json_text(const struct json *value, struct span *ret_text); /* NUL-terminated */
bool json_number(const struct json *value, double *ret_number);

/* Appends the value as compact JSON, members in the order in which they came. 0 or -ENOMEM. */
must_check int json_write(const struct json *value, struct buf *out);

#endif
