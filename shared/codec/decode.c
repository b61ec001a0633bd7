/* The walk over a body, level by level, as both formats have it. */
#include "codec/decode.h"

#include <errno.h>

static size_t max_bytes(const struct message *message)
{
    return message->kind == MESSAGE_ANSWER ? CODEC_MAX_ANSWER_BYTES : CODEC_MAX_BYTES;
}

int decoding_begin(struct decoding *decoding, struct span bytes)
{
    size_t most = max_bytes(decoding->message);

    decoding->errors->count = 0;
    decoding->mark = arena_mark(decoding->arena);
    if (bytes.size > most)
        return decoding_malformed(decoding, &(struct place){0}, "too_long",
                                  "the body has %zu bytes, at most %zu are taken", bytes.size,
                                  most);
    decoding->body = arena_alloc(decoding->arena, decoding->message->size);
    return decoding->body ? 0 : -ENOMEM;
}

int decoding_end(struct decoding *decoding, int r, const void **ret_body)
{
    if (r == 0 && decoding->errors->count)
        r = CODEC_INVALID;
    if (r == 0)
        *ret_body = decoding->body;
    else
        arena_rewind(decoding->arena, decoding->mark);
    return r;
}

int decoding_key_count(struct decoding *decoding, const struct place *place, size_t count)
{
    if (count <= DECODE_MAX_KEYS)
        return 0;
    return decoding_malformed(decoding, place, "too_many",
                              "there are %zu keys, at most %d are taken", count, DECODE_MAX_KEYS);
}

struct level decoding_level(const struct place *place, const struct field *fields,
                            size_t field_count, void *at)
{
    return (struct level){.place = place, .fields = fields, .field_count = field_count, .body = at};
}

static bool is_named(const struct field *field, struct span key)
{
    return strncmp(field->name, key.data, key.size) == 0 && field->name[key.size] == '\0';
}

static const struct field *find_field(const struct level *level, struct span key)
{
    if (memchr(key.data, '\0', key.size))
        return NULL;
    if (level->expected < level->field_count && is_named(&level->fields[level->expected], key))
        return &level->fields[level->expected];
    for (size_t i = 0; i < level->field_count; i++)
        if (is_named(&level->fields[i], key))
            return &level->fields[i];
    return NULL;
}

static int repeated(struct decoding *decoding, const struct level *level, struct span key)
{
    const struct place place = place_key(level->place, key);

    return decoding_malformed(decoding, &place, "duplicate_field", "the key stands twice");
}

int decoding_key(struct decoding *decoding, struct level *level, struct span key,
                 enum key_kind *ret_kind, const struct field **ret_field)
{
    const struct field *field;
    uint64_t bit;

    if (level->tag && span_is(key, level->tag)) {
        if (level->tag_seen)
            return repeated(decoding, level, key);
        level->tag_seen = true;
        *ret_kind = KEY_TAG;
        return 0;
    }
    field = find_field(level, key);
    if (!field) {
        level->expected++;
        *ret_kind = KEY_UNKNOWN;
        return 0;
    }
    bit = UINT64_C(1) << (field - level->fields);
    if (level->seen & bit)
        return repeated(decoding, level, key);
    level->seen |= bit;
    level->expected = (size_t)(field - level->fields) + 1;
    *ret_kind = KEY_FIELD;
    *ret_field = field;
    return 0;
}

void decoding_unknown(struct decoding *decoding, const struct level *level, struct span key)
{
    const struct place place = place_key(level->place, key);

    if (decoding->unknown == CODEC_UNKNOWN_REFUSED)
        decoding_invalid(decoding, &place, "unknown_field", "%s has no such field",
                         decoding->message->name);
}

static void tell_missing(struct decoding *decoding, const struct level *level,
                         const struct field *field)
{
    const struct place place = place_field(level->place, field);

    decoding_invalid(decoding, &place, "missing", "the field is required");
}

void decoding_missing(struct decoding *decoding, const struct level *level)
{
    for (size_t i = 0; i < level->field_count; i++)
        if (!level->fields[i].optional && !(level->seen >> i & 1))
            tell_missing(decoding, level, &level->fields[i]);
}
