/* A database of its own for every run, as it was before anything ran: a copy of the one that
 * tests/bench/run prepared. The programs that are started find it, and so does bench->pg. */
#ifndef BENCH_STAGE_H
#define BENCH_STAGE_H

#include "bench.h"

/* The one before is dropped. Its positions are the beginning of what waits in the topic. */
void stage_new(struct bench *bench);

/* Prepares another one beside it, until stage_close: its inbox has so many rows, of which every
 * second is older than the inbox's retention. */
void stage_make_old(struct bench *bench, int64_t rows);
void stage_new_old(struct bench *bench); /* stage_new of that one */

/* How the worker, and a limit in its place, logs in. */
const char *stage_url(void);

/* Goes back to the first one, and drops the copy. */
void stage_close(struct bench *bench);

/* The scratch module of the limit `rows` in the database, as migrations would make it, and the way
 * to it in LIMIT_DATABASE_URL. */
void stage_add_rows(struct bench *bench);

/* No tenant table has row-level security any more; only limits run on such a database. */
void stage_drop_rls(struct bench *bench);

/* What of the database is the same after the same statements: rows, their content, positions. */
enum { TRUTHS = 8 };
struct truth {
    int64_t numbers[TRUTHS];
};
struct truth stage_truth(struct bench *bench);
bool truth_equal(const struct truth *a, const struct truth *b);

#endif
