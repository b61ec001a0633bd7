/* How large a body can become by its contract's bounds: the larger of both formats. */
#include "contract.h"

#include <string.h>

/* JSON writes a control character of one byte as six. */
enum { MAX_CHARACTER_BYTES = 6, UUID_TEXT = 36, DATE_TEXT = 10, TIME_TEXT = 24 };

/* MessagePack's longest head, which is also more than JSON's quotes and comma. */
enum { HEAD_BYTES = 5 };

static uint64_t longest_value(const struct field *field)
{
    uint64_t longest = 0;

    for (size_t i = 0; i < field->value_count; i++)
        if (field->values[i].text && strlen(field->values[i].text) > longest)
            longest = strlen(field->values[i].text);
    return longest;
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
    case TYPE_BOOLEAN:
        return 6; /* "false" and a comma */
    case TYPE_DATE:
        return HEAD_BYTES + DATE_TEXT;
    case TYPE_TIME:
        return HEAD_BYTES + TIME_TEXT;
    case TYPE_ENUM:
        return HEAD_BYTES + longest_value(field);
    case TYPE_LIST:
        return HEAD_BYTES + count * max_value_bytes(field->item);
    default:
        return 0;
    }
}

uint64_t contract_max_bytes(const struct contract *contract)
{
    uint64_t bytes = HEAD_BYTES;

    for (size_t i = 0; i < contract->field_count; i++)
        bytes += HEAD_BYTES +
                 (contract->fields[i].name.text ? strlen(contract->fields[i].name.text) : 0) +
                 max_value_bytes(&contract->fields[i]);
    return bytes;
}
