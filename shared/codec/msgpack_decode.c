/* MessagePack to a contract's struct. */
#include <errno.h>

#include "base/hash.h"
#include "codec/msgpack_reader.h"

/* Of the table that finds unknown keys which stand twice. */
enum { KEY_SLOTS = 2 * DECODE_MAX_KEYS };

struct msgpack_decoding {
    struct decoding decoding;
    struct msgpack_reader reader;
};

/* The unknown keys of one level, by where their texts begin in the body; 0 is a free slot. */
struct unknown_keys {
    size_t count;
    struct {
        uint32_t offset, size;
    } slots[KEY_SLOTS]; /* cleared when the first one needs it */
};

static int malformed(struct msgpack_decoding *d, int fault)
{
    if (fault == -ELOOP)
        return decoding_malformed(&d->decoding, &(struct place){0}, "too_deep",
                                  "lists and maps nest at most %d deep", CODEC_MAX_DEPTH);
    return decoding_malformed(&d->decoding, &(struct place){0}, "malformed",
                              "not MessagePack from byte %td on", d->reader.at - d->reader.start);
}

static int read_head(struct msgpack_decoding *d, struct value *ret_value)
{
    int r = msgpack_read(&d->reader, ret_value);

    return r < 0 ? malformed(d, r) : 0;
}

static int read_key(struct msgpack_decoding *d, struct value *ret_key)
{
    int r = read_head(d, ret_key);

    if (r == 0 && ret_key->kind != VALUE_TEXT)
        return decoding_malformed(&d->decoding, &(struct place){0}, "malformed",
                                  "a key is no text, before byte %td",
                                  d->reader.at - d->reader.start);
    return r;
}

/* Passes over the rest of a value that is not wanted and stands in `depth` lists and maps. */
static int pass_over(struct msgpack_decoding *d, const struct value *value, unsigned depth)
{
    int r = msgpack_skip(&d->reader, value, CODEC_MAX_DEPTH - depth);

    return r < 0 ? malformed(d, r) : 0;
}

/* What was told is passed over, so that the rest is told as well. */
static int go_on(struct msgpack_decoding *d, int r, const struct value *value, unsigned depth)
{
    return r == CODEC_INVALID ? pass_over(d, value, depth) : r;
}

static int read_value(struct msgpack_decoding *d, const struct place *place,
                      const struct field *field, const struct value *value, void *at);

static int read_list(struct msgpack_decoding *d, const struct place *place,
                     const struct field *field, const struct value *list, void *at)
{
    uint8_t *items = NULL;
    int r = decoding_items(&d->decoding, place, field, list, at, &items);

    if (r)
        return go_on(d, r, list, place->depth);
    for (size_t i = 0; r == 0 && i < list->count; i++) {
        const struct place item = place_item(place, i);
        struct value value;

        r = read_head(d, &value);
        if (r == 0)
            r = read_value(d, &item, field->item, &value, items + i * field->item_size);
    }
    return r;
}

/* One pair of a map into `pair`; *taken counts it where its key is good. */
static int read_map_pair(struct msgpack_decoding *d, const struct place *map,
                         const struct field *field, uint8_t *pair, size_t *taken)
{
    struct value key, value;
    struct place place;
    int r = read_key(d, &key);

    if (r)
        return r;
    place = place_key(map, key.text);
    r = decoding_map_key(&d->decoding, &place, field, &key, pair);
    if (r < 0)
        return r;
    *taken += r == 0;
    r = read_head(d, &value);
    return r ? r : read_value(d, &place, field->item, &value, pair + field->item->offset);
}

static int read_map(struct msgpack_decoding *d, const struct place *place,
                    const struct field *field, const struct value *map, void *at)
{
    uint8_t *pairs = NULL;
    size_t taken = 0;
    int r = decoding_items(&d->decoding, place, field, map, at, &pairs);

    if (r)
        return go_on(d, r, map, place->depth);
    for (size_t i = 0; r == 0 && i < map->count; i++)
        r = read_map_pair(d, place, field, pairs + taken * field->item_size, &taken);
    return r ? r : decoding_map_end(&d->decoding, place, field, at, pairs, taken);
}

/* Remembers an unknown key, in a table that is hashed with the process's own seed. */
static int remember_key(struct msgpack_decoding *d, struct unknown_keys *keys, struct span key)
{
    const char *start = (const char *)d->reader.start;
    size_t slot = hash_bytes(0, key.data, key.size) % KEY_SLOTS;

    if (keys->count++ == 0)
        memset(keys->slots, 0, sizeof keys->slots);
    for (; keys->slots[slot].offset; slot = (slot + 1) % KEY_SLOTS)
        if (span_equal(key, span_of(start + keys->slots[slot].offset, keys->slots[slot].size)))
            return decoding_malformed(&d->decoding, &(struct place){0}, "duplicate_field",
                                      "a key that the contract does not have stands twice");
    keys->slots[slot].offset = (uint32_t)(key.data - start);
    keys->slots[slot].size = (uint32_t)key.size;
    return 0;
}

