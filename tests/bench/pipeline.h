/* A bare libpq connection in pipeline mode for the limits: no more than they need, so that nothing
 * of ours stands between them and the server. Ends the program where anything fails but a
 * statement. */
#ifndef BENCH_PIPELINE_H
#define BENCH_PIPELINE_H

#include <libpq-fe.h>
#include <stddef.h>

struct pipeline {
    PGconn *conn;
    size_t round_trips, statements, errors; /* so far; errors are of answers */
    size_t under_way;                       /* syncs without an answer */
    char first_error[256];
};

/* As LIMIT_DATABASE_URL says. */
void pipeline_open(struct pipeline *pipeline);
void pipeline_close(struct pipeline *pipeline);

void pipeline_prepare(struct pipeline *pipeline, const char *name, const char *sql, int count,
                      const Oid *types);
void pipeline_send(struct pipeline *pipeline, const char *name, int count,
                   const char *const *values, const int *sizes, const int *formats);
void pipeline_sync(struct pipeline *pipeline);

/* Sends and reads until no more than so many syncs wait for their answers. Never waits to send
 * without reading: with both sides' buffers full nobody would go on. */
void pipeline_wait(struct pipeline *pipeline, size_t under_way);

#endif
