/* How one habit ends. */
#include "../store.h"
#include "contracts/mc_emit.h"
#include "handlers.h"

int retire(struct uow *uow, const struct habit *habit, struct date day, struct date today)
{
    struct mc_habit_retired event = {
        .player = habit->key.player,
        .habit = habit->key.habit,
        .day = day,
    };
    struct habit *row;
    int r;

    if (!habit_runs_past(habit, day))
        return 0;
    r = habit_edit(uow, habit->key, &row);
    if (r < 0)
        return r;
    habit_end(row, day, today);
    return emit_mc_habit_retired(uow, &event);
}
