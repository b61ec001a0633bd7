/* The connection itself: it is made, pumped, waited for and closed here. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "pg/pg_internal.h"

/* Failures come back as results; what the server merely mentions goes nowhere. */
static void ignore_notice(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

/* Defaults stand before the caller's own words in conninfo, which therefore win. */
static PGconn *start(const char *conninfo, const char *application_name)
{
    const char *const keywords[] = {
        "application_name",
        "client_encoding",
        "gssencmode",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
        "dbname",
        NULL,
    };
    const char *const values[] = {
        application_name, "UTF8", "disable", "30", "10", "3", "20000", conninfo, NULL,
    };
    return PQconnectStartParams(keywords, values, 1);
}

struct pg *pg_connect(const char *conninfo, const char *application_name)
{
    struct pg *pg = calloc(1, sizeof *pg);

    if (!pg)
        return NULL;
    pg->conn = start(conninfo, application_name);
    if (!pg->conn) {
        free(pg);
        return NULL;
    }
    pg->failure.answer = -1;
    pg->wants_write = true;
    PQsetNoticeReceiver(pg->conn, ignore_notice, NULL);
    PQsetErrorVerbosity(pg->conn, PQERRORS_VERBOSE); /* puts the SQLSTATE into connect errors */
    return pg;
}

void pg_close(struct pg *pg)
{
    if (!pg)
        return;
    PQfinish(pg->conn);
    pg_round_deinit(&pg->round);
    pg_statements_deinit(&pg->statements);
    free(pg);
}

int pg_lose(struct pg *pg, const char *message)
{
    pg->state = PG_LOST;
    pg->wants_write = false;
    pg_failure_of_connection(pg, message);
    return -EIO;
}

/* libpq takes any call of PQconnectPoll as "the socket is ready". */
static bool socket_ready(const struct pg *pg)
{
    struct pollfd poller = {.fd = PQsocket(pg->conn), .events = pg->wants_write ? POLLOUT : POLLIN};

    return poll(&poller, 1, 0) > 0;
}

static int connected(struct pg *pg)
{
    if (PQsetnonblocking(pg->conn, 1) != 0 || !PQenterPipelineMode(pg->conn))
        return pg_lose(pg, PQerrorMessage(pg->conn));
    pg->state = PG_CONNECTED;
    pg->wants_write = false;
    return 1;
}

/* 1: connected; 0: not yet; -EIO. */
static int go_on_connecting(struct pg *pg)
{
    if (PQstatus(pg->conn) == CONNECTION_BAD)
        return pg_lose(pg, PQerrorMessage(pg->conn));
    while (socket_ready(pg)) {
        switch (PQconnectPoll(pg->conn)) {
        case PGRES_POLLING_OK:
            return connected(pg);
        case PGRES_POLLING_READING:
            pg->wants_write = false;
            break;
        case PGRES_POLLING_WRITING:
            pg->wants_write = true;
            break;
        default:
            return pg_lose(pg, PQerrorMessage(pg->conn));
        }
    }
    return 0;
}

/* Sends what is left and reads what has come. The answers that came before a connection broke
 * are still taken: they may say why. */
static int exchange(struct pg *pg)
{
    int unsent = PQflush(pg->conn);
    int alive = unsent >= 0 && PQconsumeInput(pg->conn);
    int r = pg->round.state == PG_ROUND_SENT ? pg_round_receive(pg) : 1;

    pg->wants_write = unsent > 0;
    if (pg->state == PG_LOST)
        return -EIO;
    if (PQstatus(pg->conn) == CONNECTION_BAD || (!alive && r == 0))
        return pg_lose(pg, PQerrorMessage(pg->conn));
    return r;
}

static void forget_failure(struct pg *pg)
{
    pg->failure = (struct pg_failure){.answer = -1};
}

static int send_queued(struct pg *pg, bool sync)
{
    if (pg->round.sent == 0)
        forget_failure(pg);
    return pg_round_send(pg, sync);
}

int pg_pump(struct pg *pg)
{
    struct pg_round *round = &pg->round;
    int r = 1;

    if (pg->state == PG_LOST)
        return -EIO;
    if (pg->state == PG_CONNECTING)
        r = go_on_connecting(pg);
    if (r <= 0)
        return r;

    if (round->no_memory) {
        pg_clear(pg);
        return -ENOMEM;
    }
    if (round->state == PG_ROUND_OPEN && round->call_count > 0) {
        r = send_queued(pg, true);
        if (r < 0)
            return r;
    }
    r = exchange(pg);
    if (r == 1 && round->state == PG_ROUND_DONE && pg->failure.sqlstate[0])
        return -EPROTO;
    return r;
}

int pg_push(struct pg *pg)
{
    struct pg_round *round = &pg->round;
    int r;

    if (pg->state == PG_LOST)
        return -EIO;
    if (round->no_memory)
        return -ENOMEM;
    if (pg->state != PG_CONNECTED || round->state != PG_ROUND_OPEN || round->call_count == 0)
        return 0;
    r = send_queued(pg, false);
    if (r == 0 && PQflush(pg->conn) < 0)
        r = pg_lose(pg, PQerrorMessage(pg->conn));
    return r;
}

int pg_drop(struct pg *pg, int timeout_ms)
{
    struct pg_round *round = &pg->round;
    int r = 0;

    if (round->state != PG_ROUND_DONE && round->sent > 0) {
        round->call_count = round->sent;
        round->no_memory = false;
        r = pg_wait(pg, timeout_ms);
    }
    pg_clear(pg);
    return r == -EPROTO ? 0 : r;
}

int pg_fd(const struct pg *pg)
{
    return PQsocket(pg->conn);
}

bool pg_wants_write(const struct pg *pg)
{
    return pg->wants_write;
}

bool pg_in_transaction(const struct pg *pg)
{
    PGTransactionStatusType status = PQtransactionStatus(pg->conn);

    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

void pg_hurry_when(struct pg *pg, const atomic_bool *hurry, int hurry_ms)
{
    pg->hurry = hurry;
    pg->hurry_ms = hurry_ms;
}

enum { NAP_MS = 200 };

/* How long to sleep; who may have to hurry looks every so often. */
static int64_t nap(const struct pg *pg, int64_t *deadline)
{
    int64_t now = monotonic_ms();

    if (pg->hurry && atomic_load(pg->hurry) && *deadline > now + pg->hurry_ms)
        *deadline = now + pg->hurry_ms;
    return pg->hurry && *deadline - now > NAP_MS ? NAP_MS : *deadline - now;
}

/* So many of the round are in, and nothing failed. */
static bool has_answers(const struct pg *pg, size_t answers)
{
    return !pg->failure.sqlstate[0] &&
           (pg->round.state == PG_ROUND_DONE ||
            (pg->round.state == PG_ROUND_SENT && pg->round.answered >= answers));
}

static int wait_for(struct pg *pg, size_t answers, int timeout_ms)
{
    int64_t deadline = monotonic_ms() + timeout_ms;

    for (;;) {
        struct pollfd poller;
        int64_t left;
        int r = pg_pump(pg);

        if (r != 0)
            return r < 0 ? r : 0;
        if (has_answers(pg, answers))
            return 0;
        left = nap(pg, &deadline);
        if (left <= 0) {
            pg_failure_of_connection(pg, "the server did not answer in time");
            return -ETIMEDOUT;
        }
        poller = (struct pollfd){.fd = pg_fd(pg),
                                 .events = (short)(POLLIN | (pg->wants_write ? POLLOUT : 0))};
        if (poll(&poller, 1, (int)left) < 0 && errno != EINTR)
            return pg_lose(pg, strerror(errno));
    }
}

int pg_wait(struct pg *pg, int timeout_ms)
{
    return wait_for(pg, SIZE_MAX, timeout_ms);
}

int pg_wait_answer(struct pg *pg, int answer, int timeout_ms)
{
    const size_t answers = (size_t)answer + 1;

    return has_answers(pg, answers) ? 0 : wait_for(pg, answers, timeout_ms);
}

struct pg_stats pg_stats(const struct pg *pg)
{
    return pg->stats;
}
