/* What `fleetctl dlq list` and `fleetctl parked list` share: rows of each module as lines of a
 * table or as JSON, and how some values are written there. */
#ifndef LETTERS_LIST_H
#define LETTERS_LIST_H

#include "codec/json_writer.h"
#include "letters.h"
#include "screen.h"

/* What a module is asked, and what becomes of each row; the module itself comes before that. */
struct letters_list {
    const char *sql;          /* a form whose parameters are the filter's */
    const char *const *names; /* of the table's columns, MODULE the first */
    size_t columns;
    const char *nothing; /* is said where a table would have no rows */
    size_t most;         /* rows of a module that are shown, though `sql` may find more; 0: all */
    const char *things;  /* what they are, to say then that there are more: "keys" */
    void (*add_json)(struct json_writer *w, const struct pg_rows *rows, size_t row);
    void (*add_cells)(struct screen_table *table, const struct pg_rows *rows, size_t row);
};

/* Prints what the options ask for. An exit code. */
must_check int letters_list(const struct letters_options *options, const struct letters_list *list);

/* Members of an object: a time, unless it is NULL; and the place of a row that has topic, partition
 * and offset in this column and the two behind it. */
void letters_json_time(struct json_writer *w, const char *name, const struct pg_rows *rows,
                       size_t row, size_t column);
void letters_json_place(struct json_writer *w, const struct pg_rows *rows, size_t row,
                        size_t column);

/* Cells of a table: "-" for a text that is empty and a time that is NULL. */
void letters_cell_text(struct screen_table *table, const struct pg_rows *rows, size_t row,
                       size_t column);
void letters_cell_time(struct screen_table *table, const struct pg_rows *rows, size_t row,
                       size_t column);
void letters_cell_place(struct screen_table *table, const struct pg_rows *rows, size_t row,
                        size_t column);

#endif
