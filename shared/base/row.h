/* What the structs of table rows are made of, for a worker's domain, which knows nothing of the
 * runtime that loads and saves them. */
#ifndef BASE_ROW_H
#define BASE_ROW_H

#include <stddef.h>
#include <stdint.h>

enum { DATE_NONE = INT32_MIN }; /* the days of a date that is not there: SQL's NULL */

/* The rows of one owner, in the order of the key; declared beside the struct. */
#define ROWS_OF(name)                                                                              \
    struct name##_rows {                                                                           \
        const struct name *const *rows;                                                            \
        size_t count;                                                                              \
    }

#endif
