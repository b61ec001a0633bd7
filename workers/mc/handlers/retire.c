/* How one habit ends. */
#include "../store.h"
#include "contracts/mc_emit.h"
#include "handlers.h"

/* A message may come days after it was sent. Days that were closed meanwhile keep the habit, and
 * the first day that is open may have a mark of it. */
static void catch_up(const struct player *player, struct date *day, struct date *today)
{
    if (!player)
        return;
    *day = date_later(*day, player->closed_through);
    *today = date_later(*today, date_add(player->closed_through, 1));
}

static int emit_retired(struct uow *uow, const struct habit *habit, struct date day)
{
    struct mc_habit_retired event = {
        .player = habit->key.player,
        .habit = habit->key.habit,
        .day = day,
    };

    return emit_mc_habit_retired(uow, &event);
}

int retire(struct uow *uow, const struct habit *habit, struct date day, struct date today)
{
    struct habit *row;
    int r;

    catch_up(player_get(uow, (struct player_key){habit->key.player}), &day, &today);
    if (!habit_runs_past(habit, day))
        return 0;
    r = habit_edit(uow, habit->key, &row);
    if (r < 0)
        return r;
    habit_end(row, day, today);
    return emit_retired(uow, habit, day);
}
