/* What the two decoders share: values of no format, and how a contract's field takes one. Lives for
 * one call of a decoder. */
#ifndef CODEC_DECODE_H
#define CODEC_DECODE_H

#include "codec/codec.h"

enum { DECODE_MAX_KEYS = 256 }; /* of one body, with those that the contract does not know */

enum value_kind {
    VALUE_NULL,
    VALUE_BOOLEAN,
    VALUE_INTEGER,
    VALUE_HUGE, /* an integer above 64 bits with a sign */
    VALUE_FLOAT,
    VALUE_TEXT,
    VALUE_BINARY, /* and extensions */
    VALUE_LIST,
    VALUE_MAP,
};

/* A value as either format has it. Text points into the format's memory. */
struct value {
    enum value_kind kind;
    bool boolean;
    int64_t integer;
    struct span text;
    int64_t characters; /* of the text */
    size_t count;       /* of the list or map, whose content follows */
};

struct decoding {
    const struct message *message;
    enum codec_unknown unknown;
    struct arena *arena;
    struct arena_mark mark; /* what failed gives its memory back */
    struct codec_errors *errors;
    uint8_t *body;
    uint64_t seen; /* a bit for each field of the message */
};

/* Where a value stands: a field of the body, or an item of a list. */
struct place {
    const struct field *field; /* NULL: the body itself */
    size_t item;
    bool in_list;
};

/* 0, -ENOMEM, or CODEC_MALFORMED for a body above CODEC_MAX_BYTES. */
must_check int decoding_begin(struct decoding *decoding, struct span bytes);

/* Takes the decoder's result `r`, adds what is missing, and settles the call's result. */
must_check int decoding_end(struct decoding *decoding, int r, const void **ret_body);

/* An error of one field; more than CODEC_MAX_ERRORS are not told. Returns CODEC_INVALID. */
int decoding_invalid(struct decoding *decoding, struct place place, const char *code,
                     const char *format, ...) printf_like(4, 5);

/* An error that ends the decoding, the only one to be told. Returns CODEC_MALFORMED. */
int decoding_malformed(struct decoding *decoding, struct place place, const char *code,
                       const char *format, ...) printf_like(4, 5);

/* The field of a key, or NULL. `expected` is where it stands if the sender keeps the contract's
 * order. A field's second key is malformed. */
must_check int decoding_field(struct decoding *decoding, struct span key, size_t expected,
                              const struct field **ret_field);

/* Tells, where the decoding refuses unknown keys, this one. */
void decoding_unknown(struct decoding *decoding, struct span key);

/* Stores a value that is no list into the body (resp. the item), or tells why not, and the body is
 * read on, so that every error is told: 0 both times, or -ENOMEM. `field` says how: the place's, or
 * its items'. */
must_check int decoding_store(struct decoding *decoding, struct place place,
                              const struct field *field, const struct value *value, void *ret);

/* Makes room for a list of `value->count` items. 0 and the array, CODEC_INVALID (no list, too few
 * or too many items), or -ENOMEM. */
must_check int decoding_list(struct decoding *decoding, const struct field *field,
                             const struct value *value, uint8_t **ret_items);

#endif
