/* Where the statements of an SQL text stand: for the line of an error, and to find statements that
 * a migration must not have. */
#ifndef SQL_TEXT_H
#define SQL_TEXT_H

#include <stddef.h>

/* The next statement at or behind `text`: what follows blanks, comments and empty statements. NULL:
 * there is none. *ret_end is behind its last character, semicolon included. Knows quotes, dollar
 * quotes and comments; the body of a function must be quoted (no BEGIN ATOMIC). */
const char *sql_next(const char *text, const char **ret_end);

/* The line, from 1, on which `at` stands in `text`. */
unsigned sql_line(const char *text, const char *at);

/* The `position`th character (from 1) of UTF-8 text. */
const char *sql_character(const char *text, int position);

#endif
