/* The ingress's one connection to PostgreSQL: what many requests want to know is asked in rounds,
 * each one read-only transaction in one pipelined round trip. While a round is under way, what
 * comes gathers for the next. */
#ifndef INGRESS_DATABASE_H
#define INGRESS_DATABASE_H

#include "base/arena.h"
#include "config/config.h"
#include "loop/loop.h"
#include "pg/pg.h"

struct database;

/* Somebody who asks in rounds. */
struct database_part {
    bool (*wants)(void *data); /* is there anything to ask now? */

    /* Queues its statements; what they borrow lies in `arena`, which is the round's. 0 or
     * negative. */
    int (*queue)(void *data, struct pg *pg, struct arena *arena);
    void (*take)(void *data, struct pg *pg); /* the answers are in */
    void (*fail)(void *data); /* the database is away, or refused: nothing is known */
    void *data;
    bool asked; /* the database's own */
    struct database_part *next;
};

/* NULL without memory. Connects by itself, and again. `config` is borrowed. */
struct database *database_new(struct loop *loop, const struct config *config);

/* Closes at once; parts that wait are told that it failed. */
void database_free(struct database *database);

/* The part is borrowed until database_free. */
void database_add(struct database *database, struct database_part *part);
bool database_is_connected(const struct database *database);

#endif
