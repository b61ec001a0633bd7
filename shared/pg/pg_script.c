/* A script of several statements by the simple protocol, which pipeline mode does not know. */
#include <errno.h>
#include <poll.h>

#include "pg/pg_internal.h"

/* Waits until libpq has an answer, or its end. */
static int wait_for_result(struct pg *pg, int64_t deadline)
{
    for (;;) {
        int unsent = PQflush(pg->conn);
        struct pollfd poller = {.fd = PQsocket(pg->conn),
                                .events = (short)(POLLIN | (unsent > 0 ? POLLOUT : 0))};
        int64_t left = deadline - monotonic_ms();

        if (unsent < 0 || !PQconsumeInput(pg->conn))
            return pg_lose(pg, PQerrorMessage(pg->conn));
        if (!PQisBusy(pg->conn))
            return 0;
        if (left <= 0) {
            pg_failure_of_connection(pg, "the server did not answer in time");
            return -ETIMEDOUT;
        }
        if (poll(&poller, 1, (int)left) < 0 && errno != EINTR)
            return pg_lose(pg, strerror(errno));
    }
}

/* The answers in order; the failure names the statement by its place in the script. */
static int take_answers(struct pg *pg, int64_t deadline)
{
    for (int answer = 0;; answer++) {
        PGresult *result;
        ExecStatusType status;
        int r = wait_for_result(pg, deadline);

        if (r < 0)
            return r;
        result = PQgetResult(pg->conn);
        if (!result)
            return pg->failure.sqlstate[0] ? -EPROTO : 0;
        status = PQresultStatus(result);
        if (status == PGRES_FATAL_ERROR)
            pg_failure_of_result(&pg->failure, result, answer);
        PQclear(result);
        if (PQstatus(pg->conn) == CONNECTION_BAD)
            return pg_lose(pg, PQerrorMessage(pg->conn));
    }
}

int pg_script(struct pg *pg, const char *sql, int timeout_ms)
{
    int64_t deadline = monotonic_ms() + timeout_ms;
    int r = pg_wait(pg, timeout_ms); /* connected, and nothing under way */

    if (r == -EPROTO)
        r = 0; /* a failure of the round trip before this one */
    if (r < 0)
        return r;
    pg_clear(pg);
    pg->failure = (struct pg_failure){.answer = -1};
    if (!PQexitPipelineMode(pg->conn) || !PQsendQuery(pg->conn, sql))
        return pg_lose(pg, PQerrorMessage(pg->conn));
    r = take_answers(pg, deadline);
    if ((r == 0 || r == -EPROTO) && !PQenterPipelineMode(pg->conn))
        return pg_lose(pg, PQerrorMessage(pg->conn));
    return r;
}
