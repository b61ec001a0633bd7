/* How a contract's field takes a value: its type, its form, its bounds. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/date.h"
#include "base/decimal.h"
#include "codec/decode.h"
#include "codec/order.h"

static const char *expectation(const struct field *field)
{
    switch (field->type) {
    case FIELD_UUID:
        return "a UUID as text";
    case FIELD_STRING:
        return "a text";
    case FIELD_INTEGER:
        return "an integer";
    case FIELD_BOOLEAN:
        return "true or false";
    case FIELD_DATE:
        return "a date as text";
    case FIELD_TIME:
        return "a time as text";
    case FIELD_ENUM:
        return "one of the field's words";
    case FIELD_DECIMAL:
        return "a decimal as text";
    case FIELD_LIST:
        return "a list";
    case FIELD_STRUCT:
    case FIELD_MAP:
    case FIELD_UNION:
        break;
    }
    return "a map of fields"; /* an object, as JSON says */
}

static int wrong_type(struct decoding *decoding, const struct place *place,
                      const struct field *field, const struct value *value)
{
    if (value->kind == VALUE_NULL)
        return decoding_invalid(decoding, place, "null_refused",
                                "expected %s; a field that is not there is left out",
                                expectation(field));
    return decoding_invalid(decoding, place, "wrong_type", "expected %s", expectation(field));
}

static int store_uuid(struct decoding *decoding, const struct place *place,
                      const struct value *value, struct uuid *ret)
{
    if (uuid_parse(value->text, ret) == 0)
        return 0;
    return decoding_invalid(decoding, place, "not_a_uuid",
                            "expected a UUID of 36 characters in lower case");
}

static int store_date(struct decoding *decoding, const struct place *place,
                      const struct value *value, struct date *ret)
{
    if (date_parse(value->text, ret) == 0)
        return 0;
    return decoding_invalid(decoding, place, "not_a_date", "expected a day such as 2026-11-22");
}

static int store_time(struct decoding *decoding, const struct place *place,
                      const struct value *value, struct timestamp *ret)
{
    if (timestamp_parse(value->text, ret) == 0)
        return 0;
    return decoding_invalid(decoding, place, "not_a_time",
                            "expected a time in UTC such as 2026-11-22T18:00:00.000Z");
}

static int store_string(struct decoding *decoding, const struct place *place,
                        const struct field *field, const struct value *value, struct span *ret)
{
    const char *copy;

    if (value->characters < field->min)
        return decoding_invalid(decoding, place, "too_short",
                                "expected at least %" PRId64 " characters", field->min);
    if (value->characters > field->max)
        return decoding_invalid(decoding, place, "too_long",
                                "expected at most %" PRId64 " characters", field->max);
    if (value->text.size && memchr(value->text.data, '\0', value->text.size))
        return decoding_invalid(decoding, place, "nul_refused",
                                "expected a text without the character U+0000");
    copy = arena_copy(decoding->arena, value->text.data, value->text.size);
    if (!copy)
        return -ENOMEM;
    *ret = span_of(copy, value->text.size);
    return 0;
}

/* The index of a text among the field's words; told where it is none of them. */
static int find_word(struct decoding *decoding, const struct place *place,
                     const struct field *field, struct span text, int32_t *ret)
{
    char words[sizeof decoding->errors->list[0].detail] = "";
    size_t size = 0;

    for (size_t i = 0; i < field->name_count; i++)
        if (span_is(text, field->names[i])) {
            *ret = (int32_t)i;
            return 0;
        }
    for (size_t i = 0; i < field->name_count && size < sizeof words; i++)
        size += (size_t)snprintf(words + size, sizeof words - size, "%s%s", i ? ", " : "",
                                 field->names[i]);
    return decoding_invalid(decoding, place, "not_one_of", "expected one of %s", words);
}

static int store_integer(struct decoding *decoding, const struct place *place,
                         const struct field *field, const struct value *value, int64_t *ret)
{
    if (value->kind == VALUE_HUGE || value->integer > field->max)
        return decoding_invalid(decoding, place, "too_large", "expected at most %" PRId64,
                                field->max);
    if (value->integer < field->min)
        return decoding_invalid(decoding, place, "too_small", "expected at least %" PRId64,
                                field->min);
    *ret = value->integer;
    return 0;
}

/* What breaks the bounds of a decimal is told by what bounds it. */
static int out_of_bounds(struct decoding *decoding, const struct place *place,
                         const struct field *field, bool small)
{
    int64_t bound = small ? field->min : field->max;
    char text[DECIMAL_TEXT + 1];

    return decoding_invalid(decoding, place, small ? "too_small" : "too_large",
                            small ? "expected at least %s" : "expected at most %s",
                            decimal_format(bound, field->scale, text));
}

static int store_decimal(struct decoding *decoding, const struct place *place,
                         const struct field *field, const struct value *value, int64_t *ret)
{
    int64_t decimal = 0;
    int r = decimal_parse(value->text, field->scale, &decimal);

    if (r == -EINVAL)
        return decoding_invalid(decoding, place, "not_a_decimal",
                                "expected a decimal such as 12.5, with at most %u digits behind "
                                "the point",
                                field->scale);
    if (r == -ERANGE)
        return out_of_bounds(decoding, place, field, value->text.data[0] == '-');
    if (decimal < field->min || decimal > field->max)
        return out_of_bounds(decoding, place, field, decimal < field->min);
    *ret = decimal;
    return 0;
}

