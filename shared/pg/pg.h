/* One PostgreSQL connection in libpq's pipeline mode, never blocking while it sends: statements are
 * queued, sent together, and their answers read meanwhile (with both sides' buffers full a blocking
 * pipeline deadlocks). A lane waits for it with pg_wait; an event loop watches pg_fd and calls
 * pg_pump. One thread at a time. Binary format both ways.
 *
 *     pg_add(pg, "begin isolation level repeatable read", NULL, 0);
 *     answer = pg_add(pg, sql, params, 2);
 *     r = pg_wait(pg, deadline_ms);           one round trip
 *     rows = pg_rows(pg, answer);
 *     pg_clear(pg);                           the answers go, the connection stays
 */
#ifndef PG_PG_H
#define PG_PG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/date.h"
#include "base/id.h"
#include "base/span.h"

struct pg;

enum { PG_MAX_PARAMS = 64, PG_SQLSTATE = 5 };

/* OIDs of the types that we speak, as pg_type.dat fixes them. */
enum pg_type {
    PG_BOOL = 16,
    PG_BYTEA = 17,
    PG_INT8 = 20,
    PG_INT4 = 23,
    PG_TEXT = 25,
    PG_DATE = 1082,
    PG_TIMESTAMPTZ = 1184,
    PG_UUID = 2950,
    PG_BOOL_ARRAY = 1000,
    PG_BYTEA_ARRAY = 1001,
    PG_INT4_ARRAY = 1007,
    PG_TEXT_ARRAY = 1009,
    PG_INT8_ARRAY = 1016,
    PG_TIMESTAMPTZ_ARRAY = 1185,
    PG_DATE_ARRAY = 1182,
    PG_UUID_ARRAY = 2951,
};

/* A bound parameter: bytes in PostgreSQL's binary format, in memory that lives until the answers
 * are in. */
struct pg_param {
    uint32_t type;
    const void *data; /* NULL: SQL's NULL */
    int size;
};

/* Parameters and arrays in an arena. Without memory they are marked (size -1) and pg_add refuses
 * them with -ENOMEM. */
struct pg_param pg_uuid(struct arena *arena, struct uuid value);
struct pg_param pg_text(struct arena *arena, struct span value);
struct pg_param pg_bytea(struct arena *arena, struct span value);
struct pg_param pg_int4(struct arena *arena, int32_t value);
struct pg_param pg_int8(struct arena *arena, int64_t value);
struct pg_param pg_bool(struct arena *arena, bool value);
struct pg_param pg_date(struct arena *arena, struct date value);
struct pg_param pg_timestamp(struct arena *arena, struct timestamp value);

/* A one-dimensional array that is filled element by element: reserve `count`, add each, take the
 * parameter. */
struct pg_array {
    uint32_t element; /* enum pg_type of the element */
    char *data;       /* in the arena */
    size_t size, capacity;
    struct arena *arena;
    bool failed;
};
void pg_array_init(struct pg_array *array, struct arena *arena, enum pg_type element, size_t count);
void pg_array_add(struct pg_array *array, const void *binary,
                  size_t size); /* an element in binary format; NULL: SQL's NULL */
void pg_array_add_uuid(struct pg_array *array, struct uuid value);
void pg_array_add_span(struct pg_array *array, struct span value); /* text and bytea */
void pg_array_add_int4(struct pg_array *array, int32_t value);
void pg_array_add_int8(struct pg_array *array, int64_t value);
void pg_array_add_bool(struct pg_array *array, bool value);
void pg_array_add_date(struct pg_array *array, struct date value);
void pg_array_add_timestamp(struct pg_array *array, struct timestamp value);
struct pg_param pg_array_param(const struct pg_array *array);

/* Starts to connect, without waiting. `conninfo` is a URI or keyword string; keepalives,
 * tcp_user_timeout and the name shown in pg_stat_activity are added. NULL without memory. */
struct pg *pg_connect(const char *conninfo, const char *application_name);
void pg_close(
    struct pg *pg); /* NULL is allowed; whatever was under way is abandoned, and never waited for */

/* Queues a statement; `sql` is static text and is prepared at its first use on the connection.
 * Queued statements are one implicit unit: after the first that fails, the rest up to the end of
 * the round trip is skipped by the server. Returns the answer's index (from 0), or negative:
 * -ENOMEM (also for a parameter that had no memory: then nothing of this round trip is sent, and
 * pg_pump says -ENOMEM), -EBUSY while a round trip is under way. Text with several statements is
 * not possible. */
must_check int pg_add(struct pg *pg, const char *sql, const struct pg_param *params, size_t count);

/* Goes on with connecting, sending and reading, as far as that is possible without waiting. 1:
 * idle, every answer is in, and all succeeded; 0: not yet (wait for pg_fd to be readable, or
 * writable too where pg_wants_write); -EIO: the connection is lost (close it; whether a COMMIT that
 * was sent went through is unknown); -EPROTO: the server refused a statement: pg_failure says
 * which, the connection is idle and usable, and in a failed transaction it wants a ROLLBACK
 * (pg_in_transaction). */
