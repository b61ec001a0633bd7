/* The batch under way, as its steps share it; private to lane_batch.c, lane_open.c and lane_save.c.
 */
#ifndef RUNTIME_LANE_BATCH_H
#define RUNTIME_LANE_BATCH_H

#include "base/map.h"
#include "runtime/lane_state.h"

/* The first `count` of the lane's queue, and the answers that are waited for.
 */
struct batch {
    struct lane *lane;
    struct item *items;
    size_t count;
    struct arena *arena; /* of this attempt */
    struct map ids;      /* the first item of each (tenant, id) */
    struct item **asked; /* those whom the inbox was asked about */
    size_t asked_count;
    int inbox_answer, insert_statement;
};

/* lane_open.c: verifies and decodes as many of the queue as make up the batch. 0;
 * -ENOKEY: a key is not known, and the keys were loaded before the message came; or negative. */
must_check int batch_open(struct batch *batch);

/* lane_save.c: sends everything that was decided, and the COMMIT behind it. 0 or negative. */
must_check int batch_save(struct batch *batch);

#endif
