/* The table that tally's handler may ask for. */
#ifndef TALLY_STORE_H
#define TALLY_STORE_H

#include "domain/counter.h"
#include "runtime/worker.h"

ENTITY(counter);

extern const struct entity *const tally_entities[];

#endif
