/* Migration files: <folder>/<module>/NNNN_what.sql, numbered from 0001 without a gap. */
#ifndef MIGRATION_H
#define MIGRATION_H

#include "auth/digest.h"
#include "base/arena.h"

struct migration {
    const char *module;
    int number;
    const char *name; /* the file's: "0001_habits.sql" */
    const char *path;
    const char *sql;
    char checksum[DIGEST_TEXT + 1]; /* of the file's bytes */
};

struct migrations {
    struct migration *items; /* in the order in which they run */
    size_t count;
};

/* Reads every file of the folders: platform's first, core's second, then the other modules' by
 * name. All memory is the arena's. An exit code: EXIT_DONE, or the reason was said. */
must_check int migrations_read(struct arena *arena, const char *const *folders, size_t count,
                               struct migrations *ret_migrations);

/* The migration of this module and number; NULL: there is none. */
const struct migration *migrations_find(const struct migrations *migrations, const char *module,
                                        int number);

#endif
