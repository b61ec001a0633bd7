/* What `fleetctl dlq` and `fleetctl parked` share: what is asked for, the operator's connection,
 * and the modules. They work on rows in PostgreSQL: a message is never published again. */
#ifndef LETTERS_H
#define LETTERS_H

#include "base/arena.h"
#include "fleetctl.h"

enum {
    LETTERS_MODULES = 64,
    LETTERS_PARAMS = 12,    /* of the filter */
    LETTERS_CHUNK = 100,    /* rows of one transaction */
    LETTERS_LINES = 50,     /* that say what becomes of one row */
    LETTERS_PAUSE_MS = 200, /* between transactions that undo a lane's batch */
    LETTERS_PLACE = 200,    /* "idpmc.mc.commands/3@17" */
};

struct letters_options {
    const char *module, *type, *cause, *fingerprint, *key, *topic; /* NULL: any */
    int64_t partition, offset;                                     /* -1: any */
    struct uuid tenant, id;
    struct timestamp since, until; /* of the time when the row was written: from, before */
    bool has_tenant, has_id, has_since, has_until;

    const char *by;      /* who does it; NULL: the OS's user and host */
    int64_t rate;        /* rows a second; 0: as fast as it goes */
    int64_t max_replays; /* a letter that was redriven so often stays */
    bool all;            /* also those that were redriven or discarded */
    bool json, personal, dry_run, yes, out_of_order;
};

/* What an action takes beside the filter: the letters of the options, see letters_options.c. */
struct letters_action {
    const char *name;
    const char *takes;
    bool wants_module; /* it changes something, and never everywhere at once */
    int (*run)(const struct letters_options *options);
};

/* Finds the action that argv[1] names, reads the options behind it, and runs it. An exit code. */
int letters_main(int argc, char **argv, const char *usage, const struct letters_action *actions,
                 size_t count);

/* EXIT_DONE, or EXIT_MISUSE with the reason said. `argv[0]` is the action's name. */
must_check int letters_options_read(int argc, char **argv, const struct letters_action *action,
                                    struct letters_options *ret_options);

/* "2026-11-22T18:00:00.000Z", "2026-11-22", or as long ago as "90m", "2h", "3d" says. 0 or -EINVAL.
 */
must_check int letters_time_parse(const char *text, struct timestamp now,
                                  struct timestamp *ret_time);

/* "TOPIC/PARTITION@OFFSET" taken apart; `text` is written into. 0 or -EINVAL. */
must_check int letters_place_parse(char *text, struct letters_options *options);

/* The filter as JSON, for platform.operations. */
void letters_options_describe(const struct letters_options *options, struct buf *out);

/* "user@host", or what --by says. */
void letters_operator(const struct letters_options *options, struct buf *out);

struct letters_desk {
    const struct letters_options *options;
    struct pg *pg;
    struct arena *arena;   /* of the whole run */
    struct arena *scratch; /* of one chunk */
    char modules[LETTERS_MODULES][64];
    size_t module_count;      /* the one that was asked for, or all that have the tables */
    struct timestamp started; /* by the database's clock: what dies later is left alone */
    int64_t operation;        /* the row that says what is being done; 0: none yet */
    size_t lines;             /* printed about single rows */
};

/* Logs in and finds the modules. EXIT_DONE or another exit code. The desk is closed in any case. */
must_check int letters_open(struct letters_desk *desk, const struct letters_options *options);
void letters_close(struct letters_desk *desk);

/* The form with the module's schema where it has an "@", for as long as the desk is open. NULL
 * without memory. */
const char *letters_sql(struct letters_desk *desk, const char *form, const char *module);

/* The same for several statements: EXIT_DONE, or EXIT_FAULT with the reason said. */
struct letters_form {
    const char **sql; /* gets it */
    const char *form;
};
must_check int letters_forms(struct letters_desk *desk, const char *module,
                             const struct letters_form *forms, size_t count);

/* The condition of a row `d` and its parameters, $1 to $12; LETTERS_DIED for dead letters,
 * LETTERS_PARKED for parked messages. */
