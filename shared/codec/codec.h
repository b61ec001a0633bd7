/* Decodes untrusted bytes into a contract's struct, and encodes it again. Driven by the tables of
 * codec/message.h. Pure but for the arena; any thread. Bounds hold before anything is allocated:
 * depth, counts against the bytes that are left, sizes against the contract; what is allocated lies
 * in the caller's arena and dies with it. */
#ifndef CODEC_CODEC_H
#define CODEC_CODEC_H

#include "base/arena.h"
#include "base/buf.h"
#include "codec/json.h"
#include "codec/message.h"

enum {
    CODEC_MAX_BYTES = 65536,          /* of one body */
    CODEC_MAX_ANSWER_BYTES = 1048576, /* of a query's answer */
    CODEC_MAX_DEPTH = 32,             /* of what is skipped or read */
    CODEC_MAX_ERRORS = 16,            /* field errors that one answer tells */
    CODEC_POINTER_BYTES = 256,
};

enum codec_unknown {
    CODEC_UNKNOWN_IGNORED,
    CODEC_UNKNOWN_REFUSED
}; /* keys that the contract does not have */

struct codec_error {
    /* A JSON pointer as a URI fragment (RFC 6901): "#/weight", "#/measure/steps/3/value", "#"; a
     * long one is cut. */
    char pointer[CODEC_POINTER_BYTES];
    const char *code; /* static text, one of codec/codec_codes.h */
    char detail[160]; /* what was expected, as a sentence; never a value */
};

struct codec_errors {
    struct codec_error list[CODEC_MAX_ERRORS];
    size_t count;
};

/* Positive results of the decoders; `ret_errors` then holds at least one error. */
enum {
    CODEC_MALFORMED = 1, /* not MessagePack, not JSON, too deep, too large, a duplicate key */
    CODEC_INVALID = 2,   /* well formed, but against the contract */
};

/* Decodes one MessagePack map, resp. one JSON object, into a new struct of message->size bytes in
 * the arena. 0, CODEC_MALFORMED, CODEC_INVALID, or -ENOMEM. On anything but 0 *ret_body is
 * untouched. Every field error of a well-formed body is told. */
must_check int codec_decode_msgpack(const struct message *message, struct span bytes,
                                    enum codec_unknown unknown, struct arena *arena,
                                    struct codec_errors *ret_errors, const void **ret_body);
must_check int codec_decode_json(const struct message *message, struct span bytes,
                                 enum codec_unknown unknown, struct arena *arena,
                                 struct codec_errors *ret_errors, const void **ret_body);

/* The same for an object inside of a document that holds several bodies, which codec_parse_json has
 * parsed. The pointers of its errors begin at the value. */
must_check int codec_decode_json_value(const struct message *message, const struct json *value,
                                       enum codec_unknown unknown, struct arena *arena,
                                       struct codec_errors *ret_errors, const void **ret_body);

/* Parses a document as codec_decode_json does, with the same errors, up to `max_bytes`. The caller
 * asks it as codec/json.h says, and frees it by json_free. 0, CODEC_MALFORMED or -ENOMEM. */
must_check int codec_parse_json(struct span bytes, size_t max_bytes,
                                struct codec_errors *ret_errors, struct json **ret_document);

/* A parameter of a query: a segment of its path, or a value behind the "?", percent-decoded. */
struct codec_param {
    struct span name, text;
};

/* Decodes a query's parameters, as above; unknown names are refused, and so is one that stands
 * twice. A parameter that is empty is the empty text. */
must_check int codec_decode_params(const struct message *message, const struct codec_param *params,
                                   size_t count, struct arena *arena,
                                   struct codec_errors *ret_errors, const void **ret_body);

/* Appends the body in the contract's order, absent optionals left out; times keep milliseconds. 0,
 * or -EINVAL where a value breaks its contract (a fault of the caller), or -ENOMEM. On failure
 * nothing was appended. */
must_check int codec_encode_msgpack(const struct message *message, const void *body,
                                    struct buf *out);
must_check int codec_encode_json(const struct message *message, const void *body, struct buf *out);

/* As codec_encode_json, with CODEC_HIDDEN in the place of whatever the contract marks as personal:
 * for an operator's eyes, and not to be decoded again. */
#define CODEC_HIDDEN "(personal)"
must_check int codec_encode_json_impersonal(const struct message *message, const void *body,
                                            struct buf *out);

#endif
