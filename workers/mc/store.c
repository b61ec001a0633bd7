/* Every SQL statement of mc. */
#include "store.h"

static const struct column player_columns[] = {
    COLUMN(UUID, player, key.player),
    COLUMN(DATE, player, closed_through),
};

const struct entity player_entity = {
    .name = "mc.player",
    .load = "select p.player, p.closed_through"
            "  from unnest($2::uuid[]) u(player)"
            " cross join lateral (select * from mc.players p"
            "                      where p.tenant = $1 and p.player = u.player offset 0) p",
    .save = "insert into mc.players (tenant, player, closed_through)"
            " select $1::uuid, u.* from unnest($2::uuid[], $3::date[]) u"
            " on conflict (tenant, player) do update set closed_through = excluded.closed_through",
    .columns = player_columns,
    .column_count = COUNT_OF(player_columns),
    .key_columns = 1,
    .size = sizeof(struct player),
};

#define NULLABLE_DATE(row, member)                                                                 \
    {                                                                                              \
        .name = #member, .type = COLUMN_DATE, .offset = offsetof(struct row, member),              \
        .nullable = true                                                                           \
    }

static const struct column habit_columns[] = {
    COLUMN(UUID, habit, key.player), COLUMN(UUID, habit, key.habit),
    COLUMN(INT4, habit, slot),       COLUMN(TEXT, habit, title),
    COLUMN(INT4, habit, weekdays),   COLUMN(INT4, habit, weight),
    COLUMN(DATE, habit, from),       NULLABLE_DATE(habit, until),
    NULLABLE_DATE(habit, held),      COLUMN(TIMESTAMP, habit, defined_at),
};

#define LOAD_HABITS(table)                                                                         \
    "select h.player, h.habit, h.slot, h.title, h.weekdays, h.weight,"                             \
    "       h.from_day, h.until_day, h.held_until, h.defined_at"                                   \
    "  from unnest($2::uuid[]) u(player)"                                                          \
    " cross join lateral (select * from " table " h"                                               \
    "                      where h.tenant = $1 and h.player = u.player offset 0) h"

const struct entity habit_entity = {
    .name = "mc.habit",
    .load_all = LOAD_HABITS("mc.habits"),
    .save = "insert into mc.habits (tenant, player, habit, slot, title, weekdays, weight,"
            "                       from_day, until_day, held_until, defined_at)"
            " select $1::uuid, u.* from unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[],"
            "     $6::int[], $7::int[], $8::date[], $9::date[], $10::date[], $11::timestamptz[]) u"
            " on conflict (tenant, player, habit) do update set slot = excluded.slot,"
            "     title = excluded.title, weekdays = excluded.weekdays, weight = excluded.weight,"
            "     from_day = excluded.from_day, until_day = excluded.until_day,"
            "     held_until = excluded.held_until, defined_at = excluded.defined_at",
    .columns = habit_columns,
    .column_count = COUNT_OF(habit_columns),
    .owner_columns = 1,
    .key_columns = 2,
    .size = sizeof(struct habit),
    .max_rows = HABITS_PER_PLAYER,
};

static const struct column habit_filters[] = {NULLABLE_DATE(habit, until)};

const struct entity published_habit_entity = {
    .name = "mc_api.habit",
    .load_all = LOAD_HABITS("mc_api.habits"),
    .load_page = "select u.n::int4, h.player, h.habit, h.slot, h.title, h.weekdays, h.weight,"
                 "       h.from_day, h.until_day, h.held_until, h.defined_at"
                 "  from unnest($2::uuid[], $3::date[], $4::uuid[], $5::int[]) with ordinality"
                 "       u(player, until, habit, most, n)"
                 " cross join lateral (select * from mc_api.habits h"
                 "                      where h.tenant = $1 and h.player = u.player"
                 "                        and h.habit >= u.habit"
                 "                        and (u.until is null or h.until_day is null"
                 "                             or h.until_day >= u.until)"
                 "                      order by h.habit limit u.most) h",
    .columns = habit_columns,
    .column_count = COUNT_OF(habit_columns),
    .owner_columns = 1,
    .key_columns = 2,
    .filters = habit_filters,
    .filter_count = COUNT_OF(habit_filters),
    .size = sizeof(struct habit),
    .max_rows = HABITS_PER_PLAYER,
};

