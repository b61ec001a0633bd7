#include "pipeline.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LATE_MS = 60000 };

static _Noreturn void fail(const struct pipeline *pipeline)
{
    fprintf(stderr, "limit: %s", PQerrorMessage(pipeline->conn));
    exit(1);
}

void pipeline_open(struct pipeline *pipeline)
{
    const char *url = getenv("LIMIT_DATABASE_URL");

    *pipeline = (struct pipeline){.conn = PQconnectdb(url ? url : "")};
    if (PQstatus(pipeline->conn) != CONNECTION_OK || PQsetnonblocking(pipeline->conn, 1) != 0 ||
        !PQenterPipelineMode(pipeline->conn))
        fail(pipeline);
}

void pipeline_close(struct pipeline *pipeline)
{
    PQfinish(pipeline->conn);
}

void pipeline_prepare(struct pipeline *pipeline, const char *name, const char *sql, int count,
                      const Oid *types)
{
    if (!PQsendPrepare(pipeline->conn, name, sql, count, types))
        fail(pipeline);
}

void pipeline_send(struct pipeline *pipeline, const char *name, int count,
                   const char *const *values, const int *sizes, const int *formats)
{
    if (!PQsendQueryPrepared(pipeline->conn, name, count, values, sizes, formats, 1))
        fail(pipeline);
    pipeline->statements++;
}

void pipeline_sync(struct pipeline *pipeline)
{
    if (!PQpipelineSync(pipeline->conn))
        fail(pipeline);
    pipeline->round_trips++;
    pipeline->under_way++;
}

static void take(struct pipeline *pipeline, PGresult *result)
{
    switch (PQresultStatus(result)) {
    case PGRES_PIPELINE_SYNC:
        pipeline->under_way--;
        break;
    case PGRES_FATAL_ERROR:
        if (pipeline->errors++ == 0)
            snprintf(pipeline->first_error, sizeof pipeline->first_error, "%s",
                     PQresultErrorMessage(result));
        break;
    default:
        break;
    }
    PQclear(result);
}

/* What has been read. libpq reads while it sends, too, so this comes before any wait for more. */
static void take_what_came(struct pipeline *pipeline, size_t under_way)
{
    while (pipeline->under_way > under_way && !PQisBusy(pipeline->conn)) {
        PGresult *result = PQgetResult(pipeline->conn);

        if (result) /* else it is the end of a statement's answers */
            take(pipeline, result);
    }
}

void pipeline_wait(struct pipeline *pipeline, size_t under_way)
{
    for (take_what_came(pipeline, under_way); pipeline->under_way > under_way;
         take_what_came(pipeline, under_way)) {
        const int unsent = PQflush(pipeline->conn);
        struct pollfd poller = {.fd = PQsocket(pipeline->conn),
                                .events = (short)(unsent > 0 ? POLLIN | POLLOUT : POLLIN)};
        const int ready = unsent < 0 ? -1 : poll(&poller, 1, LATE_MS);

        if (ready == 0)
            fputs("limit: the server does not answer any more\n", stderr);
        if (ready <= 0 || !PQconsumeInput(pipeline->conn))
            fail(pipeline);
    }
}
