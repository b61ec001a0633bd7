/* From a contract's struct to values of either format. */
#include "codec/encode.h"

#include <errno.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "codec/order.h"
#include "codec/text.h"

struct encoding {
    const struct encode_format *format;
    void *writer;
};

enum { LONGEST_TEXT = UUID_TEXT }; /* of what is formatted: UUIDs, dates, times, decimals */

static bool is_between(const struct field *field, int64_t value)
{
    return value >= field->min && value <= field->max;
}

static int string_value(const struct field *field, const struct span *text, struct value *ret)
{
    if (text->size > CODEC_MAX_BYTES || (text->size && memchr(text->data, '\0', text->size)) ||
        !is_between(field, text_characters(*text)))
        return -EINVAL;
    ret->text = *text;
    return 0;
}

static int enum_value(const struct field *field, int32_t index, struct value *ret)
{
    if (index < 0 || (size_t)index >= field->name_count)
        return -EINVAL;
    ret->text = span_text(field->names[index]);
    return 0;
}

static int date_value(struct date date, char *text, struct value *ret)
{
    if (!text_has_date(date))
        return -EINVAL;
    ret->text = span_text(date_format(date, text));
    return 0;
}

static int time_value(struct timestamp time, char *text, struct value *ret)
{
    if (!text_has_time(time))
        return -EINVAL;
    ret->text = span_text(timestamp_format(time, text));
    return 0;
}

static int decimal_value(const struct field *field, int64_t decimal, char *text, struct value *ret)
{
    if (!is_between(field, decimal))
        return -EINVAL;
    ret->text = span_text(decimal_format(decimal, field->scale, text));
    return 0;
}

/* The value of a field that has no parts; formatted texts stand in `text`. */
static int value_of(const struct field *field, const void *at, char text[static LONGEST_TEXT + 1],
                    struct value *ret)
{
    ret->kind = VALUE_TEXT;
    switch (field->type) {
    case FIELD_UUID:
        ret->text = span_of(uuid_format(*(const struct uuid *)at, text), UUID_TEXT);
        return 0;
    case FIELD_STRING:
        return string_value(field, at, ret);
    case FIELD_INTEGER:
        ret->kind = VALUE_INTEGER;
        ret->integer = *(const int64_t *)at;
        return is_between(field, ret->integer) ? 0 : -EINVAL;
    case FIELD_BOOLEAN:
        ret->kind = VALUE_BOOLEAN;
        ret->boolean = *(const bool *)at;
        return 0;
    case FIELD_DATE:
        return date_value(*(const struct date *)at, text, ret);
    case FIELD_TIME:
        return time_value(*(const struct timestamp *)at, text, ret);
    case FIELD_ENUM:
        return enum_value(field, *(const int32_t *)at, ret);
    case FIELD_DECIMAL:
        return decimal_value(field, *(const int64_t *)at, text, ret);
    case FIELD_LIST:
    case FIELD_STRUCT:
    case FIELD_MAP:
    case FIELD_UNION:
        break; /* written part by part */
    }
    return -EINVAL;
}

static int encode_value(struct encoding *encoding, const struct field *field, const void *at);

static int encode_single(struct encoding *encoding, const struct field *field, const void *at)
{
    char text[LONGEST_TEXT + 1];
    struct value value;
    int r = value_of(field, at, text, &value);

    if (r == 0)
        encoding->format->value(encoding->writer, &value);
    return r;
}

static bool is_counted(const struct field *field, const struct field_list *list)
{
    return list->count <= INT64_MAX && is_between(field, (int64_t)list->count);
}

static int encode_list(struct encoding *encoding, const struct field *field,
                       const struct field_list *list)
{
    int r = 0;

    if (!is_counted(field, list))
        return -EINVAL;
    encoding->format->begin_list(encoding->writer, list->count);
    for (size_t i = 0; r == 0 && i < list->count; i++)
        r = encode_value(encoding, field->item,
                         (const uint8_t *)list->items + i * field->item_size);
    encoding->format->end_list(encoding->writer);
    return r;
}

static int encode_pair(struct encoding *encoding, const struct field *map, const uint8_t *pair)
{
    char text[LONGEST_TEXT + 1];
    struct value key;
    int r = value_of(map->key, pair, text, &key);

    if (r < 0)
        return r;
    encoding->format->key(encoding->writer, key.text);
    return encode_value(encoding, map->item, pair + map->item->offset);
}

/* Are all keys of a map within the contract? Only such can be put in order. */
static bool has_good_keys(const struct field *map, const struct field_list *list)
{
    char text[LONGEST_TEXT + 1];
    struct value key;

    for (size_t i = 0; i < list->count; i++)
        if (value_of(map->key, (const uint8_t *)list->items + i * map->item_size, text, &key) < 0)
            return false;
    return true;
}

