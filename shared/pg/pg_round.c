/* One round trip: statements are queued, sent in one pipeline, and answered in order. */
#include <errno.h>
#include <stdlib.h>

#include "pg/pg_internal.h"

/* Makes room for `more` elements behind `count`. */
static int reserve(void **items, size_t *capacity, size_t count, size_t more, size_t size)
{
    size_t wanted = *capacity ? *capacity : 32;
    void *grown;

    if (*capacity - count >= more)
        return 0;
    while (wanted - count < more)
        wanted *= 2;
    grown = reallocarray(*items, wanted, size);
    if (!grown)
        return -ENOMEM;
    *items = grown;
    *capacity = wanted;
    return 0;
}

static int queue(struct pg *pg, const char *sql, const struct pg_param *params, size_t count)
{
    struct pg_round *round = &pg->round;
    struct pg_statement *statement;
    void *calls = round->calls, *kept = round->params;
    int r;

    for (size_t i = 0; i < count; i++)
        if (params[i].size < 0)
            return -ENOMEM;
    r = reserve(&calls, &round->call_capacity, round->call_count, 1, sizeof *round->calls);
    round->calls = calls;
    if (r < 0)
        return r;
    r = reserve(&kept, &round->param_capacity, round->param_count, count, sizeof *round->params);
    round->params = kept;
    if (r < 0)
        return r;
    statement = pg_statement_find(&pg->statements, sql, params, count);
    if (!statement)
        return -ENOMEM;

    round->calls[round->call_count] = (struct pg_call){
        .statement = statement, .first_param = round->param_count, .param_count = count};
    for (size_t i = 0; i < count; i++)
        round->params[round->param_count++] = params[i];
    return (int)round->call_count++;
}

int pg_add(struct pg *pg, const char *sql, const struct pg_param *params, size_t count)
{
    struct pg_round *round = &pg->round;
    int r;

    if (round->state == PG_ROUND_SENT)
        return -EBUSY;
    if (count > PG_MAX_PARAMS)
        return -E2BIG;
    if (round->state == PG_ROUND_DONE)
        pg_round_reset(round);
    if (round->no_memory)
        return -ENOMEM;
    r = queue(pg, sql, params, count);
    if (r < 0)
        round->no_memory = true;
    return r;
}

static int send_call(struct pg *pg, struct pg_call *call)
{
    const struct pg_param *params = pg->round.params + call->first_param;
    struct pg_statement *statement = call->statement;
    const char *values[PG_MAX_PARAMS];
    int sizes[PG_MAX_PARAMS], formats[PG_MAX_PARAMS];

    call->prepares = statement->state == PG_UNKNOWN;
    if (call->prepares) {
        if (!PQsendPrepare(pg->conn, statement->name, statement->sql, (int)statement->type_count,
                           statement->types))
            return -EIO;
        statement->state = PG_PREPARING;
    }
    for (size_t i = 0; i < call->param_count; i++) {
        values[i] = params[i].data;
        sizes[i] = params[i].size;
        formats[i] = 1;
    }
    if (!PQsendQueryPrepared(pg->conn, statement->name, (int)call->param_count, values, sizes,
                             formats, 1))
        return -EIO;
    pg->stats.statements++;
    return 0;
}

int pg_round_send(struct pg *pg, bool sync)
{
    struct pg_round *round = &pg->round;

    for (; round->sent < round->call_count; round->sent++)
        if (send_call(pg, &round->calls[round->sent]) < 0)
            return pg_lose(pg, PQerrorMessage(pg->conn));
    if (!sync)
        return 0;
    if (!PQpipelineSync(pg->conn))
        return pg_lose(pg, PQerrorMessage(pg->conn));
    round->state = PG_ROUND_SENT;
    round->answered = 0;
    round->awaits_prepare = round->calls[0].prepares;
    pg->stats.round_trips++;
    return 0;
}

/* A migration changed what a prepared statement answers, or somebody deallocated it: it must be
 * prepared afresh. */
static bool is_stale(const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    return sqlstate && (strcmp(sqlstate, "0A000") == 0 || strcmp(sqlstate, "26000") == 0);
}

static void take_answer(struct pg *pg, struct pg_call *call, PGresult *result)
{
    struct pg_round *round = &pg->round;

    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
        if (round->awaits_prepare) {
            call->statement->state = PG_PREPARED;
            break;
        }
        call->result = result;
        return;
    case PGRES_PIPELINE_ABORTED:
        break;
    default:
        pg_failure_of_result(&pg->failure, result, (int)round->answered);
        if (!round->awaits_prepare && is_stale(result))
            pg_statement_forget(&pg->statements, call->statement);
        break;
    }
    PQclear(result);
}

/* libpq ends every command's answers with NULL: go on to the next one. */
static void next_answer(struct pg_round *round)
{
    if (round->awaits_prepare) {
        round->awaits_prepare = false;
        return;
    }
    round->answered++;
    if (round->answered < round->call_count)
        round->awaits_prepare = round->calls[round->answered].prepares;
}

static void finish(struct pg_round *round)
{
    for (size_t i = 0; i < round->call_count; i++)
        if (round->calls[i].statement->state == PG_PREPARING)
            round->calls[i].statement->state = PG_UNKNOWN;
    round->state = PG_ROUND_DONE;
}

int pg_round_receive(struct pg *pg)
{
    struct pg_round *round = &pg->round;

    while (!PQisBusy(pg->conn)) {
        PGresult *result = PQgetResult(pg->conn);
        if (result && PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            finish(round);
            return 1;
        }
        if (round->answered == round->call_count) {
            PQclear(result);
            return pg_lose(pg, "an answer to a statement that was not sent");
        }
        if (result)
            take_answer(pg, &round->calls[round->answered], result);
        else
            next_answer(round);
    }
    return 0;
}

void pg_round_reset(struct pg_round *round)
{
    for (size_t i = 0; i < round->call_count; i++)
        PQclear(round->calls[i].result);
    round->call_count = round->param_count = round->sent = 0;
    round->no_memory = false;
    round->state = PG_ROUND_OPEN;
}

void pg_round_deinit(struct pg_round *round)
{
    pg_round_reset(round);
    free(round->calls);
    free(round->params);
}

void pg_clear(struct pg *pg)
{
    if (pg->round.state != PG_ROUND_SENT && (pg->round.state == PG_ROUND_DONE || !pg->round.sent))
        pg_round_reset(&pg->round);
}

const struct pg_rows *pg_rows(const struct pg *pg, int answer)
{
    if (answer < 0 || (size_t)answer >= pg->round.call_count)
        return NULL;
    return (const struct pg_rows *)pg->round.calls[answer].result;
}
