/* JSON (RFC 8259) to a contract's struct. Jansson parses what was found small and flat enough; its
 * tree lives on the heap for the length of the call, and takes most of its time: a body with
 * nothing unusual in it is read without. */
#include <errno.h>

#include "codec/decode.h"
#include "codec/json_memory.h"
#include "codec/json_quick.h"
#include "codec/text.h"

static void release(json_t **json)
{
    json_decref(*json);
}

/* Does anything nest deeper than CODEC_MAX_DEPTH? Brackets in strings do not count. */
static bool is_too_deep(struct span bytes)
{
    bool in_string = false;
    size_t depth = 0;

    for (size_t i = 0; i < bytes.size; i++) {
        char c = bytes.data[i];

        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '{' || c == '[') && ++depth > CODEC_MAX_DEPTH)
            return true;
        else if (!in_string && (c == '}' || c == ']') && depth)
            depth--;
    }
    return false;
}

/* Jansson's own text quotes what it stumbled over, which may be personal. */
static int malformed(struct decoding *d, const json_error_t *error)
{
    if (json_error_code(error) == json_error_duplicate_key)
        return decoding_malformed(d, &(struct place){0}, "duplicate_field",
                                  "a key stands twice, before line %d, column %d", error->line,
                                  error->column);
    if (json_error_code(error) == json_error_numeric_overflow)
        return decoding_malformed(d, &(struct place){0}, "too_large",
                                  "a number does not fit 64 bits, before line %d, column %d",
                                  error->line, error->column);
    return decoding_malformed(d, &(struct place){0}, "malformed",
                              "not JSON from line %d, column %d on", error->line, error->column);
}

static int parse(struct decoding *d, struct span bytes, json_t **ret_root)
{
    json_error_t error;
    int r;

    if (is_too_deep(bytes))
        return decoding_malformed(d, &(struct place){0}, "too_deep",
                                  "lists and objects nest at most %d deep", CODEC_MAX_DEPTH);
    r = json_memory_load(bytes, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error, ret_root);
    return r == -EINVAL ? malformed(d, &error) : r;
}

static void text_value(const json_t *json, struct value *ret_value)
{
    ret_value->kind = VALUE_TEXT;
    ret_value->text = span_of(json_string_value(json), json_string_length(json));
    ret_value->characters = text_characters(ret_value->text);
}

static void value_of(const json_t *json, struct value *ret_value)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        ret_value->kind = VALUE_MAP;
        ret_value->count = json_object_size(json);
        break;
    case JSON_ARRAY:
        ret_value->kind = VALUE_LIST;
        ret_value->count = json_array_size(json);
        break;
    case JSON_STRING:
        text_value(json, ret_value);
        break;
    case JSON_INTEGER:
        ret_value->kind = VALUE_INTEGER;
        ret_value->integer = json_integer_value(json);
        break;
    case JSON_REAL:
        ret_value->kind = VALUE_FLOAT;
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        ret_value->kind = VALUE_BOOLEAN;
        ret_value->boolean = json_is_true(json);
        break;
    case JSON_NULL:
        ret_value->kind = VALUE_NULL;
        break;
    }
}

static int read_value(struct decoding *d, const struct place *place, const struct field *field,
                      json_t *json, void *at);

static int read_list(struct decoding *d, const struct place *place, const struct field *field,
                     const struct value *value, json_t *list, void *at)
{
    uint8_t *items = NULL;
    int r = decoding_items(d, place, field, value, at, &items);

    for (size_t i = 0; r == 0 && i < value->count; i++) {
        const struct place item = place_item(place, i);

        r = read_value(d, &item, field->item, json_array_get(list, i),
                       items + i * field->item_size);
    }
    return r;
}

/* One pair of a map into `pair`; *taken counts it where its key is good. */
static int read_map_pair(struct decoding *d, const struct place *map, const struct field *field,
                         struct span text, json_t *json, uint8_t *pair, size_t *taken)
{
    const struct value key = {
        .kind = VALUE_TEXT, .text = text, .characters = text_characters(text)};
    const struct place place = place_key(map, text);
    int r = decoding_map_key(d, &place, field, &key, pair);

    if (r < 0)
        return r;
    *taken += r == 0;
    return read_value(d, &place, field->item, json, pair + field->item->offset);
}

static int read_map(struct decoding *d, const struct place *place, const struct field *field,
                    const struct value *value, json_t *map, void *at)
{
    uint8_t *pairs = NULL;
    size_t taken = 0;
    const char *key;
    json_t *json;
    int r = decoding_items(d, place, field, value, at, &pairs);

    if (r)
        return r;
    json_object_foreach(map, key, json)
    {
        r = read_map_pair(d, place, field, span_text(key), json, pairs + taken * field->item_size,
                          &taken);
        if (r)
            return r;
    }
    return decoding_map_end(d, place, field, at, pairs, taken);
}

