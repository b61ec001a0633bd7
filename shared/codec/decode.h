/* What the decoders share: values of no format, where they stand, and how a contract's field takes
 * one. Lives for one call of a decoder. */
#ifndef CODEC_DECODE_H
#define CODEC_DECODE_H

#include "codec/codec.h"

enum { DECODE_MAX_KEYS = 256 }; /* of the body or a struct, with those that are unknown */

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
};

/* Where a value stands: a chain of places from the inside out, whose last one is the body. It lives
 * on the stack of who walks. */
struct place {
    const struct place *outer; /* NULL: the body itself */
    unsigned depth;            /* how many lists and maps it stands in */
    const struct field *field; /* a field of a struct; NULL: one of these */
    struct span key;           /* of a map or a key that is unknown; data NULL: */
    size_t item;               /* of a list */
};

static inline struct place place_field(const struct place *outer, const struct field *field)
{
    return (struct place){.outer = outer, .depth = outer->depth + 1, .field = field};
}

static inline struct place place_key(const struct place *outer, struct span key)
{
    return (struct place){.outer = outer, .depth = outer->depth + 1, .key = key};
}

static inline struct place place_item(const struct place *outer, size_t item)
{
    return (struct place){.outer = outer, .depth = outer->depth + 1, .item = item};
}

/* One struct that is being filled: the body, a nested one, an alternative of a union. */
struct level {
    const struct place *place;
    const struct field *fields;
    size_t field_count;
    uint8_t *body;
    const char *tag; /* of a union, which is a key of this map that was read before; or NULL */
    uint64_t seen;   /* a bit for each field */
    bool tag_seen;
    size_t expected; /* the next field, if the sender keeps the contract's order */
};

/* 0, -ENOMEM, or CODEC_MALFORMED for a body that is longer than its kind may be. */
must_check int decoding_begin(struct decoding *decoding, struct span bytes);

/* Settles the call's result from the decoder's result `r` and the errors told. */
must_check int decoding_end(struct decoding *decoding, int r, const void **ret_body);

/* An error of one value; more than CODEC_MAX_ERRORS are not told. Returns CODEC_INVALID. */
int decoding_invalid(struct decoding *decoding, const struct place *place, const char *code,
                     const char *format, ...) printf_like(4, 5);

/* An error that ends the decoding, the only one to be told. Returns CODEC_MALFORMED. */
int decoding_malformed(struct decoding *decoding, const struct place *place, const char *code,
                       const char *format, ...) printf_like(4, 5);

/* Is the value of a STRUCT or UNION a map of not too many keys? 0, CODEC_INVALID, or
 * CODEC_MALFORMED. decoding_key_count asks the latter alone. */
must_check int decoding_is_map(struct decoding *decoding, const struct place *place,
                               const struct field *field, const struct value *value);
must_check int decoding_key_count(struct decoding *decoding, const struct place *place,
                                  size_t count);

/* The level of a struct with these fields that stands at `at`. */
struct level decoding_level(const struct place *place, const struct field *fields,
                            size_t field_count, void *at);

/* The level of the alternative that a UNION's tag names; `tag` is NULL where the map lacks it. 0,
 * or CODEC_INVALID. */
must_check int decoding_alternative(struct decoding *decoding, const struct place *place,
                                    const struct field *field, const struct value *tag, void *at,
                                    struct level *ret_level);

/* What a key of a level is. A second one of a field, or a second tag, is malformed. */
enum key_kind { KEY_FIELD, KEY_TAG, KEY_UNKNOWN };
must_check int decoding_key(struct decoding *decoding, struct level *level, struct span key,
                            enum key_kind *ret_kind, const struct field **ret_field);

/* Where the field's value goes; of an optional one it is noted that it is there. */
static inline void *decoding_slot(const struct level *level, const struct field *field)
{
    if (field->optional)
        *(bool *)(level->body + field->has_offset) = true;
    return level->body + field->offset;
}

/* Tells, where the decoding refuses unknown keys, this one. */
void decoding_unknown(struct decoding *decoding, const struct level *level, struct span key);

/* Tells what is missing at the end of a level. */
void decoding_missing(struct decoding *decoding, const struct level *level);

/* Stores a value that is no list, map, struct or union, or tells why not, and the body is read on,
 * so that every error is told: 0 both times, or -ENOMEM. */
must_check int decoding_store(struct decoding *decoding, const struct place *place,
                              const struct field *field, const struct value *value, void *ret);

/* Makes room for a LIST's or MAP's `value->count` items, resp. pairs. 0 and the array,
 * CODEC_INVALID (no list, resp. map; too few or too many), or -ENOMEM. */
must_check int decoding_items(struct decoding *decoding, const struct place *place,
                              const struct field *field, const struct value *value, void *at,
                              uint8_t **ret_items);

/* Stores a MAP's key: 0, CODEC_INVALID (which was told), or -ENOMEM. */
must_check int decoding_map_key(struct decoding *decoding, const struct place *place,
                                const struct field *field, const struct value *key, void *ret);

/* Ends a MAP at `at` whose array of `pairs` got `count` with good keys: sorts them. 0, or
 * CODEC_MALFORMED: a key stands twice. */
must_check int decoding_map_end(struct decoding *decoding, const struct place *place,
                                const struct field *field, void *at, uint8_t *pairs, size_t count);

#endif
