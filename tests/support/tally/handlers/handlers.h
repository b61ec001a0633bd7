/* tally's handler (runtime/worker.h). */
#ifndef TALLY_HANDLERS_H
#define TALLY_HANDLERS_H

#include "runtime/worker.h"

void count_load(struct uow *uow, const struct command *command);
must_check int count_decide(struct uow *uow, const struct command *command);

void count_strictly_load(struct uow *uow, const struct command *command);
must_check int count_strictly_decide(struct uow *uow, const struct command *command);

#endif
