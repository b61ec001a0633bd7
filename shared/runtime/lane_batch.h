/* The batch under way, as its steps share it; private to lane_batch.c, lane_open.c, lane_save.c,
 * lane_blame.c, lane_park.c and lane_retry.c. */
#ifndef RUNTIME_LANE_BATCH_H
#define RUNTIME_LANE_BATCH_H

#include "base/map.h"
#include "runtime/lane_state.h"

/* Messages that are tried again are all of one key, and stand in the table of parked ones. */
struct parked_key {
    struct partition *partition;
    int32_t hash;
    struct span key;
};

/* The first of the lane's queue, or of a parked key, and the answers that are waited for. */
struct batch {
    struct lane *lane;
    struct item *items;
    size_t most; /* items that may make it up */
    size_t count;
    const struct parked_key *parked; /* NULL: the items are the queue's */
    struct arena *messages;          /* of envelopes and bodies */
    struct arena *arena;             /* of this attempt */
    struct map rights;               /* whose rights its commands change */
    struct map ids;                  /* the first item of each (tenant, id) */
    struct item **asked;             /* those whom the inbox was asked about */
    size_t asked_count;
    int inbox_answer, insert_statement;
    struct item **open; /* those whose keys may be parked */
    size_t open_count;
    int parked_answer;      /* -1: nobody was asked about */
    struct map parked_keys; /* the first item of each key that this attempt parks */
    struct item *failed;    /* whose handler failed */
};

/* lane_batch.c: one attempt: opens, loads, decides, saves and commits. 0 (and what it emitted is on
 * its way), or negative, with the transaction still to be rolled back. */
must_check int batch_apply(struct batch *batch);

/* lane_open.c: verifies and decodes as many of the items as make up the batch. 0;
 * -ENOKEY: a key is not known, and the keys were loaded before the message came; -EDQUOT: the first
 * of a parked key is still above its producer's quota; or negative. */
must_check int batch_open(struct batch *batch);

/* lane_save.c: sends everything that was decided, and the COMMIT behind it. 0 or negative. */
must_check int batch_save(struct batch *batch);

/* lane_park.c: asks which of the open items have a parked key; makes those wait behind it; and puts
 * into the table, or takes out of it, what this batch says. 0 or negative. */
must_check int park_queue_find(struct batch *batch);
must_check int park_take_found(struct batch *batch);
must_check int park_if_behind(struct batch *batch, struct item *item);
must_check int park_queue_save(struct batch *batch);

/* lane_blame.c: whose fault is it that a batch failed with `r`? */
enum blame {
    BLAME_NOBODY,    /* the database's, the network's, the configuration's: all wait */
    BLAME_CULPRIT,   /* a message's own data: it will fail each time */
    BLAME_TRANSIENT, /* a message's, but it may succeed later */
};
enum blame batch_blame(struct batch *batch, int r);

/* Writes into the item's detail what happened to it, where its handler did not. */
void batch_describe(struct batch *batch, struct item *item, int r);

/* May one more key be condemned? False: too many were within a minute, so it is no message's fault.
 */
must_check bool blame_is_believed(struct lane *lane, const struct item *item);

#endif