static const struct column day_columns[] = {
    COLUMN(UUID, day, key.player), COLUMN(DATE, day, key.day),     COLUMN(INT8, day, said),
    COLUMN(INT8, day, done),       COLUMN(INT4, day, weight_done), COLUMN(INT4, day, weight_due),
    COLUMN(BOOL, day, closed),
};

#define LOAD_DAYS(table)                                                                           \
    "select d.player, d.day, d.said, d.done, d.weight_done, d.weight_due, d.closed"                \
    "  from unnest($2::uuid[], $3::date[]) u(player, day)"                                         \
    " cross join lateral (select * from " table " d"                                               \
    "                      where d.tenant = $1 and d.player = u.player and d.day = u.day"          \
    "                     offset 0) d"

const struct entity day_entity = {
    .name = "mc.day",
    .load = LOAD_DAYS("mc.days"),
    .save = "insert into mc.days (tenant, player, day, said, done, weight_done, weight_due, closed)"
            " select $1::uuid, u.* from unnest($2::uuid[], $3::date[], $4::bigint[], $5::bigint[],"
            "     $6::int[], $7::int[], $8::bool[]) u"
            " on conflict (tenant, player, day) do update set said = excluded.said,"
            "     done = excluded.done, weight_done = excluded.weight_done,"
            "     weight_due = excluded.weight_due, closed = excluded.closed",
    .columns = day_columns,
    .column_count = COUNT_OF(day_columns),
    .key_columns = 2,
    .size = sizeof(struct day),
};

const struct entity published_day_entity = {
    .name = "mc_api.day",
    .load = LOAD_DAYS("mc_api.days"),
    .columns = day_columns,
    .column_count = COUNT_OF(day_columns),
    .key_columns = 2,
    .size = sizeof(struct day),
};

static const struct column organization_columns[] = {COLUMN(TEXT, organization, zone)};

const struct entity organization_entity = {
    .name = "core_api.organization",
    .load = "select o.zone from core_api.organizations o where o.tenant = $1",
    .columns = organization_columns,
    .column_count = COUNT_OF(organization_columns),
    .size = sizeof(struct organization),
};

static const struct column member_columns[] = {
    COLUMN(UUID, member, key.member),
    COLUMN(INT4, member, roles),
};

const struct entity member_entity = {
    .name = "core_api.member",
    .load = "select m.member, m.roles"
            "  from unnest($2::uuid[]) u(member)"
            " cross join lateral (select * from core_api.members m"
            "                      where m.tenant = $1 and m.member = u.member offset 0) m",
    .columns = member_columns,
    .column_count = COUNT_OF(member_columns),
    .key_columns = 1,
    .size = sizeof(struct member),
};

static const struct column team_columns[] = {COLUMN(UUID, team, key.team)};

const struct entity team_entity = {
    .name = "core_api.team",
    .load = "select t.team"
            "  from unnest($2::uuid[]) u(team)"
            " cross join lateral (select * from core_api.teams t"
            "                      where t.tenant = $1 and t.team = u.team offset 0) t",
    .columns = team_columns,
    .column_count = COUNT_OF(team_columns),
    .key_columns = 1,
    .size = sizeof(struct team),
};

static const struct column team_member_columns[] = {
    COLUMN(UUID, team_member, key.team),
    COLUMN(UUID, team_member, key.member),
    COLUMN(INT4, team_member, roles),
};

const struct entity team_member_entity = {
    .name = "core_api.team_member",
    .load_all = "select t.team, t.member, t.roles"
                "  from unnest($2::uuid[]) u(team)"
                " cross join lateral (select * from core_api.team_members t"
                "                      where t.tenant = $1 and t.team = u.team offset 0) t",
    .columns = team_member_columns,
    .column_count = COUNT_OF(team_member_columns),
    .owner_columns = 1,
    .key_columns = 2,
    .size = sizeof(struct team_member),
    .max_rows = TEAM_MEMBERS,
};

const char days_to_close[] = "select p.player, p.closed_through + 1"
                             "  from mc.players p"
                             " where p.tenant = $1 and p.closed_through < $2::date - 1"
                             " order by p.closed_through, p.player limit $3::int4";

const struct entity *const mc_entities[] = {
    &player_entity,        &habit_entity,
    &day_entity,           &published_habit_entity,
    &published_day_entity, &organization_entity,
    &member_entity,        &team_entity,
    &team_member_entity,   NULL,
};
