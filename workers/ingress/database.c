#include "database.h"

#include <errno.h>
#include <stdlib.h>

#include "log/log.h"

enum {
    RETRY_MS = 100,
    RETRY_MAX_MS = 2000,
    IDLE_MS = 2000, /* without a question; then one is asked, to know that it answers */
    ROUND_BYTES = 16 << 20,
};

enum state { AWAY, CONNECTING, IDLE, ROUND, ROLLBACK };
static const char *const state_names[] = {"away", "connecting", "idle", "round", "rollback"};
static const unsigned char may_follow[] = {
    [AWAY] = 1 << CONNECTING,           [CONNECTING] = 1 << AWAY | 1 << IDLE,
    [IDLE] = 1 << AWAY | 1 << ROUND,    [ROUND] = 1 << AWAY | 1 << IDLE | 1 << ROLLBACK,
    [ROLLBACK] = 1 << AWAY | 1 << IDLE,
};

struct database {
    struct loop *loop;
    const struct config *config;
    struct pg *pg;
    struct loop_watch *watch;
    struct loop_timer *timer; /* the state's deadline, or when to try again */
    struct loop_turn *turn;
    struct arena *arena;
    enum state state;
    int64_t retry_ms;
    bool told_away; /* logged, so that it is said once */
    struct database_part *parts;
};

static void pump(struct database *database);

static void set_state(struct database *database, enum state state)
{
    if (!(may_follow[database->state] & 1 << state))
        abort();
    log_debug(NULL, "database connection goes from %s to %s", state_names[database->state],
              state_names[state]);
    database->state = state;
}

static void fail_asked(struct database *database)
{
    for (struct database_part *part = database->parts; part; part = part->next)
        if (part->asked) {
            part->asked = false;
            part->fail(part->data);
        }
}

static void fail_wanting(struct database *database)
{
    for (struct database_part *part = database->parts; part; part = part->next)
        if (part->wants(part->data))
            part->fail(part->data);
}

static void release_connection(struct database *database)
{
    loop_watch_free(database->watch);
    database->watch = NULL;
    pg_close(database->pg);
    database->pg = NULL;
}

static void give_up(struct database *database, const char *why)
{
    if (!database->told_away)
        log_warning(&(struct log_context){.worker = "ingress", .error = why},
                    "PostgreSQL is away: trying again");
    database->told_away = true;
    set_state(database, AWAY);
    release_connection(database);
    loop_timer_start(database->timer, database->retry_ms, 0);
    database->retry_ms =
        database->retry_ms * 2 < RETRY_MAX_MS ? database->retry_ms * 2 : RETRY_MAX_MS;
    fail_asked(database);
}

static void on_ready(void *data, unsigned events)
{
    (void)events;
    pump(data);
}

/* While it connects, libpq may close one socket and open another with the same number: the watch is
 * made anew each time. */
static bool watch_connection(struct database *database)
{
    if (database->state == CONNECTING || !database->watch) {
        loop_watch_free(database->watch);
        database->watch = loop_watch_new(database->loop, pg_fd(database->pg), on_ready, database);
    }
    if (!database->watch)
        return false;
    if (database->state == CONNECTING)
        loop_watch_set(database->watch,
                       pg_wants_write(database->pg) ? LOOP_WRITABLE : LOOP_READABLE);
    else
        loop_watch_set(database->watch, pg_wants_write(database->pg) ? LOOP_READABLE | LOOP_WRITABLE
                                                                     : LOOP_READABLE);
    return true;
}

static void note_connected(struct database *database)
{
    set_state(database, IDLE);
    loop_watch_free(database->watch); /* the last step of connecting may have changed the socket */
    database->watch = NULL;
    loop_timer_start(database->timer, IDLE_MS, 0);
    database->retry_ms = RETRY_MS;
    if (database->told_away)
        log_info(&(struct log_context){.worker = "ingress"}, "PostgreSQL is back");
    database->told_away = false;
}

static void finish_round(struct database *database)
{
    loop_timer_start(database->timer, IDLE_MS, 0);
    if (database->state == ROUND) {
        for (struct database_part *part = database->parts; part; part = part->next)
            if (part->asked) {
                part->asked = false;
                part->take(part->data, database->pg);
            }
    }
    pg_clear(database->pg);
    set_state(database, IDLE);
}

