/* What became of a command that came before with the same Idempotency-Key. The inbox alone decides
 * that; Redis only says whether it is worth asking. So whatever Redis says or forgets, nothing is
 * answered that the inbox does not have, and at worst a command is published again, which the
 * worker recognizes by its id. */
#ifndef INGRESS_FIRST_OUTCOME_H
#define INGRESS_FIRST_OUTCOME_H

#include "cache/cache.h"
#include "inbox.h"

/* Lives until it has told. */
struct first_outcome {
    struct inbox *inbox;
    struct inbox_key key;
    struct digest digest; /* of the payload */

    /* Called once, perhaps while it looks: the row of the command that came first, whose digest may
     * be another one; NULL: none is known, so that this one has to be published, for nobody knows
     * whether the first was. */
    void (*told)(void *data, const struct inbox_row *row);
    void *data;
};

void first_outcome_look(struct first_outcome *look, struct cache *cache);

#endif
