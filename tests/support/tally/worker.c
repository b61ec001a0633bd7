/* tally: a worker that only tests contain. */
#include "contracts/tally.h"
#include "handlers/handlers.h"
#include "store.h"

static const struct handler handlers[] = {
    {&tally_count_message, count_load, count_decide},
    {&tally_count_strictly_message, count_strictly_load, count_strictly_decide},
    {NULL, NULL, NULL},
};

const struct worker worker_tally = {
    .name = "tally",
    .handlers = handlers,
    .entities = tally_entities,
};
