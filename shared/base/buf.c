#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/word.h"

enum { FIRST_BYTES = 64 };

void buf_deinit(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){0};
}

void buf_clear(struct buf *buf)
{
    buf_truncate(buf, 0);
    buf->failed = false;
}

static bool grow(struct buf *buf, size_t size)
{
    size_t capacity = buf->capacity ? buf->capacity : FIRST_BYTES;
    char *data;

    if (buf->failed || size >= SIZE_MAX / 2 - buf->size) {
        buf->failed = true;
        return false;
    }
    while (capacity - buf->size <= size)
        capacity *= 2;
    data = realloc(buf->data, capacity);
    if (!data) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

/* Makes room for `size` more bytes and a NUL. */
static inline bool buf_reserve(struct buf *buf, size_t size)
{
    return (!buf->failed && buf->capacity - buf->size > size) || grow(buf, size);
}

void buf_make_room(struct buf *buf, size_t size)
{
    buf_reserve(buf, size);
}

void *buf_extend(struct buf *buf, size_t size)
{
    char *place;

    if (!buf_reserve(buf, size))
        return NULL;
    place = buf->data + buf->size;
    buf->size += size;
    buf->data[buf->size] = '\0';
    return place;
}

void buf_add(struct buf *buf, const void *bytes, size_t size)
{
    char *place = buf_extend(buf, size);

    if (place && size)
        memcpy(place, bytes, size);
}

void buf_add_char(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

void buf_add_number(struct buf *buf, int64_t number)
{
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (number < 0)
        digits[--at] = '-';
    buf_add(buf, digits + at, sizeof digits - at);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buf_vprintf(buf, format, args);
    va_end(args);
}

/* Into the room that is there; once more where that was too little. */
void buf_vprintf(struct buf *buf, const char *format, va_list args)
{
    va_list again;
    size_t room;
    char *place;
    int size;

    if (!buf_reserve(buf, 0))
        return;
    va_copy(again, args);
    room = buf->capacity - buf->size;
    size = vsnprintf(buf->data + buf->size, room, format, args);
    if (size >= 0 && (size_t)size < room) {
        buf->size += (size_t)size;
    } else {
        buf->data[buf->size] = '\0';
        place = size < 0 ? NULL : buf_extend(buf, (size_t)size);
        if (place)
            vsnprintf(place, (size_t)size + 1, format, again);
        else
            buf->failed = true;
    }
    va_end(again);
}

void buf_add_be16(struct buf *buf, uint16_t value)
{
    value = __builtin_bswap16(value);
    buf_add(buf, &value, sizeof value);
}

void buf_add_be32(struct buf *buf, uint32_t value)
{
    value = __builtin_bswap32(value);
    buf_add(buf, &value, sizeof value);
}

void buf_add_be64(struct buf *buf, uint64_t value)
{
    value = __builtin_bswap64(value);
    buf_add(buf, &value, sizeof value);
}

static bool is_plain_word(uint64_t word)
{
    return !(word & WORD_HIGH) && !word_has_below(word, 0x20) && !word_has(word, 0x7f) &&
           !word_has(word, '"') && !word_has(word, '\\');
}

/* How much of the text needs no escape and no look at UTF-8. */
static size_t plain_ascii(struct span text)
{
    size_t n = 0;

    while (text.size - n >= WORD_BYTES && is_plain_word(word_load(text.data + n)))
        n += WORD_BYTES;
    while (n < text.size && text.data[n] >= 0x20 && text.data[n] < 0x7f && text.data[n] != '"' &&
           text.data[n] != '\\')
        n++;
    return n;
}

void buf_add_json(struct buf *buf, struct span text)
{
    buf_add_char(buf, '"');
    for (;;) {
        char escape[UTF8_ESCAPE_MAX];
        size_t taken = plain_ascii(text);

        buf_add(buf, text.data, taken);
        text = span_of(text.data + taken, text.size - taken);
        if (text.size == 0)
            break;
        buf_add(buf, escape, utf8_escape(text, escape, &taken));
        text = span_of(text.data + taken, text.size - taken);
    }
    buf_add_char(buf, '"');
}

void buf_truncate(struct buf *buf, size_t size)
{
    if (size >= buf->size)
        return;
    buf->size = size;
    buf->data[size] = '\0';
}

void buf_consume(struct buf *buf, size_t size)
{
    if (size >= buf->size) {
        buf_truncate(buf, 0);
        return;
    }
    if (size == 0)
        return;
    memmove(buf->data, buf->data + size, buf->size - size);
    buf_truncate(buf, buf->size - size);
}
