/* Linked into a worker that benchmarks start: what it says to libpq goes on to libpq, and into a
 * file of BENCH_RECORDING as well. The released worker has none of this. */
#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/recording.h"

/* The linker's names for what was there before. */
int __real_PQsendPrepare(PGconn *conn, const char *name, const char *sql, int count,
                         const Oid *types);
int __real_PQsendQueryPrepared(PGconn *conn, const char *name, int count, const char *const *values,
                               const int *sizes, const int *formats, int result_format);
int __real_PQpipelineSync(PGconn *conn);
PGresult *__real_PQgetResult(PGconn *conn);
void __real_PQfinish(PGconn *conn);

int __wrap_PQsendPrepare(PGconn *conn, const char *name, const char *sql, int count,
                         const Oid *types);
int __wrap_PQsendQueryPrepared(PGconn *conn, const char *name, int count, const char *const *values,
                               const int *sizes, const int *formats, int result_format);
int __wrap_PQpipelineSync(PGconn *conn);
PGresult *__wrap_PQgetResult(PGconn *conn);
void __wrap_PQfinish(PGconn *conn);

/* A connection has one user at a time; the table has several. */
static struct connection {
    PGconn *conn; /* NULL: it is closed, or there was none yet */
    FILE *file;
    atomic_uint finished;
} connections[RECORDING_CONNECTIONS];
static int count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void give_up(const char *reason)
{
    fprintf(stderr, "recorder: %s\n", reason);
    exit(1);
}

static struct connection *begin(PGconn *conn)
{
    const char *folder = getenv("BENCH_RECORDING");
    char path[4096];
    struct connection *connection;

    if (!folder || count == RECORDING_CONNECTIONS)
        give_up(folder ? "too many connections" : "BENCH_RECORDING is not set");
    snprintf(path, sizeof path, "%s/" RECORDING_FILE, folder, count);
    connection = &connections[count++];
    connection->conn = conn;
    connection->file = fopen(path, "we");
    if (!connection->file)
        give_up("a file cannot be written");
    return connection;
}

static struct connection *find(PGconn *conn, int make)
{
    struct connection *found = NULL;

    pthread_mutex_lock(&lock);
    for (int i = 0; i < count && !found; i++)
        if (connections[i].conn == conn)
            found = &connections[i];
    if (!found && make)
        found = begin(conn);
    pthread_mutex_unlock(&lock);
    return found;
}

static void put_number(FILE *file, int32_t number)
{
    fwrite(&number, sizeof number, 1, file);
}

static void put_text(FILE *file, const char *text)
{
    fwrite(text, strlen(text) + 1, 1, file);
}

int __wrap_PQsendPrepare(PGconn *conn, const char *name, const char *sql, int types_count,
                         const Oid *types)
{
    FILE *file = find(conn, 1)->file;

    putc('P', file);
    put_text(file, name);
    put_text(file, sql);
    put_number(file, types_count);
    for (int i = 0; i < types_count; i++)
        put_number(file, (int32_t)types[i]);
    return __real_PQsendPrepare(conn, name, sql, types_count, types);
}

int __wrap_PQsendQueryPrepared(PGconn *conn, const char *name, int params,
                               const char *const *values, const int *sizes, const int *formats,
                               int result_format)
{
    FILE *file = find(conn, 1)->file;

    putc('Q', file);
    put_text(file, name);
    put_number(file, params);
    for (int i = 0; i < params; i++) {
        put_number(file, values[i] ? sizes[i] : -1);
        if (values[i])
            fwrite(values[i], (size_t)sizes[i], 1, file);
    }
    for (int i = 0; i < params; i++)
        put_number(file, formats[i]);
    return __real_PQsendQueryPrepared(conn, name, params, values, sizes, formats, result_format);
}

int __wrap_PQpipelineSync(PGconn *conn)
{
    FILE *file = find(conn, 1)->file;

    putc('S', file);
    for (int i = 0; i < RECORDING_CONNECTIONS; i++)
        put_number(file, (int32_t)atomic_load(&connections[i].finished));
    return __real_PQpipelineSync(conn);
}

PGresult *__wrap_PQgetResult(PGconn *conn)
{
    PGresult *result = __real_PQgetResult(conn);
    struct connection *connection;

    if (result && PQresultStatus(result) == PGRES_PIPELINE_SYNC && (connection = find(conn, 0)))
        atomic_fetch_add(&connection->finished, 1);
    return result;
}

void __wrap_PQfinish(PGconn *conn)
{
    struct connection *connection = find(conn, 0);

    if (connection) {
        if (fclose(connection->file) != 0)
            give_up("a file could not be written");
        pthread_mutex_lock(&lock);
        connection->conn = NULL;
        pthread_mutex_unlock(&lock);
    }
    __real_PQfinish(conn);
}
