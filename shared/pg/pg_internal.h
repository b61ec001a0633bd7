/* What the files of this folder share: a connection's parts. Nobody else includes it. */
#ifndef PG_INTERNAL_H
#define PG_INTERNAL_H

#include <libpq-fe.h>

#include "pg/pg.h"

enum { PG_STATEMENT_BUCKETS = 128, PG_STATEMENT_NAME = 16 };

/* A statement by its text and its parameters' types, and what the server knows of it. */
struct pg_statement {
    struct pg_statement *next; /* in its bucket */
    const char *sql;           /* the caller's, static */
    uint64_t hash;
    char name[PG_STATEMENT_NAME];
    enum { PG_UNKNOWN, PG_PREPARING, PG_PREPARED } state;
    size_t type_count;
    Oid types[]; /* of the parameters */
};

struct pg_statements {
    struct pg_statement *buckets[PG_STATEMENT_BUCKETS];
    unsigned named; /* names given so far */
};

/* One pg_add: its statement, its parameters' place, and its answer once it is in. */
struct pg_call {
    struct pg_statement *statement;
    size_t first_param, param_count;
    bool prepares; /* a Prepare goes before it in the pipeline */
    PGresult *result;
};

/* What is queued, under way or answered. */
struct pg_round {
    enum { PG_ROUND_OPEN, PG_ROUND_SENT, PG_ROUND_DONE } state;
    struct pg_call *calls;
    size_t call_count, call_capacity;
    struct pg_param *params;
    size_t param_count, param_capacity;
    size_t sent;         /* calls that libpq has been given */
    size_t answered;     /* calls whose answers are in */
    bool awaits_prepare; /* the next answer is of the Prepare before calls[answered] */
    bool no_memory;      /* a statement could not be queued: nothing more of the round is sent */
};

struct pg {
    PGconn *conn;
    enum { PG_CONNECTING, PG_CONNECTED, PG_LOST } state;
    bool wants_write;
    struct pg_statements statements;
    struct pg_round round;
    struct pg_failure failure;
    struct pg_stats stats;
    const atomic_bool *hurry; /* NULL: no haste */
    int hurry_ms;
};

/* The statement of this text and these parameter types, known or new; NULL without memory. */
must_check struct pg_statement *pg_statement_find(struct pg_statements *statements, const char *sql,
                                                  const struct pg_param *params, size_t count);
/* Lets the next use prepare it again, under another name. */
void pg_statement_forget(struct pg_statements *statements, struct pg_statement *statement);
void pg_statements_deinit(struct pg_statements *statements);

/* Hands what is queued to libpq, and with `sync` what ends the round behind it. 0 or -EIO. */
must_check int pg_round_send(struct pg *pg, bool sync);
/* Takes the answers that have arrived. 1: the round is over; 0: more will come; -EIO. */
must_check int pg_round_receive(struct pg *pg);
/* Drops answers and what was queued. */
void pg_round_reset(struct pg_round *round);
void pg_round_deinit(struct pg_round *round);

/* Each keeps a failure that was noted before. */
void pg_failure_of_result(struct pg_failure *failure, const PGresult *result, int answer);
void pg_failure_of_connection(struct pg *pg, const char *message);

/* The connection is of no use any more, for this reason. Returns -EIO. */
int pg_lose(struct pg *pg, const char *message);

#endif
