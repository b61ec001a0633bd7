/* How large a body can become by its contract's bounds: the larger of both formats. */
#include "contract.h"

#include <string.h>

#include "base/decimal.h"

/* JSON writes a control character of one byte as six. */
enum { MAX_CHARACTER_BYTES = 6, UUID_TEXT = 36, DATE_TEXT = 10, TIME_TEXT = 24 };

/* MessagePack's longest head, which is also more than JSON's quotes and comma. */
enum { HEAD_BYTES = 5 };

/* Far beyond any body, and so small that a count times it does not overflow. */
static const uint64_t TOO_MANY_BYTES = UINT64_C(1) << 40;

static uint64_t max_value_bytes(const struct field *field);

static uint64_t longest_value(const struct field *field)
{
    uint64_t longest = 0;

    for (size_t i = 0; i < field->value_count; i++)
        if (field->values[i].text && strlen(field->values[i].text) > longest)
            longest = strlen(field->values[i].text);
    return longest;
}

static uint64_t max_name_bytes(const struct text *name)
{
    return HEAD_BYTES + (name->text ? strlen(name->text) : 0);
}

/* The tag, and the largest alternative. */
static uint64_t max_union_bytes(const struct field *field)
{
    uint64_t longest = 0, most = 0;

    for (size_t i = 0; i < field->shape.count; i++) {
        const struct field *alternative = &field->shape.fields[i];
        uint64_t bytes = shape_max_bytes(&alternative->shape);
        uint64_t name = max_name_bytes(&alternative->name);

        most = bytes > most ? bytes : most;
        longest = name > longest ? name : longest;
    }
    return max_name_bytes(&field->tag) + longest + most;
}

static uint64_t max_container_bytes(const struct field *field, uint64_t count)
{
    uint64_t each = max_value_bytes(field->item) + (field->key ? max_value_bytes(field->key) : 0);

    return HEAD_BYTES + count * each;
}

static uint64_t max_value_bytes(const struct field *field)
{
    /* what is out of bounds was said already; here it must not overflow */
    uint64_t count = field->max < 0                ? 0
                     : field->max > MAX_BODY_BYTES ? MAX_BODY_BYTES
                                                   : (uint64_t)field->max;

    switch (field->type) {
    case TYPE_UUID:
        return HEAD_BYTES + UUID_TEXT;
    case TYPE_STRING:
        return HEAD_BYTES + MAX_CHARACTER_BYTES * count;
    case TYPE_INTEGER:
        return 21; /* "-9223372036854775808" and a comma */
    case TYPE_DECIMAL:
        return HEAD_BYTES + DECIMAL_TEXT;
    case TYPE_BOOLEAN:
        return 6; /* "false" and a comma */
    case TYPE_DATE:
        return HEAD_BYTES + DATE_TEXT;
    case TYPE_TIME:
        return HEAD_BYTES + TIME_TEXT;
    case TYPE_ENUM:
        return HEAD_BYTES + longest_value(field);
    case TYPE_LIST:
    case TYPE_MAP:
        return max_container_bytes(field, count);
    case TYPE_STRUCT:
        return shape_max_bytes(&field->shape);
    case TYPE_UNION:
        return max_union_bytes(field);
    case TYPE_WRONG:
        break;
    }
    return 0;
}

uint64_t shape_max_bytes(const struct shape *shape)
{
    uint64_t bytes = HEAD_BYTES;

    for (size_t i = 0; i < shape->count; i++)
        bytes += max_name_bytes(&shape->fields[i].name) + max_value_bytes(&shape->fields[i]);
    return bytes < TOO_MANY_BYTES ? bytes : TOO_MANY_BYTES;
}
