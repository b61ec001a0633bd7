/* JSON (RFC 8259) to a contract's struct. Jansson parses what was found small and flat enough; its
 * tree lives on the heap for the length of the call. */
#include <jansson.h>

#include "codec/decode.h"
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
        return decoding_malformed(d, (struct place){0}, "duplicate_field",
                                  "a key stands twice, before line %d, column %d", error->line,
                                  error->column);
    if (json_error_code(error) == json_error_numeric_overflow)
        return decoding_malformed(d, (struct place){0}, "too_large",
                                  "a number does not fit 64 bits, before line %d, column %d",
                                  error->line, error->column);
    return decoding_malformed(d, (struct place){0}, "malformed",
                              "not JSON from line %d, column %d on", error->line, error->column);
}

static int parse(struct decoding *d, struct span bytes, json_t **ret_root)
{
    json_error_t error;

    if (is_too_deep(bytes))
        return decoding_malformed(d, (struct place){0}, "too_deep",
                                  "lists and objects nest at most %d deep", CODEC_MAX_DEPTH);
    *ret_root = json_loadb(bytes.size ? bytes.data : "", bytes.size,
                           JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    return *ret_root ? 0 : malformed(d, &error);
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

static int read_list(struct decoding *d, const struct field *field, const json_t *list)
{
    struct place place = {.field = field, .in_list = true};
    struct value value;
    uint8_t *items;
    int r;

    value_of(list, &value);
    r = decoding_list(d, field, &value, &items);
    for (; r == 0 && place.item < value.count; place.item++) {
        struct value item;

        value_of(json_array_get(list, place.item), &item);
        r = decoding_store(d, place, field->item, &item, items + place.item * field->item_size);
    }
    return r == CODEC_INVALID ? 0 : r;
}

static int read_field(struct decoding *d, const struct field *field, const json_t *json)
{
    struct value value;

    if (field->optional)
        *(bool *)(d->body + field->has_offset) = true;
    if (field->type == FIELD_LIST)
        return read_list(d, field, json);
    value_of(json, &value);
    return decoding_store(d, (struct place){.field = field}, field, &value,
                          d->body + field->offset);
}

static int read_fields(struct decoding *d, json_t *root)
{
    const struct field *field;
    const char *key;
    size_t expected = 0;
    json_t *json;
    int r = 0;

    json_object_foreach(root, key, json)
    {
        r = decoding_field(d, span_text(key), expected++, &field);
        if (r)
            break;
        if (field)
            r = read_field(d, field, json);
        else
            decoding_unknown(d, span_text(key));
        if (r)
            break;
    }
    return r;
}

static int read_root(struct decoding *d, json_t *root)
{
    if (!json_is_object(root))
        return decoding_malformed(d, (struct place){0}, "malformed",
                                  "expected an object of fields");
    if (json_object_size(root) > DECODE_MAX_KEYS)
        return decoding_malformed(d, (struct place){0}, "too_many",
                                  "the body has %zu keys, at most %d are taken",
                                  json_object_size(root), DECODE_MAX_KEYS);
    return read_fields(d, root);
}

static int read_body(struct decoding *d, struct span bytes)
{
    cleanup(release) json_t *root = NULL;
    int r = parse(d, bytes, &root);

    return r ? r : read_root(d, root);
}

int codec_decode_json(const struct message *message, struct span bytes, enum codec_unknown unknown,
                      struct arena *arena, struct codec_errors *ret_errors, const void **ret_body)
{
    struct decoding d = {
        .message = message, .unknown = unknown, .arena = arena, .errors = ret_errors};
    int r = decoding_begin(&d, bytes);

    if (r == 0)
        r = read_body(&d, bytes);
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
        return decoding_malformed(&d, (struct place){0}, "too_long",
                                  "the document has %zu bytes, at most %zu are taken", bytes.size,
                                  max_bytes);
    r = parse(&d, bytes, &root);
    if (r == 0)
        *ret_document = (struct json *)root;
    return r;
}
