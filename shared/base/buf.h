/* A growing byte buffer on the heap. An allocation that fails marks the buffer as failed: later
 * appends do nothing, and buf_failed says so at the end, so that a writer checks once. Not
 * thread-safe. `struct buf b = {0};` is an empty buffer. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

struct buf {
    char *data; /* owned; NUL-terminated where not NULL */
    size_t size;
    size_t capacity;
    bool failed;
};

void buf_deinit(struct buf *buf);
void buf_clear(struct buf *buf); /* empties it, keeps the memory, forgets a failure */
void buf_add(struct buf *buf, const void *bytes, size_t size);
void buf_add_char(struct buf *buf, char c);
void buf_add_number(struct buf *buf, int64_t number); /* decimal; cheaper than printing */
void buf_printf(struct buf *buf, const char *format, ...) printf_like(2, 3);
void buf_vprintf(struct buf *buf, const char *format, va_list args) printf_like(2, 0);

/* Big-endian numbers, as PostgreSQL's binary format and the MAC's framing have them. */
void buf_add_be16(struct buf *buf, uint16_t value);
void buf_add_be32(struct buf *buf, uint32_t value);
void buf_add_be64(struct buf *buf, uint64_t value);

/* A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD, control characters \u00XX.
 */
void buf_add_json(struct buf *buf, struct span text);

/* `size` bytes to write into, already counted as content; NULL when failed. */
void *buf_extend(struct buf *buf, size_t size);

/* Takes at once the memory for `size` bytes more, where it is known about how many will come. */
void buf_make_room(struct buf *buf, size_t size);
void buf_truncate(struct buf *buf, size_t size); /* keeps the first `size` bytes */
void buf_consume(struct buf *buf, size_t size);  /* drops the first `size` bytes */

static inline void buf_add_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

static inline bool buf_failed(const struct buf *buf)
{
    return buf->failed;
}

static inline struct span buf_span(const struct buf *buf)
{
    return span_of(buf->data, buf->size);
}

#endif
