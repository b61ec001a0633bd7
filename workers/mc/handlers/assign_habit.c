/* mc.assign-habit: a fan-out. The players' rows have keys of their own, so each player gets a
 * command. */
#include "../settings.h"
#include "../store.h"
#include "contracts/mc_emit.h"
#include "handlers.h"

void assign_habit_load(struct uow *uow, const struct command *command)
{
    const struct mc_assign_habit *wanted = command->body;

    organization_want(uow);
    member_want(uow, (struct member_key){command->actor.user});
    team_want(uow, (struct team_key){wanted->team});
    team_member_want_all(uow, wanted->team);
}

/* The permission alone would let every coach assign to every team. */
static bool may_assign(struct uow *uow, const struct actor *actor, struct team_member_rows members)
{
    return actor->kind != ACTOR_USER ||
           member_is(member_get(uow, (struct member_key){actor->user}), ROLE_ADMIN) ||
           team_has(members, actor->user, ROLE_COACH);
}

static int define_for(struct uow *uow, const struct mc_assign_habit *wanted, struct user_id player)
{
    struct mc_define_habit body = {
        .player = player,
        .habit = wanted->habit,
        .title = wanted->title,
        .weekdays = {.items = wanted->weekdays.items, .count = wanted->weekdays.count},
        .weight = wanted->weight,
        .from = wanted->from,
        .has_until = wanted->has_until,
        .until = wanted->until,
    };

    return emit_mc_define_habit(uow, &body);
}

static int define_for_all(struct uow *uow, const struct mc_assign_habit *wanted,
                          struct team_member_rows members, int64_t *ret_players)
{
    int64_t players = 0;

    for (size_t i = 0; i < members.count; i++) {
        int r;

        if (!(members.rows[i]->roles & ROLE_PLAYER))
            continue;
        r = define_for(uow, wanted, members.rows[i]->key.member);
        if (r < 0)
            return r;
        players++;
    }
    *ret_players = players;
    return 0;
}

int assign_habit_decide(struct uow *uow, const struct command *command)
{
    const struct mc_assign_habit *wanted = command->body;
    const struct mc_settings *settings = command->settings;
    const struct organization *organization = organization_get(uow);
    struct team_member_rows members = team_member_all(uow, wanted->team);
    struct date until = wanted->has_until ? wanted->until : (struct date){DATE_NONE};
    struct mc_habit_assigned event = {.team = wanted->team, .habit = wanted->habit};
    struct date today;
    int r;

    if (!organization || !team_get(uow, (struct team_key){wanted->team}))
        return MC_ASSIGN_HABIT_UNKNOWN_TEAM;
    r = organization_date(organization, command->at, &today);
    if (r < 0)
        return r;
    if (!may_assign(uow, &command->actor, members))
        return MC_ASSIGN_HABIT_NOT_YOUR_TEAM;
    switch (period_check(wanted->from, until, today, settings->late_days)) {
    case PERIOD_ENDS_BEFORE_START:
        return MC_ASSIGN_HABIT_UNTIL_BEFORE_FROM;
    case PERIOD_TOO_OLD:
        return MC_ASSIGN_HABIT_FROM_TOO_OLD;
    case PERIOD_FINE:
        break;
    }

    r = define_for_all(uow, wanted, members, &event.players);
    if (r < 0)
        return r;
    return emit_mc_habit_assigned(uow, &event);
}
