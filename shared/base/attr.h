/* Attributes that the whole tree uses. No run-time code here. */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

#include <stddef.h>

/* The result of every function that can fail. Two levels: 0 is done, negative is a fault that is
 * only passed up (an errno value, negated), positive is an outcome that the function's comment
 * names and that its caller handles. */
#define must_check __attribute__((warn_unused_result))

#define printf_like(text, first) __attribute__((__format__(__printf__, text, first)))

/* Runs a clean-up function on a variable that leaves its scope: `cleanup(buf_deinit) struct buf b =
 * {0};` */
#define cleanup(function) __attribute__((__cleanup__(function)))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
