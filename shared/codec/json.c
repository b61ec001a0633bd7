/* Strict and bounded parsing of small documents by jansson. */
#include "codec/json.h"

#include <errno.h>
#include <string.h>

#include "codec/json_memory.h"

static const json_t *inner(const struct json *value)
{
    return (const json_t *)value;
}

static const struct json *outer(const json_t *value)
{
    return (const struct json *)value;
}

/* jansson recurses to a depth of 2,048; ours is counted before it starts. In text that is no JSON
 * the count may be wrong, but that is refused by the parser. */
static bool too_deep(struct span text)
{
    unsigned depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];

        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '['))
            depth++;
        else if (!quoted && (c == '}' || c == ']') && depth > 0)
            depth--;
        if (depth > JSON_MAX_DEPTH)
            return true;
    }
    return false;
}

int json_parse(struct span text, struct json **ret_document)
{
    json_error_t error;
    json_t *document;
    int r;

    if (text.size == 0 || text.size > JSON_MAX_BYTES || too_deep(text))
        return -EINVAL;
    r = json_memory_load(text, JSON_REJECT_DUPLICATES, &error, &document);
    if (r == 0)
        *ret_document = (struct json *)document;
    return r;
}

void json_free(struct json *document)
{
    json_decref((json_t *)document);
}

const struct json *json_get(const struct json *object, const char *key)
{
    return outer(json_object_get(inner(object), key));
}

const struct json *json_at(const struct json *array, size_t index)
{
    return outer(json_array_get(inner(array), index));
}

enum json_kind json_kind(const struct json *value)
{
    if (!value)
        return JSON_KIND_OTHER;
    switch (json_typeof(inner(value))) {
    case JSON_OBJECT:
        return JSON_KIND_OBJECT;
    case JSON_ARRAY:
        return JSON_KIND_ARRAY;
    case JSON_STRING:
        return JSON_KIND_TEXT;
    case JSON_INTEGER:
    case JSON_REAL:
        return JSON_KIND_NUMBER;
    default:
        return JSON_KIND_OTHER;
    }
}

size_t json_count(const struct json *array)
{
    return json_array_size(inner(array));
}

size_t json_members(const struct json *object)
{
    return json_object_size(inner(object));
}

bool json_text(const struct json *value, struct span *ret_text)
{
    const json_t *string = inner(value);

    if (json_kind(value) != JSON_KIND_TEXT ||
        memchr(json_string_value(string), '\0', json_string_length(string)))
        return false;
    *ret_text = span_of(json_string_value(string), json_string_length(string));
    return true;
}

bool json_number(const struct json *value, double *ret_number)
{
    if (json_kind(value) != JSON_KIND_NUMBER)
        return false;
    *ret_number = json_number_value(inner(value));
    return true;
}

static int append(const char *bytes, size_t size, void *out)
{
    buf_add(out, bytes, size);
    return buf_failed(out) ? -1 : 0;
}

int json_write(const struct json *value, struct buf *out)
{
    if (json_dump_callback(inner(value), append, out, JSON_COMPACT | JSON_ENCODE_ANY) < 0)
        return -ENOMEM;
    return 0;
}