/* Pointers to the pairs in the order of their keys; a handler may have them in any other. */
static int sort_pairs(const struct field *map, const struct field_list *list, const void **sorted)
{
    for (size_t i = 0; i < list->count; i++)
        sorted[i] = (const uint8_t *)list->items + i * map->item_size;
    order_pointers(map, sorted, list->count);
    for (size_t i = 1; i < list->count; i++)
        if (order_keys(map, sorted[i - 1], sorted[i]) == 0)
            return -EINVAL; /* a key stands twice */
    return 0;
}

static int encode_sorted(struct encoding *encoding, const struct field *map,
                         const struct field_list *list)
{
    const void **sorted = calloc(list->count, sizeof *sorted);
    int r = sorted ? sort_pairs(map, list, sorted) : -ENOMEM;

    for (size_t i = 0; r == 0 && i < list->count; i++)
        r = encode_pair(encoding, map, sorted[i]);
    free(sorted);
    return r;
}

static int encode_map(struct encoding *encoding, const struct field *field,
                      const struct field_list *list)
{
    int r = 0;

    if (!is_counted(field, list) || !has_good_keys(field, list))
        return -EINVAL;
    encoding->format->begin_map(encoding->writer, list->count);
    if (order_first_fault(field, list->items, list->count) < list->count)
        r = encode_sorted(encoding, field, list);
    else
        for (size_t i = 0; r == 0 && i < list->count; i++)
            r = encode_pair(encoding, field, (const uint8_t *)list->items + i * field->item_size);
    encoding->format->end_map(encoding->writer);
    return r;
}

static bool is_there(const struct field *field, const uint8_t *body)
{
    return !field->optional || *(const bool *)(body + field->has_offset);
}

static size_t count_fields(const struct field *fields, size_t count, const uint8_t *body)
{
    size_t there = 0;

    for (size_t i = 0; i < count; i++)
        there += is_there(&fields[i], body);
    return there;
}

static int encode_field(struct encoding *encoding, const struct field *field, const uint8_t *body)
{
    static const struct value hidden = {.kind = VALUE_TEXT,
                                        .text = {CODEC_HIDDEN, sizeof CODEC_HIDDEN - 1}};

    encoding->format->key(encoding->writer, span_text(field->name));
    if (!field->personal || !encoding->format->hides_personal)
        return encode_value(encoding, field, body + field->offset);
    encoding->format->value(encoding->writer, &hidden);
    return 0;
}

static int encode_fields(struct encoding *encoding, const struct field *fields, size_t count,
                         const uint8_t *body)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < count; i++)
        if (is_there(&fields[i], body))
            r = encode_field(encoding, &fields[i], body);
    return r;
}

static int encode_struct(struct encoding *encoding, const struct field *fields, size_t count,
                         const uint8_t *body)
{
    int r;

    encoding->format->begin_map(encoding->writer, count_fields(fields, count, body));
    r = encode_fields(encoding, fields, count, body);
    encoding->format->end_map(encoding->writer);
    return r;
}

/* The tag comes first, so that a reader need not look ahead. */
static int encode_union(struct encoding *encoding, const struct field *field, const uint8_t *at)
{
    const struct field *alternative;
    struct value tag = {.kind = VALUE_TEXT};
    int r = enum_value(field, *(const int32_t *)(const void *)at, &tag);

    if (r < 0)
        return r;
    alternative = &field->fields[*(const int32_t *)(const void *)at];
    at += alternative->offset;
    encoding->format->begin_map(
        encoding->writer, 1 + count_fields(alternative->fields, alternative->field_count, at));
    encoding->format->key(encoding->writer, span_text(field->tag));
    encoding->format->value(encoding->writer, &tag);
    r = encode_fields(encoding, alternative->fields, alternative->field_count, at);
    encoding->format->end_map(encoding->writer);
    return r;
}

static int encode_value(struct encoding *encoding, const struct field *field, const void *at)
{
    switch (field->type) {
    case FIELD_LIST:
        return encode_list(encoding, field, at);
    case FIELD_MAP:
        return encode_map(encoding, field, at);
    case FIELD_STRUCT:
        return encode_struct(encoding, field->fields, field->field_count, at);
    case FIELD_UNION:
        return encode_union(encoding, field, at);
    default:
        return encode_single(encoding, field, at);
    }
}

int encode_body(const struct message *message, const void *body, struct buf *out,
                const struct encode_format *format, void *writer)
{
    struct encoding encoding = {.format = format, .writer = writer};
    size_t size = out->size;
    size_t most = message->kind == MESSAGE_ANSWER ? CODEC_MAX_ANSWER_BYTES : CODEC_MAX_BYTES;
    int r = encode_struct(&encoding, message->fields, message->field_count, body);

    if (r == 0 && buf_failed(out))
        r = -ENOMEM;
    if (r == 0 && out->size - size > most)
        r = -EINVAL;
    if (r < 0)
        buf_truncate(out, size);
    return r;
}
