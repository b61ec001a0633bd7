/* How old is what was cached: versions that a module's lanes raise in the transaction of each
 * change. A module's position rows hold, for each of 128 stripes of record keys, the offset behind
 * the last message of the stripe; a key's version is the sum of its stripe over the module's
 * partitions, which only grows, and grows with each change of the key. */
#ifndef INGRESS_VERSIONS_H
#define INGRESS_VERSIONS_H

#include "codec/message.h"
#include "database.h"

struct versions;

/* NULL without memory. Belongs to the database: freed after it. */
struct versions *versions_new(struct database *database);
void versions_free(struct versions *versions);

/* Asks for the version of what stands under (tenant, aggregate) of a module ("mc", static text).
 * `told` is called later, with 0 and the version, or negative. */
void versions_ask(struct versions *versions, const char *module, struct tenant_id tenant,
                  struct uuid aggregate, void (*told)(void *data, int result, int64_t version),
                  void *data);

#endif
