/* mc's handlers, one file each: NAME_load says what it needs, NAME_decide what follows
 * (runtime/worker.h). */
#ifndef MC_HANDLERS_H
#define MC_HANDLERS_H

#include "../domain/habit.h"
#include "runtime/worker.h"

#define HANDLER(name)                                                                              \
    void name##_load(struct uow *uow, const struct command *command);                              \
    must_check int name##_decide(struct uow *uow, const struct command *command)

HANDLER(define_habit);
HANDLER(assign_habit);
HANDLER(retire_habit);
HANDLER(retire_habits);
HANDLER(record_check);
HANDLER(close_day);
HANDLER(member_removed);

/* What mc.retire-habit and mc.retire-habits share: ends a habit on `day`, or on the last day that
 * is closed where that is later, unless it ends sooner anyway. `today` is the message's. Wants the
 * player and the habits. */
must_check int retire(struct uow *uow, const struct habit *habit, struct date day,
                      struct date today);

#endif