static int read_pair(struct decoding *d, struct level *level, struct span key, json_t *json)
{
    const struct field *field = NULL;
    enum key_kind kind = KEY_FIELD;
    struct place place;
    int r = decoding_key(d, level, key, &kind, &field);

    if (r)
        return r;
    if (kind == KEY_UNKNOWN)
        decoding_unknown(d, level, key);
    if (kind != KEY_FIELD)
        return 0;
    place = place_field(level->place, field);
    return read_value(d, &place, field, json, decoding_slot(level, field));
}

static int read_level(struct decoding *d, struct level *level, json_t *object)
{
    const char *key;
    json_t *json;
    int r = 0;

    json_object_foreach(object, key, json)
    {
        r = read_pair(d, level, span_text(key), json);
        if (r)
            return r;
    }
    decoding_missing(d, level);
    return 0;
}

static int read_struct(struct decoding *d, const struct place *place, const struct field *field,
                       const struct value *value, json_t *object, void *at)
{
    struct level level = decoding_level(place, field->fields, field->field_count, at);
    int r = decoding_is_map(d, place, field, value);

    return r ? r : read_level(d, &level, object);
}

static int read_union(struct decoding *d, const struct place *place, const struct field *field,
                      const struct value *value, json_t *object, void *at)
{
    const json_t *json = json_object_get(object, field->tag);
    struct level level;
    struct value tag;
    int r = decoding_is_map(d, place, field, value);

    if (json)
        value_of(json, &tag);
    if (r == 0)
        r = decoding_alternative(d, place, field, json ? &tag : NULL, at, &level);
    return r ? r : read_level(d, &level, object);
}

static int read_inner(struct decoding *d, const struct place *place, const struct field *field,
                      const struct value *value, json_t *json, void *at)
{
    switch (field->type) {
    case FIELD_LIST:
        return read_list(d, place, field, value, json, at);
    case FIELD_MAP:
        return read_map(d, place, field, value, json, at);
    case FIELD_STRUCT:
        return read_struct(d, place, field, value, json, at);
    case FIELD_UNION:
        return read_union(d, place, field, value, json, at);
    default:
        return decoding_store(d, place, field, value, at);
    }
}

/* What is invalid was told, and the rest is read on, so that it is told as well. */
static int read_value(struct decoding *d, const struct place *place, const struct field *field,
                      json_t *json, void *at)
{
    struct value value;
    int r;

    value_of(json, &value);
    r = read_inner(d, place, field, &value, json, at);
    return r == CODEC_INVALID ? 0 : r;
}

static int read_root(struct decoding *d, json_t *root)
{
    const struct place body = {0};
    struct level level =
        decoding_level(&body, d->message->fields, d->message->field_count, d->body);
    int r;

    if (!json_is_object(root))
        return decoding_malformed(d, &body, "malformed", "expected an object of fields");
    r = decoding_key_count(d, &body, json_object_size(root));
    return r ? r : read_level(d, &level, root);
}

static int read_body(struct decoding *d, struct span bytes)
{
    cleanup(release) json_t *root = NULL;
    int r = parse(d, bytes, &root);

    return r ? r : read_root(d, root);
}

/* What the quick way has filled in when it leaves the body is thrown away. */
static int read_anew(struct decoding *d, struct span bytes)
{
    int r;

    arena_rewind(d->arena, d->mark);
    r = decoding_begin(d, bytes);
    return r ? r : read_body(d, bytes);
}

int codec_decode_json(const struct message *message, struct span bytes, enum codec_unknown unknown,
                      struct arena *arena, struct codec_errors *ret_errors, const void **ret_body)
{
    struct decoding d = {
        .message = message, .unknown = unknown, .arena = arena, .errors = ret_errors};
    int r = decoding_begin(&d, bytes);

    if (r == 0)
        r = json_quick_read(&d, bytes);
    if (r == JSON_QUICK_LEFT)
        r = read_anew(&d, bytes);
    return decoding_end(&d, r, ret_body);
}

int codec_decode_json_value(const struct message *message, const struct json *value,
                            enum codec_unknown unknown, struct arena *arena,
                            struct codec_errors *ret_errors, const void **ret_body)
{
    struct decoding d = {
        .message = message, .unknown = unknown, .arena = arena, .errors = ret_errors};
    int r = decoding_begin(&d, span_of(NULL, 0));

    if (r == 0)
        r = read_root(&d, (json_t *)value);
    return decoding_end(&d, r, ret_body);
}

int codec_parse_json(struct span bytes, size_t max_bytes, struct codec_errors *ret_errors,
                     struct json **ret_document)
{
    struct decoding d = {.errors = ret_errors};
    json_t *root;
    int r;

    ret_errors->count = 0;
    if (bytes.size > max_bytes)
        return decoding_malformed(&d, &(struct place){0}, "too_long",
                                  "the document has %zu bytes, at most %zu are taken", bytes.size,
                                  max_bytes);
    r = parse(&d, bytes, &root);
    if (r == 0)
        *ret_document = (struct json *)root;
    return r;
}
