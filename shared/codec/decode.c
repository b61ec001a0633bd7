/* From values of either format to a contract's struct. */
#include "codec/decode.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/date.h"
#include "codec/text.h"

int decoding_begin(struct decoding *decoding, struct span bytes)
{
    decoding->errors->count = 0;
    decoding->seen = 0;
    decoding->mark = arena_mark(decoding->arena);
    if (bytes.size > CODEC_MAX_BYTES)
        return decoding_malformed(decoding, (struct place){0}, "too_long",
                                  "the body has %zu bytes, at most %d are taken", bytes.size,
                                  CODEC_MAX_BYTES);
    decoding->body = arena_alloc(decoding->arena, decoding->message->size);
    return decoding->body ? 0 : -ENOMEM;
}

static void tell_missing(struct decoding *decoding)
{
    for (size_t i = 0; i < decoding->message->field_count; i++) {
        const struct field *field = &decoding->message->fields[i];

        if (!field->optional && !(decoding->seen >> i & 1))
            decoding_invalid(decoding, (struct place){.field = field}, "missing",
                             "the field is required");
    }
}

int decoding_end(struct decoding *decoding, int r, const void **ret_body)
{
    if (r == 0) {
        tell_missing(decoding);
        r = decoding->errors->count ? CODEC_INVALID : 0;
    }
    if (r == 0)
        *ret_body = decoding->body;
    else
        arena_rewind(decoding->arena, decoding->mark);
    return r;
}

static printf_like(4, 0) void tell(struct decoding *decoding, struct place place, const char *code,
                                   const char *format, va_list args)
{
    struct codec_errors *errors = decoding->errors;
    struct codec_error *error;

    if (errors->count == CODEC_MAX_ERRORS)
        return;
    error = &errors->list[errors->count++];
    error->code = code;
    if (!place.field)
        snprintf(error->pointer, sizeof error->pointer, "#");
    else if (!place.in_list)
        snprintf(error->pointer, sizeof error->pointer, "#/%s", place.field->name);
    else
        snprintf(error->pointer, sizeof error->pointer, "#/%s/%zu", place.field->name, place.item);
    vsnprintf(error->detail, sizeof error->detail, format, args);
}

int decoding_invalid(struct decoding *decoding, struct place place, const char *code,
                     const char *format, ...)
{
    va_list args;

    va_start(args, format);
    tell(decoding, place, code, format, args);
    va_end(args);
    return CODEC_INVALID;
}

int decoding_malformed(struct decoding *decoding, struct place place, const char *code,
                       const char *format, ...)
{
    va_list args;

    decoding->errors->count = 0;
    va_start(args, format);
    tell(decoding, place, code, format, args);
    va_end(args);
    return CODEC_MALFORMED;
}

static bool is_named(const struct field *field, struct span key)
{
    return strncmp(field->name, key.data, key.size) == 0 && field->name[key.size] == '\0';
}

static const struct field *find_field(const struct message *message, struct span key,
                                      size_t expected)
{
    if (key.size > CODEC_POINTER_BYTES || memchr(key.data, '\0', key.size))
        return NULL;
    if (expected < message->field_count && is_named(&message->fields[expected], key))
        return &message->fields[expected];
    for (size_t i = 0; i < message->field_count; i++)
        if (is_named(&message->fields[i], key))
            return &message->fields[i];
    return NULL;
}

int decoding_field(struct decoding *decoding, struct span key, size_t expected,
                   const struct field **ret_field)
{
    const struct message *message = decoding->message;
    const struct field *field = find_field(message, key, expected);
    uint64_t bit = field ? UINT64_C(1) << (field - message->fields) : 0;

    if (decoding->seen & bit)
        return decoding_malformed(decoding, (struct place){.field = field}, "duplicate_field",
                                  "the key stands twice");
    decoding->seen |= bit;
    *ret_field = field;
    return 0;
}

/* One byte of a key as RFC 6901 sections 3 and 6 want it; gives its size. */
static size_t escape(unsigned char byte, char out[static 4])
{
    if (byte == '~' || byte == '/')
        return (size_t)snprintf(out, 4, "~%d", byte == '/');
    if ((byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') ||
        byte == '-' || byte == '_' || byte == '.')
        return (size_t)snprintf(out, 4, "%c", byte);
    return (size_t)snprintf(out, 4, "%%%02X", byte);
}

/* The pointer to a key that anybody may have chosen, cut where it does not fit. */
static void point_to_key(char pointer[static CODEC_POINTER_BYTES], struct span key)
{
    size_t size = (size_t)snprintf(pointer, CODEC_POINTER_BYTES, "#/");

    for (size_t i = 0; i < key.size && size + 4 <= CODEC_POINTER_BYTES; i++)
        size += escape((unsigned char)key.data[i], pointer + size);
}

void decoding_unknown(struct decoding *decoding, struct span key)
{
    struct codec_errors *errors = decoding->errors;

    if (decoding->unknown == CODEC_UNKNOWN_IGNORED || errors->count == CODEC_MAX_ERRORS)
        return;
    decoding_invalid(decoding, (struct place){0}, "unknown_field", "%s has no such field",
                     decoding->message->name);
    point_to_key(errors->list[errors->count - 1].pointer, key);
}

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
    case FIELD_LIST:
        return "a list";
    default:
        break;
    }
    return "another type";
}