static bool fits(enum field_type type, enum value_kind kind)
{
    switch (type) {
    case FIELD_INTEGER:
        return kind == VALUE_INTEGER || kind == VALUE_HUGE;
    case FIELD_BOOLEAN:
        return kind == VALUE_BOOLEAN;
    case FIELD_LIST:
        return kind == VALUE_LIST;
    case FIELD_STRUCT:
    case FIELD_MAP:
    case FIELD_UNION:
        return kind == VALUE_MAP;
    case FIELD_UUID:
    case FIELD_STRING:
    case FIELD_DATE:
    case FIELD_TIME:
    case FIELD_ENUM:
    case FIELD_DECIMAL:
        break;
    }
    return kind == VALUE_TEXT;
}

static int store(struct decoding *decoding, const struct place *place, const struct field *field,
                 const struct value *value, void *ret)
{
    if (!fits(field->type, value->kind))
        return wrong_type(decoding, place, field, value);
    switch (field->type) {
    case FIELD_UUID:
        return store_uuid(decoding, place, value, ret);
    case FIELD_STRING:
        return store_string(decoding, place, field, value, ret);
    case FIELD_INTEGER:
        return store_integer(decoding, place, field, value, ret);
    case FIELD_BOOLEAN:
        *(bool *)ret = value->boolean;
        return 0;
    case FIELD_DATE:
        return store_date(decoding, place, value, ret);
    case FIELD_TIME:
        return store_time(decoding, place, value, ret);
    case FIELD_ENUM:
        return find_word(decoding, place, field, value->text, ret);
    case FIELD_DECIMAL:
        return store_decimal(decoding, place, field, value, ret);
    case FIELD_LIST:
    case FIELD_STRUCT:
    case FIELD_MAP:
    case FIELD_UNION:
        break; /* read part by part by the format's decoder */
    }
    return -EINVAL;
}

int decoding_store(struct decoding *decoding, const struct place *place, const struct field *field,
                   const struct value *value, void *ret)
{
    int r = store(decoding, place, field, value, ret);

    return r == CODEC_INVALID ? 0 : r;
}

int decoding_is_map(struct decoding *decoding, const struct place *place, const struct field *field,
                    const struct value *value)
{
    if (value->kind != VALUE_MAP)
        return wrong_type(decoding, place, field, value);
    return decoding_key_count(decoding, place, value->count);
}

int decoding_items(struct decoding *decoding, const struct place *place, const struct field *field,
                   const struct value *value, void *at, uint8_t **ret_items)
{
    const char *what = field->type == FIELD_LIST ? "items" : "pairs";

    if (!fits(field->type, value->kind))
        return wrong_type(decoding, place, field, value);
    if ((int64_t)value->count < field->min)
        return decoding_invalid(decoding, place, "too_few", "expected at least %" PRId64 " %s",
                                field->min, what);
    if ((int64_t)value->count > field->max)
        return decoding_invalid(decoding, place, "too_many", "expected at most %" PRId64 " %s",
                                field->max, what);
    *ret_items = arena_array(decoding->arena, value->count, field->item_size);
    if (!*ret_items)
        return -ENOMEM;
    *(struct field_list *)at = (struct field_list){.items = *ret_items, .count = value->count};
    return 0;
}

int decoding_map_key(struct decoding *decoding, const struct place *place,
                     const struct field *field, const struct value *key, void *ret)
{
    return store(decoding, place, field->key, key, ret);
}

int decoding_map_end(struct decoding *decoding, const struct place *place,
                     const struct field *field, void *at, uint8_t *pairs, size_t count)
{
    ((struct field_list *)at)->count = count;
    if (order_first_fault(field, pairs, count) == count)
        return 0;
    order_pairs(field, pairs, count);
    if (order_first_fault(field, pairs, count) == count)
        return 0;
    return decoding_malformed(decoding, place, "duplicate_field", "a key stands twice");
}

int decoding_alternative(struct decoding *decoding, const struct place *place,
                         const struct field *field, const struct value *tag, void *at,
                         struct level *ret_level)
{
    const struct place tag_place = place_key(place, span_text(field->tag));
    const struct field *alternative;
    int r;

    if (!tag)
        return decoding_invalid(decoding, &tag_place, "missing",
                                "the field is required: it names the alternative");
    if (tag->kind != VALUE_TEXT)
        return wrong_type(decoding, &tag_place, &(struct field){.type = FIELD_ENUM}, tag);
    r = find_word(decoding, &tag_place, field, tag->text, at);
    if (r)
        return r;
    alternative = &field->fields[*(const int32_t *)at];
    *ret_level = decoding_level(place, alternative->fields, alternative->field_count,
                                (uint8_t *)at + alternative->offset);
    ret_level->tag = field->tag;
    return 0;
}
