/* MessagePack to a contract's struct. */
#include <errno.h>

#include "base/hash.h"
#include "codec/msgpack_reader.h"

/* Of the table that finds unknown keys which stand twice. */
enum { KEY_SLOTS = 2 * DECODE_MAX_KEYS };

struct msgpack_decoding {
    struct decoding decoding;
    struct msgpack_reader reader;
    size_t unknown_count;
    /* Where an unknown key's text begins, from the body's start, and its size; 0 is a free slot. */
    struct {
        uint32_t offset, size;
    } unknown_keys[KEY_SLOTS];
};

static int malformed(struct msgpack_decoding *d, int fault)
{
    if (fault == -ELOOP)
        return decoding_malformed(&d->decoding, (struct place){0}, "too_deep",
                                  "lists and maps nest at most %d deep", CODEC_MAX_DEPTH);
    return decoding_malformed(&d->decoding, (struct place){0}, "malformed",
                              "not MessagePack from byte %td on", d->reader.at - d->reader.start);
}

static int read_value(struct msgpack_decoding *d, struct value *ret_value)
{
    int r = msgpack_read(&d->reader, ret_value);

    return r < 0 ? malformed(d, r) : 0;
}

/* Passes over a value that is not wanted. `depth` is how many lists and maps it stands in. */
static int pass_over(struct msgpack_decoding *d, const struct value *value, unsigned depth)
{
    int r = msgpack_skip(&d->reader, value, CODEC_MAX_DEPTH - depth);

    return r < 0 ? malformed(d, r) : 0;
}

static int read_items(struct msgpack_decoding *d, const struct field *field,
                      const struct value *list, uint8_t *items)
{
    struct place place = {.field = field, .in_list = true};
    struct value value;
    int r = 0;

    for (; r == 0 && place.item < list->count; place.item++) {
        r = read_value(d, &value);
        if (r == 0)
            r = decoding_store(&d->decoding, place, field->item, &value,
                               items + place.item * field->item_size);
        if (r == 0)
            r = pass_over(d, &value, 2);
    }
    return r;
}

static int read_list(struct msgpack_decoding *d, const struct field *field,
                     const struct value *value)
{
    uint8_t *items;
    int r = decoding_list(&d->decoding, field, value, &items);

    if (r == 0)
        return read_items(d, field, value, items);
    return r == CODEC_INVALID ? pass_over(d, value, 1) : r;
}

static int read_field(struct msgpack_decoding *d, const struct field *field,
                      const struct value *value)
{
    uint8_t *body = d->decoding.body;
    int r;

    if (field->optional)
        *(bool *)(body + field->has_offset) = true;
    if (field->type == FIELD_LIST)
        return read_list(d, field, value);
    r = decoding_store(&d->decoding, (struct place){.field = field}, field, value,
                       body + field->offset);
    return r == 0 ? pass_over(d, value, 1) : r;
}

/* Remembers an unknown key, in a table that is hashed with the process's own seed. */
static int remember_key(struct msgpack_decoding *d, struct span key)
{
    const char *start = (const char *)d->reader.start;
    size_t slot = hash_bytes(0, key.data, key.size) % KEY_SLOTS;

    if (d->unknown_count++ == 0)
        memset(d->unknown_keys, 0, sizeof d->unknown_keys);
    for (; d->unknown_keys[slot].offset; slot = (slot + 1) % KEY_SLOTS)
        if (span_equal(key,
                       span_of(start + d->unknown_keys[slot].offset, d->unknown_keys[slot].size)))
            return decoding_malformed(&d->decoding, (struct place){0}, "duplicate_field",
                                      "a key that the contract does not have stands twice");
    d->unknown_keys[slot].offset = (uint32_t)(key.data - start);
    d->unknown_keys[slot].size = (uint32_t)key.size;
    return 0;
}

static int read_unknown(struct msgpack_decoding *d, struct span key, const struct value *value)
{
    int r = remember_key(d, key);

    if (r)
        return r;
    decoding_unknown(&d->decoding, key);
    return pass_over(d, value, 1);
}

static int read_pair(struct msgpack_decoding *d, size_t expected)
{
    const struct field *field;
    struct value key, value;
    int r = read_value(d, &key);

    if (r)
        return r;
    if (key.kind != VALUE_TEXT)
        return decoding_malformed(&d->decoding, (struct place){0}, "malformed",
                                  "a key is no text, before byte %td",
                                  d->reader.at - d->reader.start);
    r = decoding_field(&d->decoding, key.text, expected, &field);
    if (r == 0)
        r = read_value(d, &value);
    if (r)
        return r;
    return field ? read_field(d, field, &value) : read_unknown(d, key.text, &value);
}

static int read_body(struct msgpack_decoding *d)
{
    struct value map;
    int r = read_value(d, &map);

    if (r)
        return r;
    if (map.kind != VALUE_MAP)
        return decoding_malformed(&d->decoding, (struct place){0}, "malformed",
                                  "expected a map of fields");
    if (map.count > DECODE_MAX_KEYS)
        return decoding_malformed(&d->decoding, (struct place){0}, "too_many",
                                  "the body has %zu keys, at most %d are taken", map.count,
                                  DECODE_MAX_KEYS);
    for (size_t i = 0; r == 0 && i < map.count; i++)
        r = read_pair(d, i);
    if (r == 0 && d->reader.at != d->reader.end)
        return decoding_malformed(&d->decoding, (struct place){0}, "malformed",
                                  "%td bytes follow the map", d->reader.end - d->reader.at);
    return r;
}

int codec_decode_msgpack(const struct message *message, struct span bytes,
                         enum codec_unknown unknown, struct arena *arena,
                         struct codec_errors *ret_errors, const void **ret_body)
{
    struct msgpack_decoding d; /* its table of keys is cleared when the first one needs it */
    const uint8_t *start = (const uint8_t *)(bytes.size ? bytes.data : "");
    int r;

    d.decoding = (struct decoding){
        .message = message, .unknown = unknown, .arena = arena, .errors = ret_errors};
    d.reader = (struct msgpack_reader){.start = start, .at = start, .end = start + bytes.size};
    d.unknown_count = 0;
    r = decoding_begin(&d.decoding, bytes);
    if (r == 0)
        r = read_body(&d);
    return decoding_end(&d.decoding, r, ret_body);
}
