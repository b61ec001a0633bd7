/* mc.define-habit: a new habit in a free slot; a player's first one begins the closing of days. */
#include "../settings.h"
#include "../store.h"
#include "contracts/mc_emit.h"
#include "handlers.h"

enum { EASTMOST_S = 14 * 3600, DAYS_AROUND_THE_EARTH = 2 };

/* Somewhere the day may be over, and it is not so long ago that the habit is refused for it. */
static bool may_be_closed(struct date day, const struct command *command)
{
    const struct mc_settings *settings = command->settings;
    const int64_t at_s = timestamp_seconds(command->at);
    const struct date latest = date_of_seconds(at_s + EASTMOST_S);

    return date_cmp(day, latest) < 0 &&
           date_diff(latest, day) <= settings->late_days + DAYS_AROUND_THE_EARTH;
}

void define_habit_load(struct uow *uow, const struct command *command)
{
    const struct mc_define_habit *wanted = command->body;

    organization_want(uow);
    member_want(uow, (struct member_key){wanted->player});
    player_want(uow, (struct player_key){wanted->player});
    habit_want_all(uow, wanted->player);
    for (struct date day = wanted->from; may_be_closed(day, command); day = date_add(day, 1))
        day_want(uow, (struct day_key){wanted->player, day});
}

/* As the command describes it, without a slot. */
static struct habit habit_of(const struct command *command)
{
    const struct mc_define_habit *wanted = command->body;
    struct date until = wanted->has_until ? wanted->until : (struct date){DATE_NONE};
    struct habit habit = {
        .key = {.player = wanted->player, .habit = wanted->habit},
        .slot = NO_SLOT,
        .title = wanted->title,
        .weight = (int32_t)wanted->weight,
        .from = wanted->from,
        .until = until,
        .held = until,
        .defined_at = command->at,
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

/* A day on which nothing was due was closed without a row. It has one from here on, which weighs
 * what was told of it, nothing: so its first check knows that it has another score to tell. */
static int keep_closed_days(struct uow *uow, const struct command *command,
                            const struct habit *habit, struct date closed_through)
{
    for (struct date day = habit->from;
         date_cmp(day, closed_through) <= 0 && may_be_closed(day, command);
         day = date_add(day, 1)) {
        const struct day_key key = {habit->key.player, day};
        struct day *row;
        int r;

        if (!habit_due(habit, day) || day_get(uow, key))
            continue;
        r = day_edit(uow, key, &row);
        if (r < 0)
            return r;
        row->closed = true;
    }
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
    struct habit habit = habit_of(command);
    const struct player *player;
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
    player = player_get(uow, (struct player_key){wanted->player});
    r = player ? keep_closed_days(uow, command, &habit, player->closed_through)
               : begin_player(uow, wanted->player, habit.from, today);
    return r < 0 ? r : emit_defined(uow, wanted);
}
