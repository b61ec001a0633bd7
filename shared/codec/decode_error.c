/* What a decoder tells: where, as a JSON pointer, and what was expected. Never a value, since any
 * may be personal. */
#include <stdarg.h>
#include <stdio.h>

#include "codec/decode.h"

/* A pointer that grows to the right, cut before what does not fit. */
struct pointer {
    char *text;
    size_t size;
    bool full;
};

static void append(struct pointer *pointer, const char *text, size_t size)
{
    if (pointer->size + size >= CODEC_POINTER_BYTES)
        pointer->full = true;
    if (pointer->full)
        return;
    memcpy(pointer->text + pointer->size, text, size);
    pointer->size += size;
    pointer->text[pointer->size] = '\0';
}

/* One byte of a key as RFC 6901 sections 3 and 6 want it. */
static void append_escaped(struct pointer *pointer, unsigned char byte)
{
    bool plain = (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') ||
                 byte == '-' || byte == '_' || byte == '.';
    char text[4] = {(char)byte};
    int size = 1;

    if (byte == '~' || byte == '/')
        size = snprintf(text, sizeof text, "~%d", byte == '/');
    else if (!plain)
        size = snprintf(text, sizeof text, "%%%02X", byte);
    append(pointer, text, (size_t)size);
}

static void append_key(struct pointer *pointer, struct span key)
{
    for (size_t i = 0; i < key.size && !pointer->full; i++)
        append_escaped(pointer, (unsigned char)key.data[i]);
}

static void append_item(struct pointer *pointer, size_t item)
{
    char text[24];

    append(pointer, text, (size_t)snprintf(text, sizeof text, "%zu", item));
}

static void point(struct pointer *pointer, const struct place *place)
{
    if (!place->outer)
        return;
    point(pointer, place->outer);
    append(pointer, "/", 1);
    if (place->field)
        append(pointer, place->field->name, strlen(place->field->name));
    else if (place->key.data)
        append_key(pointer, place->key);
    else
        append_item(pointer, place->item);
}

static printf_like(4, 0) void tell(struct decoding *decoding, const struct place *place,
                                   const char *code, const char *format, va_list args)
{
    struct codec_errors *errors = decoding->errors;
    struct codec_error *error;

    if (errors->count == CODEC_MAX_ERRORS)
        return;
    error = &errors->list[errors->count++];
    error->code = code;
    strcpy(error->pointer, "#");
    point(&(struct pointer){.text = error->pointer, .size = 1}, place);
    vsnprintf(error->detail, sizeof error->detail, format, args);
}

int decoding_invalid(struct decoding *decoding, const struct place *place, const char *code,
                     const char *format, ...)
{
    va_list args;

    va_start(args, format);
    tell(decoding, place, code, format, args);
    va_end(args);
    return CODEC_INVALID;
}

int decoding_malformed(struct decoding *decoding, const struct place *place, const char *code,
                       const char *format, ...)
{
    va_list args;

    decoding->errors->count = 0;
    va_start(args, format);
    tell(decoding, place, code, format, args);
    va_end(args);
    return CODEC_MALFORMED;
}