/* The server refused a statement: nothing of the round is known, and its transaction is closed. */
static void refuse_round(struct database *database)
{
    const struct pg_failure *failure = pg_failure(database->pg);
    bool open = pg_in_transaction(database->pg);

    log_error(&(struct log_context){.worker = "ingress", .error = failure->message},
              "PostgreSQL refused a statement with SQLSTATE %s", failure->sqlstate);
    pg_clear(database->pg);
    if (!open) {
        loop_timer_start(database->timer, IDLE_MS, 0);
        set_state(database, IDLE);
        fail_asked(database);
        return;
    }
    set_state(database, ROLLBACK);
    fail_asked(database);
    if (pg_add(database->pg, "rollback", NULL, 0) < 0)
        give_up(database, "out of memory");
    else
        pump(database);
}

static void pump(struct database *database)
{
    int r = pg_pump(database->pg);

    if (r == -EPROTO && database->state == ROUND)
        refuse_round(database);
    else if (r < 0)
        give_up(database, pg_failure(database->pg)->message);
    else if (r == 1 && database->state == CONNECTING)
        note_connected(database);
    else if (r == 1 && database->state != IDLE)
        finish_round(database);
    if (database->pg && !watch_connection(database))
        give_up(database, "the connection's descriptor cannot be watched");
}

static int queue_round(struct database *database)
{
    int r = pg_add(database->pg, "begin isolation level repeatable read read only", NULL, 0);

    for (struct database_part *part = database->parts; part && r >= 0; part = part->next) {
        if (!part->wants(part->data))
            continue;
        part->asked = true;
        r = part->queue(part->data, database->pg, database->arena);
    }
    return r < 0 ? r : pg_add(database->pg, "commit", NULL, 0);
}

static bool anybody_wants(const struct database *database)
{
    for (const struct database_part *part = database->parts; part; part = part->next)
        if (part->wants(part->data))
            return true;
    return false;
}

static void start_round(struct database *database)
{
    arena_reset(database->arena);
    if (queue_round(database) < 0) {
        if (pg_drop(database->pg, 0) < 0)
            give_up(database, "there was no memory for a round whose beginning was sent");
        else
            fail_asked(database);
        return;
    }
    set_state(database, ROUND);
    loop_timer_start(database->timer, database->config->database_edge_ms, 0);
    pump(database);
}

/* Who comes while a server that was away is tried again is not made to wait for it. */
static void on_turn_over(void *data)
{
    struct database *database = data;

    if (database->state == AWAY || (database->state == CONNECTING && database->told_away))
        fail_wanting(database);
    if (database->state == IDLE && anybody_wants(database))
        start_round(database);
}

static void start_connecting(struct database *database)
{
    set_state(database, CONNECTING);
    database->pg = pg_connect(database->config->ingress_database_url, "idpmc ingress");
    loop_timer_start(database->timer, database->config->database_connect_ms, 0);
    if (database->pg)
        pump(database);
    else
        give_up(database, "out of memory");
}

static void on_timer(void *data)
{
    struct database *database = data;

    if (database->state == AWAY)
        start_connecting(database);
    else if (database->state == IDLE)
        start_round(database); /* perhaps an empty one */
    else
        give_up(database, "the server did not answer in time");
}

struct database *database_new(struct loop *loop, const struct config *config)
{
    struct database *database = calloc(1, sizeof *database);

    if (!database)
        return NULL;
    database->loop = loop;
    database->config = config;
    database->retry_ms = RETRY_MS;
    database->arena = arena_new(ROUND_BYTES);
    database->timer = loop_timer_new(loop, on_timer, database);
    database->turn = loop_turn_new(loop, on_turn_over, database);
    if (!database->arena || !database->timer || !database->turn) {
        database_free(database);
        return NULL;
    }
    start_connecting(database);
    return database;
}

void database_free(struct database *database)
{
    if (!database)
        return;
    loop_turn_free(database->turn);
    loop_timer_free(database->timer);
    release_connection(database);
    fail_asked(database);
    fail_wanting(database);
    arena_free(database->arena);
    free(database);
}

void database_add(struct database *database, struct database_part *part)
{
    part->next = database->parts;
    database->parts = part;
}

bool database_is_connected(const struct database *database)
{
    return database->state >= IDLE;
}
