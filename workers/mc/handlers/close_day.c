/* mc.close-day: a day is over. The timer asks for each day in turn, so that none is left out. */
#include "../store.h"
#include "contracts/mc_emit.h"
#include "handlers.h"

static struct day_key day_of(const struct mc_close_day *over)
{
    return (struct day_key){.player = over->player, .day = over->day};
}

void close_day_load(struct uow *uow, const struct command *command)
{
    const struct mc_close_day *over = command->body;

    player_want(uow, (struct player_key){over->player});
    habit_want_all(uow, over->player);
    day_want(uow, day_of(over));
}

static int emit_closed(struct uow *uow, const struct mc_close_day *over, struct weights weights)
{
    struct mc_day_closed event = {
        .player = over->player,
        .day = over->day,
        .score = weights_score(weights),
        .weight_done = weights.done,
        .weight_due = weights.due,
    };

    return emit_mc_day_closed(uow, &event);
}

int close_day_decide(struct uow *uow, const struct command *command)
{
    const struct mc_close_day *over = command->body;
    const struct player_key key = {over->player};
    const struct player *present = player_get(uow, key);
    struct habit_rows habits = habit_all(uow, over->player);
    struct player *player;
    struct day *day;
    int r;

    if (!present)
        return MC_CLOSE_DAY_UNKNOWN_PLAYER;
    if (date_cmp(over->day, present->closed_through) <= 0)
        return 0; /* closed before */
    if (date_diff(over->day, present->closed_through) > 1)
        return MC_CLOSE_DAY_NOT_NEXT_DAY;

    r = player_edit(uow, key, &player);
    if (r < 0)
        return r;
    player->closed_through = over->day;
    if (day_weights(NULL, over->day, habits).due == 0)
        return 0; /* nothing was due: there is no score to tell */
    r = day_edit(uow, day_of(over), &day);
    if (r < 0)
        return r;
    day->closed = true;
    return emit_closed(uow, over, day_weigh(day, habits));
}
