/* A lane: one thread with one consumer, one database connection, one producer and one loop. It
 * takes a worker's messages in batches and runs each batch as one unit of work in one transaction.
 * To scale is to add lanes, then processes. */
#ifndef RUNTIME_LANE_H
#define RUNTIME_LANE_H

#include "base/attr.h"
#include "base/buf.h"
#include "config/config.h"
#include "runtime/worker.h"

struct lane;

struct lane_options {
    const struct worker *worker;
    unsigned number; /* among the lanes of this worker in this process, from 0 */
    const struct config *config;
    const char *database_url; /* the worker's own role */
    const void *settings;     /* the worker's settings struct, or NULL */
};

enum lane_health {
    LANE_STARTING, /* no partition was claimed yet, or a dependency is away */
    LANE_RUNNING,
    LANE_STOPPED, /* an alarm: it needs an operator (the log says why) */
    LANE_BREACH,  /* a rule of isolation is broken: the process must not run */
};

/* Starts the thread. What the options point to is borrowed until lane_join. NULL with a sentence in
 * `error`. */
struct lane *lane_start(const struct lane_options *options, struct buf *error);

/* Asks it to finish the batch under way, publish what was committed, and leave the group. Any
 * thread; does not wait. */
void lane_stop(struct lane *lane);

/* Waits for its end and frees it. */
void lane_join(struct lane *lane);

/* Other keys of the fleet, in force within 10 s; borrowed until lane_join, as the earlier ones
 * still are. Any thread. */
void lane_set_fleet_keys(struct lane *lane, const struct config_keys *keys);

enum lane_health lane_health(const struct lane *lane); /* any thread */

/* Partitions that an alarm stopped; the log says why. Any thread. */
size_t lane_stopped(const struct lane *lane);

/* Somebody has mended something: stopped partitions are looked at now, not when it is their time.
 * Any thread. */
void lane_look_again(struct lane *lane);

/* Grows while the lane's thread does: where it stands still for longer than the longest wait of a
 * lane (IDPMC_DATABASE_LANE_MS), the thread hangs. Any thread. */
uint64_t lane_signs(const struct lane *lane);

/* Its consumer delivers nothing, whatever the lane did about it: the process is to end for its
 * supervisor. Any thread. */
bool lane_gave_up(const struct lane *lane);

const char *lane_name(const struct lane *lane); /* "idpmc-mc-0"; lives as long as the lane */

#endif