static int read_unknown(struct msgpack_decoding *d, const struct level *level,
                        struct unknown_keys *keys, struct span key, const struct value *value)
{
    int r = remember_key(d, keys, key);

    if (r)
        return r;
    decoding_unknown(&d->decoding, level, key);
    return pass_over(d, value, level->place->depth + 1);
}

static int read_pair(struct msgpack_decoding *d, struct level *level, struct unknown_keys *keys)
{
    const struct field *field = NULL;
    enum key_kind kind = KEY_FIELD;
    struct value key, value;
    struct place place;
    int r = read_key(d, &key);

    if (r == 0)
        r = decoding_key(&d->decoding, level, key.text, &kind, &field);
    if (r == 0)
        r = read_head(d, &value);
    if (r)
        return r;
    if (kind == KEY_TAG)
        return 0; /* a text, which was read before */
    if (kind == KEY_UNKNOWN)
        return read_unknown(d, level, keys, key.text, &value);
    place = place_field(level->place, field);
    return read_value(d, &place, field, &value, decoding_slot(level, field));
}

static int read_level(struct msgpack_decoding *d, struct level *level, size_t count)
{
    struct unknown_keys keys;
    int r = 0;

    keys.count = 0;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = read_pair(d, level, &keys);
    if (r == 0)
        decoding_missing(&d->decoding, level);
    return r;
}

static int read_struct(struct msgpack_decoding *d, const struct place *place,
                       const struct field *field, const struct value *map, void *at)
{
    struct level level = decoding_level(place, field->fields, field->field_count, at);
    int r = decoding_is_map(&d->decoding, place, field, map);

    return r ? go_on(d, r, map, place->depth) : read_level(d, &level, map->count);
}

/* Looks ahead for a union's tag, which may stand anywhere in its map: 0, and *ret_there says
 * whether it was found. The reader is then where it was. */
static int find_tag(struct msgpack_decoding *d, const struct place *place, const char *tag,
                    size_t count, struct value *ret_value, bool *ret_there)
{
    const struct msgpack_reader begin = d->reader;
    struct value key, value;
    bool there = false;
    int r = 0;

    for (size_t i = 0; r == 0 && !there && i < count; i++) {
        r = read_key(d, &key);
        if (r == 0)
            r = read_head(d, &value);
        there = r == 0 && span_is(key.text, tag);
        if (r == 0 && !there)
            r = pass_over(d, &value, place->depth + 1);
    }
    if (r)
        return r;
    d->reader = begin;
    *ret_there = there;
    if (there)
        *ret_value = value;
    return 0;
}

static int read_union(struct msgpack_decoding *d, const struct place *place,
                      const struct field *field, const struct value *map, void *at)
{
    struct level level;
    struct value tag;
    bool there = false;
    int r = decoding_is_map(&d->decoding, place, field, map);

    if (r == 0)
        r = find_tag(d, place, field->tag, map->count, &tag, &there);
    if (r == 0)
        r = decoding_alternative(&d->decoding, place, field, there ? &tag : NULL, at, &level);
    return r ? go_on(d, r, map, place->depth) : read_level(d, &level, map->count);
}

static int read_value(struct msgpack_decoding *d, const struct place *place,
                      const struct field *field, const struct value *value, void *at)
{
    int r;

    switch (field->type) {
    case FIELD_LIST:
        return read_list(d, place, field, value, at);
    case FIELD_MAP:
        return read_map(d, place, field, value, at);
    case FIELD_STRUCT:
        return read_struct(d, place, field, value, at);
    case FIELD_UNION:
        return read_union(d, place, field, value, at);
    default:
        r = decoding_store(&d->decoding, place, field, value, at);
        return r ? r : pass_over(d, value, place->depth);
    }
}

static int read_body(struct msgpack_decoding *d)
{
    const struct message *message = d->decoding.message;
    const struct place body = {0};
    struct level level =
        decoding_level(&body, message->fields, message->field_count, d->decoding.body);
    struct value map;
    int r = read_head(d, &map);

    if (r)
        return r;
    if (map.kind != VALUE_MAP)
        return decoding_malformed(&d->decoding, &body, "malformed", "expected a map of fields");
    r = decoding_key_count(&d->decoding, &body, map.count);
    if (r == 0)
        r = read_level(d, &level, map.count);
    if (r == 0 && d->reader.at != d->reader.end)
        return decoding_malformed(&d->decoding, &body, "malformed", "%td bytes follow the map",
                                  d->reader.end - d->reader.at);
    return r;
}

int codec_decode_msgpack(const struct message *message, struct span bytes,
                         enum codec_unknown unknown, struct arena *arena,
                         struct codec_errors *ret_errors, const void **ret_body)
{
    const uint8_t *start = (const uint8_t *)(bytes.size ? bytes.data : "");
    struct msgpack_decoding d = {
        .decoding = {.message = message, .unknown = unknown, .arena = arena, .errors = ret_errors},
        .reader = {.start = start, .at = start, .end = start + bytes.size},
    };
    int r = decoding_begin(&d.decoding, bytes);

    if (r == 0)
        r = read_body(&d);
    return decoding_end(&d.decoding, r, ret_body);
}
