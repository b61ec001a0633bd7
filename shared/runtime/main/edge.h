/* The ingress as a process's edge. */
#ifndef RUNTIME_MAIN_EDGE_H
#define RUNTIME_MAIN_EDGE_H

#include "../workers/ingress/ingress.h"
#include "runtime/process.h"

static inline int edge_start(struct loop *loop, const struct config *config, void **ret_edge,
                             struct buf *error)
{
    struct ingress *ingress;
    int r = ingress_start(loop, config, &ingress, error);

    if (r == 0)
        *ret_edge = ingress;
    return r;
}

static inline int edge_check(const struct config *config, struct buf *said)
{
    return ingress_check(config, said);
}

static inline bool edge_ready(const void *edge, struct buf *away)
{
    return ingress_ready(edge, away);
}

static inline int edge_reload(void *edge, const struct config *config, struct buf *error)
{
    return ingress_reload(edge, config, error);
}

static inline void edge_stop(void *edge, int64_t timeout_ms, void (*stopped)(void *data),
                             void *data)
{
    ingress_stop(edge, timeout_ms, stopped, data);
}

static inline void edge_free(void *edge)
{
    ingress_free(edge);
}

static const struct process_edge ingress_edge = {.check = edge_check,
                                                 .start = edge_start,
                                                 .ready = edge_ready,
                                                 .reload = edge_reload,
                                                 .stop = edge_stop,
                                                 .free = edge_free};

#endif
