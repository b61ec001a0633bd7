/* What mc answers to readers (runtime/worker.h says how). */
#ifndef MC_QUERIES_H
#define MC_QUERIES_H

#include "runtime/worker.h"

/* The grid of a player's week: parameters player and week. */
must_check int week_load(struct uow *uow, const struct query_call *call);
must_check int week_render(struct uow *uow, const struct query_call *call, struct buf *json);

#endif
