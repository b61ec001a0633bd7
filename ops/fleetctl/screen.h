/* What came from outside, on a terminal: a dead letter's bytes are whatever somebody sent. Control
 * characters, those that turn the direction of writing, and bytes that are no UTF-8 are shown as
 * escapes, and what is long is cut. */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdio.h>

#include "base/attr.h"
#include "base/buf.h"

/* The text's first `max` bytes, with "..." behind them where there are more: "\u001b" for a
 * character that is not shown, "\xff" for a byte that is none. */
void screen_add(struct buf *out, struct span text, size_t max);

/* A JSON document whose texts hold nothing that a terminal would obey, and which means the same. */
void screen_add_json(struct buf *out, struct span json);

/* Lines of cells, printed in columns. `struct screen_table t = {.columns = 3};`, and the first
 * cells are the head. */
enum { SCREEN_COLUMNS = 12, SCREEN_CELL = 96 };
struct screen_table {
    size_t columns;
    size_t count;                  /* of cells */
    size_t widths[SCREEN_COLUMNS]; /* in characters */
    struct buf cells;              /* each with a NUL behind it */
};
void screen_table_deinit(struct screen_table *table);
void screen_cell(struct screen_table *table, struct span text); /* cut to SCREEN_CELL */
void screen_cell_printf(struct screen_table *table, const char *format, ...) printf_like(2, 3);

/* 0 or -ENOMEM. */
must_check int screen_table_print(const struct screen_table *table, FILE *to);

#endif
