/* From a contract's struct to values of either format. */
#include "codec/encode.h"

#include <errno.h>

#include "codec/text.h"

struct encoding {
    const struct encode_format *format;
    void *writer;
};

enum { LONGEST_TEXT = UUID_TEXT }; /* of what is formatted: UUIDs, dates and times */

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

/* The value of a field that is no list; formatted texts stand in `text`. */
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
    default:
        break;
    }
    return -EINVAL;
}

static int encode_value(struct encoding *encoding, const struct field *field, const void *at)
{
    char text[LONGEST_TEXT + 1];
    struct value value;
    int r = value_of(field, at, text, &value);

    if (r == 0)
        encoding->format->value(encoding->writer, &value);
    return r;
}

static int encode_list(struct encoding *encoding, const struct field *field,
                       const struct field_list *list)
{
    int r = 0;

    if (list->count > INT64_MAX || !is_between(field, (int64_t)list->count))
        return -EINVAL;
    encoding->format->begin_list(encoding->writer, list->count);
    for (size_t i = 0; r == 0 && i < list->count; i++)
        r = encode_value(encoding, field->item,
                         (const uint8_t *)list->items + i * field->item_size);
    encoding->format->end_list(encoding->writer);
    return r;
}

static bool is_there(const struct field *field, const uint8_t *body)
{
    return !field->optional || *(const bool *)(body + field->has_offset);
}

static size_t count_fields(const struct message *message, const uint8_t *body)
{
    size_t count = 0;

    for (size_t i = 0; i < message->field_count; i++)
        count += is_there(&message->fields[i], body);
    return count;
}

static int encode_fields(struct encoding *encoding, const struct message *message,
                         const uint8_t *body)
{
    int r = 0;

    encoding->format->begin_map(encoding->writer, count_fields(message, body));
    for (size_t i = 0; r == 0 && i < message->field_count; i++) {
        const struct field *field = &message->fields[i];
        const void *at = body + field->offset;

        if (!is_there(field, body))
            continue;
        encoding->format->key(encoding->writer, field->name);
        r = field->type == FIELD_LIST ? encode_list(encoding, field, at)
                                      : encode_value(encoding, field, at);
    }
    encoding->format->end_map(encoding->writer);
    return r;
}

int encode_body(const struct message *message, const void *body, struct buf *out,
                const struct encode_format *format, void *writer)
{
    struct encoding encoding = {.format = format, .writer = writer};
    size_t size = out->size;
    int r = encode_fields(&encoding, message, body);

    if (r == 0 && buf_failed(out))
        r = -ENOMEM;
    if (r == 0 && out->size - size > CODEC_MAX_BYTES)
        r = -EINVAL;
    if (r < 0)
        buf_truncate(out, size);
    return r;
}
