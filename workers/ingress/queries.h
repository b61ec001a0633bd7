/* The modules' queries: rights and the version first, for all who ask in one round; then Redis; and
 * what it does not have is loaded through the unit of work, in the next round for all. */
#ifndef INGRESS_QUERIES_H
#define INGRESS_QUERIES_H

#include "cache/cache.h"
#include "call.h"
#include "config/config.h"
#include "database.h"
#include "runtime/worker.h"
#include "versions.h"

struct queries;

/* NULL without memory. Belongs to the database: freed after it. */
struct queries *queries_new(const struct config *config, struct call_pool *calls,
                            struct database *database, struct versions *versions,
                            struct cache *cache);
void queries_free(struct queries *queries);

/* Every query that the workers of this program offer, for the routes: the `index`-th with its
 * worker, or NULL behind the last. */
const struct query *queries_at(const struct queries *queries, size_t index);

/* Answers the call by the `index`-th query. */
void queries_answer(struct queries *queries, size_t index, struct call *call);

#endif