must_check int pg_pump(struct pg *pg);
int pg_fd(const struct pg *pg); /* may be another one after each pg_pump until it is connected */
bool pg_wants_write(const struct pg *pg);
bool pg_in_transaction(const struct pg *pg);

/* pg_pump until it is done, for `timeout_ms` at the most; then -ETIMEDOUT (close the connection).
 * Blocks. */
must_check int pg_wait(struct pg *pg, int timeout_ms);

/* The same until this answer is in, while later ones may be on their way: pg_rows has it. Where a
 * statement failed, also a later one, it goes on to the end of the round trip and says -EPROTO. */
must_check int pg_wait_answer(struct pg *pg, int answer, int timeout_ms);

/* From the moment that `hurry` is true, pg_wait waits for hurry_ms at the most, whatever it was
 * told: who has to stop does not wait for a server that hangs. `hurry` may be set by another
 * thread, and is borrowed. */
void pg_hurry_when(struct pg *pg, const atomic_bool *hurry, int hurry_ms);

/* Sends what is queued so far, without waiting, so that the server can begin with it; more of the
 * same round trip may be added behind it. 0, -ENOMEM as pg_pump, or -EIO. */
must_check int pg_push(struct pg *pg);

/* What is queued is not sent. Where some of it was pushed, or a round trip is under way, its answers
 * are waited for, whatever they say. 0; or -EIO or -ETIMEDOUT (close the connection). */
must_check int pg_drop(struct pg *pg, int timeout_ms);

/* The first failure of the last round trip. */
struct pg_failure {
    char sqlstate[PG_SQLSTATE + 1]; /* "08000" where the connection itself failed */
    int answer;                     /* index of the statement; -1: the connection */
    int position;      /* where in its text, in characters from 1; 0: the server did not say */
    char message[256]; /* the server's primary message; never its detail, which may quote personal
                          data */
};
const struct pg_failure *pg_failure(const struct pg *pg);

/* The rows of an answer; valid until pg_clear, pg_close or the next pg_add after a finished round
 * trip (which clears by itself). */
struct pg_rows;
const struct pg_rows *pg_rows(const struct pg *pg, int answer);
size_t pg_row_count(const struct pg_rows *rows);
size_t pg_column_count(const struct pg_rows *rows);
uint32_t pg_column_type(const struct pg_rows *rows, size_t column);
int64_t pg_affected(const struct pg_rows *rows); /* rows of an INSERT, UPDATE or DELETE */
bool pg_null(const struct pg_rows *rows, size_t row, size_t column);
struct span pg_value(const struct pg_rows *rows, size_t row, size_t column); /* raw bytes */
void pg_clear(struct pg *pg); /* nothing, while a round trip is under way or was pushed */

/* Binary values; a value of another size gives zero (the statements' types are checked when they
 * are prepared for the first time). */
struct uuid pg_get_uuid(const struct pg_rows *rows, size_t row, size_t column);
int32_t pg_get_int4(const struct pg_rows *rows, size_t row, size_t column);
int64_t pg_get_int8(const struct pg_rows *rows, size_t row, size_t column);
bool pg_get_bool(const struct pg_rows *rows, size_t row, size_t column);
struct date pg_get_date(const struct pg_rows *rows, size_t row, size_t column);
struct timestamp pg_get_timestamp(const struct pg_rows *rows, size_t row, size_t column);

/* What a connection has cost since it was opened. */
struct pg_stats {
    uint64_t round_trips, statements;
};
struct pg_stats pg_stats(const struct pg *pg);

/* One script of several statements by the simple protocol (a migration), waiting for it. For tools,
 * not lanes: leaves and re-enters pipeline mode. 0, -EPROTO or -EIO with pg_failure, -ETIMEDOUT. */
must_check int pg_script(struct pg *pg, const char *sql, int timeout_ms);

/* Gives `role` the password with which `conninfo` logs in as it, hashed here (SCRAM), so that the
 * server and its log never see the password itself. For tools; waits like pg_script. 0, an enum
 * pg_password (nothing was changed), -EINVAL for a conninfo that cannot be read, or as pg_script.
 */
enum pg_password {
    PG_PASSWORD_NONE = 1,   /* the conninfo has no password */
    PG_PASSWORD_OTHER_ROLE, /* it logs in as somebody else */
};
must_check int pg_set_password(struct pg *pg, const char *role, const char *conninfo,
                               int timeout_ms);

/* How an SQLSTATE is treated (architecture, section 2). */
enum pg_class {
    PG_RETRY,   /* 40, 08, 57P0x, 57014, 55P03, 25P03: the batch again */
    PG_CULPRIT, /* 22, 23: a message's data */
    PG_PAUSE,   /* 53: wait until it passes */
    PG_STOP,    /* 28, 42, 54, 58, XX and what nobody expects: an alarm */
    PG_CLAIM,   /* IDP01: the claim is lost */
};
enum pg_class pg_classify(const char *sqlstate);

#endif
