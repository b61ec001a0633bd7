/* A program of the fleet: reads its settings, runs lanes and, where it has one, the edge, tells its
 * health, reads its settings again at SIGHUP, and drains at SIGTERM. */
#ifndef RUNTIME_PROCESS_H
#define RUNTIME_PROCESS_H

#include "base/buf.h"
#include "config/config.h"
#include "loop/loop.h"

/* What answers clients: the ingress's functions, so that a worker alone does not link it. */
struct process_edge {
    /* Can the files be used that the settings name? Negative: a line in `said` for each that
     * cannot. */
    int (*check)(const struct config *config, struct buf *said);
    int (*start)(struct loop *loop, const struct config *config, void **ret_edge,
                 struct buf *error);
    bool (*ready)(const void *edge, struct buf *away);
    /* Takes what may change while it runs from `config`, which is borrowed from now on; the earlier
     * one stays valid. Negative: some of it cannot be used, which `error` says; of that the edge
     * keeps what it had. */
    int (*reload)(void *edge, const struct config *config, struct buf *error);
    void (*stop)(void *edge, int64_t timeout_ms, void (*stopped)(void *data), void *data);
    void (*free)(void *edge);
};

struct process_options {
    const char *program;             /* "fleet", for usage and logs */
    unsigned needs;                  /* enum config_needs */
    bool lanes;                      /* runs the lanes of the workers that it contains */
    const struct process_edge *edge; /* or NULL */
};

/* Runs until a signal ends it. The exit code of docs/reference/wire.md: 0 drained, 1 fault, 2 wrong
 * usage or configuration, 3 a rule of isolation is broken. */
int process_run(const struct process_options *options, int argc, char **argv);

#endif
