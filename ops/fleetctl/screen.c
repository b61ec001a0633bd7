#include "screen.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/utf8.h"

/* The character of `size` bytes that begins here. */
static uint32_t character_at(const char *bytes, size_t size)
{
    static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t character = (uint8_t)bytes[0] & masks[size];

    for (size_t i = 1; i < size; i++)
        character = character << 6 | ((uint8_t)bytes[i] & 0x3f);
    return character;
}

/* C0 and C1 controls, and what changes how the text around it is read. */
static bool is_hidden(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           c == 0x061c || c == 0x00ad || (c >= 0xe0000 && c <= 0xe0fff);
}

/* As JSON escapes it: above U+FFFF as a pair. */
static void add_escape(struct buf *out, uint32_t c)
{
    if (c > 0xffff)
        buf_printf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
                   0xdc00 + ((c - 0x10000) & 0x3ff));
    else
        buf_printf(out, "\\u%04x", c);
}

void screen_add(struct buf *out, struct span text, size_t max)
{
    struct span rest = utf8_cut(text, max);
    const bool cut = rest.size < text.size;

    while (rest.size > 0) {
        size_t size = utf8_next(rest);

        if (size == 0)
            buf_printf(out, "\\x%02x", (uint8_t)rest.data[0]);
        else if (is_hidden(character_at(rest.data, size)))
            add_escape(out, character_at(rest.data, size));
        else
            buf_add(out, rest.data, size);
        size = size ? size : 1;
        rest = span_of(rest.data + size, rest.size - size);
    }
    if (cut)
        buf_add_text(out, "...");
}

/* Between a document's texts stand only ASCII and line breaks of our own. */
void screen_add_json(struct buf *out, struct span json)
{
    while (json.size > 0) {
        size_t size = utf8_next(json);
        uint32_t c = size ? character_at(json.data, size) : 0xfffd;

        if (is_hidden(c) && c != '\n')
            add_escape(out, c);
        else if (size > 0)
            buf_add(out, json.data, size);
        else
            buf_add_text(out, "\xef\xbf\xbd");
        size = size ? size : 1;
        json = span_of(json.data + size, json.size - size);
    }
}

static size_t width_of(const char *text)
{
    size_t width = 0;

    for (; *text; text++)
        width += ((uint8_t)*text & 0xc0) != 0x80;
    return width;
}

void screen_table_deinit(struct screen_table *table)
{
    buf_deinit(&table->cells);
}

void screen_cell(struct screen_table *table, struct span text)
{
    const size_t begin = table->cells.size, column = table->count++ % table->columns;
    size_t width;

    screen_add(&table->cells, text, SCREEN_CELL);
    buf_add_char(&table->cells, '\0');
    if (buf_failed(&table->cells))
        return;
    width = width_of(table->cells.data + begin);
    if (width > table->widths[column])
        table->widths[column] = width;
}

void screen_cell_printf(struct screen_table *table, const char *format, ...)
{
    cleanup(buf_deinit) struct buf text = {0};
    va_list args;

    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    if (buf_failed(&text))
        table->cells.failed = true;
    screen_cell(table, buf_span(&text));
}

int screen_table_print(const struct screen_table *table, FILE *to)
{
    const char *cell = table->cells.data;

    if (buf_failed(&table->cells))
        return -ENOMEM;
    for (size_t i = 0; i < table->count; i++) {
        const size_t column = i % table->columns;
        const bool last = column + 1 == table->columns;

        fputs(cell, to);
        if (last)
            fputc('\n', to);
        else
            fprintf(to, "%*s", (int)(table->widths[column] - width_of(cell) + 2), "");
        cell += strlen(cell) + 1;
    }
    return 0;
}
