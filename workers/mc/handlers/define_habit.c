/* mc.define-habit: a new habit in a free slot; a player's first one begins the closing of days. */
#include "../settings.h"
#include "../store.h"
#include "contracts/mc_emit.h"
#include "handlers.h"

void define_habit_load(struct uow *uow, const struct command *command)
{
    const struct mc_define_habit *wanted = command->body;

    organization_want(uow);
    member_want(uow, (struct member_key){wanted->player});
    player_want(uow, (struct player_key){wanted->player});
    habit_want_all(uow, wanted->player);
}

/* As the command describes it, without a slot. */
static struct habit habit_of(const struct mc_define_habit *wanted)
{
    struct date until = wanted->has_until ? wanted->until : (struct date){DATE_NONE};
    struct habit habit = {
        .key = {.player = wanted->player, .habit = wanted->habit},
        .slot = NO_SLOT,
        .title = wanted->title,
        .weight = (int32_t)wanted->weight,
        .from = wanted->from,
        .until = until,
        .held = until,
    };

    for (size_t i = 0; i < wanted->weekdays.count; i++)
        habit.weekdays |= weekday_bit(MONDAY + (enum weekday)wanted->weekdays.items[i]);
    return habit;
}

static int save_habit(struct uow *uow, const struct habit *habit)
{
    struct habit *row;
    int r = habit_edit(uow, habit->key, &row);

    if (r < 0)
        return r;
    *row = *habit;
    return 0;
}

/* The days before the first habit need no closing. */
static int begin_player(struct uow *uow, struct user_id user, struct date from, struct date today)
{
    struct player *player;
    int r = player_edit(uow, (struct player_key){user}, &player);

    if (r < 0)
        return r;
    player->closed_through = date_add(date_cmp(from, today) < 0 ? from : today, -1);
    return 0;
}

static int emit_defined(struct uow *uow, const struct mc_define_habit *wanted)
{
    struct mc_habit_defined event = {
        .player = wanted->player,
        .habit = wanted->habit,
        .weekdays = {.items = wanted->weekdays.items, .count = wanted->weekdays.count},
        .weight = wanted->weight,
        .from = wanted->from,
        .has_until = wanted->has_until,
        .until = wanted->until,
    };

    return emit_mc_habit_defined(uow, &event);
}

int define_habit_decide(struct uow *uow, const struct command *command)
{
    const struct mc_define_habit *wanted = command->body;
    const struct mc_settings *settings = command->settings;
    const struct organization *organization = organization_get(uow);
    struct habit_rows habits = habit_all(uow, wanted->player);
    const struct habit *present = habits_find(habits, wanted->habit);
    struct habit habit = habit_of(wanted);
    struct date today;
    int r;

    if (!organization)
        return MC_DEFINE_HABIT_UNKNOWN_ORGANIZATION;
    r = organization_date(organization, command->at, &today);
    if (r < 0)
        return r;
    if (!member_is(member_get(uow, (struct member_key){wanted->player}), ROLE_PLAYER))
        return MC_DEFINE_HABIT_NOT_A_PLAYER;
    if (present)
        return habit_same(present, &habit) ? 0 : MC_DEFINE_HABIT_HABIT_EXISTS;
    switch (period_check(habit.from, habit.until, today, settings->late_days)) {
    case PERIOD_ENDS_BEFORE_START:
        return MC_DEFINE_HABIT_UNTIL_BEFORE_FROM;
    case PERIOD_TOO_OLD:
        return MC_DEFINE_HABIT_FROM_TOO_OLD;
    case PERIOD_FINE:
        break;
    }
    habit.slot = habits_free_slot(habits, habit.from, habit.until);
    if (habit.slot == NO_SLOT)
        return MC_DEFINE_HABIT_TOO_MANY_HABITS;

    r = save_habit(uow, &habit);
    if (r < 0)
        return r;
    if (!player_get(uow, (struct player_key){wanted->player})) {
        r = begin_player(uow, wanted->player, habit.from, today);
        if (r < 0)
            return r;
    }
    return emit_defined(uow, wanted);
}
