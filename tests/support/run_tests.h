/* Runs one file's tests under CUnit and reports each in a line: `ok NAME` or `not ok NAME`. */
#ifndef SUPPORT_RUN_TESTS_H
#define SUPPORT_RUN_TESTS_H

#include <stddef.h>

struct test {
    const char *name;
    void (*run)(void);
};

/* Prints `1..count` first, so that a crash is seen by the lines that are missing. Returns main's
 * exit code: 0 when every test passed, 1 otherwise. */
int run_tests(const char *file, const struct test *tests, size_t count);

#endif