static int wrong_type(struct decoding *decoding, struct place place, const struct field *field,
                      const struct value *value)
{
    if (value->kind == VALUE_NULL)
        return decoding_invalid(decoding, place, "null_refused",
                                "expected %s; a field that is not there is left out",
                                expectation(field));
    return decoding_invalid(decoding, place, "wrong_type", "expected %s", expectation(field));
}

static int store_uuid(struct decoding *decoding, struct place place, const struct value *value,
                      struct uuid *ret)
{
    if (uuid_parse(value->text, ret) == 0)
        return 0;
    return decoding_invalid(decoding, place, "not_a_uuid",
                            "expected a UUID of 36 characters in lower case");
}

static int store_date(struct decoding *decoding, struct place place, const struct value *value,
                      struct date *ret)
{
    if (date_parse(value->text, ret) == 0)
        return 0;
    return decoding_invalid(decoding, place, "not_a_date", "expected a day such as 2026-11-22");
}

static int store_time(struct decoding *decoding, struct place place, const struct value *value,
                      struct timestamp *ret)
{
    if (timestamp_parse(value->text, ret) == 0)
        return 0;
    return decoding_invalid(decoding, place, "not_a_time",
                            "expected a time in UTC such as 2026-11-22T18:00:00.000Z");
}

static int store_string(struct decoding *decoding, struct place place, const struct field *field,
                        const struct value *value, struct span *ret)
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

static int store_enum(struct decoding *decoding, struct place place, const struct field *field,
                      const struct value *value, int32_t *ret)
{
    char words[sizeof decoding->errors->list[0].detail] = "";
    size_t size = 0;

    for (size_t i = 0; i < field->name_count; i++)
        if (span_is(value->text, field->names[i])) {
            *ret = (int32_t)i;
            return 0;
        }
    for (size_t i = 0; i < field->name_count && size < sizeof words; i++)
        size += (size_t)snprintf(words + size, sizeof words - size, "%s%s", i ? ", " : "",
                                 field->names[i]);
    return decoding_invalid(decoding, place, "not_one_of", "expected one of %s", words);
}

static int store_integer(struct decoding *decoding, struct place place, const struct field *field,
                         const struct value *value, int64_t *ret)
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

static bool fits(enum field_type type, enum value_kind kind)
{
    switch (type) {
    case FIELD_INTEGER:
        return kind == VALUE_INTEGER || kind == VALUE_HUGE;
    case FIELD_BOOLEAN:
        return kind == VALUE_BOOLEAN;
    case FIELD_LIST:
        return kind == VALUE_LIST;
    default:
        return kind == VALUE_TEXT;
    }
}

static int store(struct decoding *decoding, struct place place, const struct field *field,
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
        return store_enum(decoding, place, field, value, ret);
    default:
        break; /* read item by item by the format's decoder */
    }
    return -EINVAL;
}

int decoding_store(struct decoding *decoding, struct place place, const struct field *field,
                   const struct value *value, void *ret)
{
    int r = store(decoding, place, field, value, ret);

    return r == CODEC_INVALID ? 0 : r;
}

int decoding_list(struct decoding *decoding, const struct field *field, const struct value *value,
                  uint8_t **ret_items)
{
    struct place place = {.field = field};
    struct field_list *list = (struct field_list *)(void *)(decoding->body + field->offset);

    if (!fits(FIELD_LIST, value->kind))
        return wrong_type(decoding, place, field, value);
    if ((int64_t)value->count < field->min)
        return decoding_invalid(decoding, place, "too_few", "expected at least %" PRId64 " items",
                                field->min);
    if ((int64_t)value->count > field->max)
        return decoding_invalid(decoding, place, "too_many", "expected at most %" PRId64 " items",
                                field->max);
    *ret_items = arena_array(decoding->arena, value->count, field->item_size);
    if (!*ret_items)
        return -ENOMEM;
    *list = (struct field_list){.items = *ret_items, .count = value->count};
    return 0;
}