#define LETTERS_COMMON                                                                             \
    "($1::text is null or d.topic = $1) and ($2::int4 is null or d.part = $2)"                     \
    " and ($3::int8 is null or d.at = $3) and ($4::text is null or d.cause = $4)"                  \
    " and ($5::text is null or d.type = $5) and ($6::uuid is null or d.tenant = $6)"               \
    " and ($7::uuid is null or d.id = $7) and ($8::bytea is null or d.key = $8)"
#define LETTERS_DIED                                                                               \
    LETTERS_COMMON                                                                                 \
    " and ($9::timestamptz is null or d.died_at >= $9)"                                            \
    " and ($10::timestamptz is null or d.died_at < $10)"                                           \
    " and ($11::text is null or d.fingerprint = $11) and ($12 or d.resolved is null)"
#define LETTERS_PARKED                                                                             \
    LETTERS_COMMON                                                                                 \
    " and ($9::timestamptz is null or d.parked_at >= $9)"                                          \
    " and ($10::timestamptz is null or d.parked_at < $10) and $11::text is null and $12::bool is " \
    "not null"
void letters_params(struct letters_desk *desk, struct pg_param params[static LETTERS_PARAMS]);

/* A parameter of this type that is NULL. */
struct pg_param letters_null(enum pg_type type);

/* Queues a statement of a transaction. The answer's index; negative: it was told why, and *ret_code
 * is the exit code. */
must_check int letters_add(struct letters_desk *desk, const char *sql,
                           const struct pg_param *params, size_t count, int *ret_code);
/* Sends what was queued and waits for it. EXIT_DONE, or another code with the reason said. */
must_check int letters_send(struct letters_desk *desk);

/* One statement and its rows. NULL: it was told why, and *ret_code is the exit code. */
const struct pg_rows *letters_ask(struct letters_desk *desk, const char *sql,
                                  const struct pg_param *params, size_t count, int *ret_code);

/* Sends what was queued with a COMMIT behind it, and with what is done to so many messages, where
 * there are any: a row of platform.operations, one a run. EXIT_DONE, or another code with the
 * reason said. */
must_check int letters_commit(struct letters_desk *desk, const char *module, const char *action,
                              size_t messages);

/* After rows of $1, $2 (topic, partition) were put among the parked ones at $3 (offsets): the first
 * of each of their keys is due, unless it is held, and those behind it have no time of their own.
 */
extern const char letters_order_sql[];

/* Partitions that have rows, as a statement lists them: topic, partition, and two numbers of each.
 * Its parameters are the filter's and, as $13, when the desk was opened. In the desk's arena. An
 * exit code. */
struct letters_partition {
    struct span topic;
    int32_t part;
    int64_t numbers[2];
};
must_check int letters_partitions(struct letters_desk *desk, const char *sql,
                                  struct letters_partition **ret_list, size_t *ret_count);

/* Rows of one transaction: so few that --rate is kept. */
size_t letters_chunk(const struct letters_options *options);

/* What no terminal obeys, on standard output. */
void letters_print(struct span text, size_t max);
char *letters_place(struct span topic, int32_t part, int64_t at, char text[static LETTERS_PLACE]);
/* The same of a row that has them in this column and the two behind it. */
char *letters_row_place(const struct pg_rows *rows, size_t row, size_t column,
                        char text[static LETTERS_PLACE]);

/* True where another line about a single row may be printed; says once that there are more. */
bool letters_line(struct letters_desk *desk);

/* Warns on standard error of each type that a timer of the module sends, for these must not be
 * discarded lightly. `form` counts what would be: its parameters are the filter's, when the desk
 * was opened, and the timers' types; it answers types and numbers. Their sum. An exit code. */
must_check int letters_warn_of_timers(struct letters_desk *desk, const char *form,
                                      int64_t *ret_count);

/* Asks on the terminal whether so many of what ("dead letters") shall be discarded, of which
 * `ticks` are a timer's, unless --yes says so already. EXIT_DONE: yes; EXIT_MISUSE: nobody is there
 * to ask; EXIT_FAULT; -1: no. */
must_check int letters_confirm_discard(const struct letters_options *options, int64_t count,
                                       const char *what, int64_t ticks);

/* Waits as long as --rate wants after `count` rows that took from `began_ms`, and `least_ms` at the
 * least: a lane whose batch was undone needs time to do it again. */
void letters_pace(const struct letters_options *options, size_t count, int64_t began_ms,
                  int64_t least_ms);

#endif
