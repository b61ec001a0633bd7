/* Every SQL statement of core. */
#include "store.h"

static const struct column organization_columns[] = {
    COLUMN(TEXT, organization, name),
    COLUMN(TEXT, organization, zone),
    COLUMN(INT4, organization, kind),
    COLUMN(INT4, organization, admins),
};

const struct entity organization_entity = {
    .name = "core.organization",
    .load = "select o.name, o.zone, o.kind, o.admins from core.organizations o where o.tenant = $1",
    .save = "insert into core.organizations (tenant, name, zone, kind, admins)"
            " select $1::uuid, u.* from unnest($2::text[], $3::text[], $4::int[], $5::int[]) u"
            " on conflict (tenant) do update set name = excluded.name, zone = excluded.zone,"
            "     kind = excluded.kind, admins = excluded.admins",
    .columns = organization_columns,
    .column_count = COUNT_OF(organization_columns),
    .size = sizeof(struct organization),
};

static const struct column tenant_zone_columns[] = {COLUMN(TEXT, tenant_zone, zone)};

const struct entity tenant_zone_entity = {
    .name = "platform.tenant",
    .load = "select t.zone from platform.tenants t where t.tenant = $1",
    .save = "insert into platform.tenants (tenant, zone)"
            " select $1::uuid, u.zone from unnest($2::text[]) u(zone)"
            " on conflict (tenant) do update set zone = excluded.zone",
    .columns = tenant_zone_columns,
    .column_count = COUNT_OF(tenant_zone_columns),
    .size = sizeof(struct tenant_zone),
};

static const struct column member_columns[] = {
    COLUMN(UUID, member, key.member),
    COLUMN(INT4, member, roles),
};

const struct entity member_entity = {
    .name = "core.member",
    .load = "select m.member, m.roles"
            "  from unnest($2::uuid[]) u(member)"
            " cross join lateral (select * from core.members m"
            "                      where m.tenant = $1 and m.member = u.member offset 0) m",
    .save = "insert into core.members (tenant, member, roles)"
            " select $1::uuid, u.* from unnest($2::uuid[], $3::int[]) u"
            " on conflict (tenant, member) do update set roles = excluded.roles",
    .columns = member_columns,
    .column_count = COUNT_OF(member_columns),
    .key_columns = 1,
    .size = sizeof(struct member),
};

static const struct column team_columns[] = {
    COLUMN(UUID, team, key.team),
    COLUMN(TEXT, team, name),
    COLUMN(INT4, team, members),
};

const struct entity team_entity = {
    .name = "core.team",
    .load = "select t.team, t.name, t.members"
            "  from unnest($2::uuid[]) u(team)"
            " cross join lateral (select * from core.teams t"
            "                      where t.tenant = $1 and t.team = u.team offset 0) t",
    .save = "insert into core.teams (tenant, team, name, members)"
            " select $1::uuid, u.* from unnest($2::uuid[], $3::text[], $4::int[]) u"
            " on conflict (tenant, team) do update set name = excluded.name,"
            "     members = excluded.members",
    .columns = team_columns,
    .column_count = COUNT_OF(team_columns),
    .key_columns = 1,
    .size = sizeof(struct team),
};

static const struct column team_member_columns[] = {
    COLUMN(UUID, team_member, key.member),
    COLUMN(UUID, team_member, key.team),
    COLUMN(INT4, team_member, roles),
};

const struct entity team_member_entity = {
    .name = "core.team_member",
    .load_all = "select t.member, t.team, t.roles"
                "  from unnest($2::uuid[]) u(member)"
                " cross join lateral (select * from core.team_members t"
                "                      where t.tenant = $1 and t.member = u.member offset 0) t",
    .save = "insert into core.team_members (tenant, member, team, roles)"
            " select $1::uuid, u.* from unnest($2::uuid[], $3::uuid[], $4::int[]) u"
            " on conflict (tenant, member, team) do update set roles = excluded.roles",
    .columns = team_member_columns,
    .column_count = COUNT_OF(team_member_columns),
    .owner_columns = 1,
    .key_columns = 2,
    .size = sizeof(struct team_member),
    .max_rows = MEMBER_TEAMS,
};

static const struct column published_organization_columns[] = {
    COLUMN(TEXT, organization, name),
    COLUMN(TEXT, organization, zone),
    COLUMN(INT4, organization, kind),
};

const struct entity published_organization_entity = {
    .name = "core_api.organization",
    .load = "select o.name, o.zone, o.kind from core_api.organizations o where o.tenant = $1",
    .columns = published_organization_columns,
    .column_count = COUNT_OF(published_organization_columns),
    .size = sizeof(struct organization),
};

static const struct column member_filters[] = {COLUMN(INT4, member, roles)};

const struct entity published_member_entity = {
    .name = "core_api.member",
    .load_page = "select u.n::int4, m.member, m.roles"
                 "  from unnest($2::int[], $3::uuid[], $4::int[]) with ordinality"
                 "       u(roles, member, most, n)"
                 " cross join lateral (select * from core_api.members m"
                 "                      where m.tenant = $1 and m.member >= u.member"
                 "                        and m.roles & u.roles = u.roles"
                 "                      order by m.member limit u.most) m",
    .columns = member_columns,
    .column_count = COUNT_OF(member_columns),
    .key_columns = 1,
    .filters = member_filters,
    .filter_count = COUNT_OF(member_filters),
    .size = sizeof(struct member),
};

static const struct column published_team_columns[] = {
    COLUMN(UUID, team, key.team),
    COLUMN(TEXT, team, name),
};

const struct entity published_team_entity = {
    .name = "core_api.team",
    .load = "select t.team, t.name"
            "  from unnest($2::uuid[]) u(team)"
            " cross join lateral (select * from core_api.teams t"
            "                      where t.tenant = $1 and t.team = u.team offset 0) t",
    .load_page = "select u.n::int4, t.team, t.name"
                 "  from unnest($2::uuid[], $3::int[]) with ordinality u(team, most, n)"
                 " cross join lateral (select * from core_api.teams t"
                 "                      where t.tenant = $1 and t.team >= u.team"
                 "                      order by t.team limit u.most) t",
    .columns = published_team_columns,
    .column_count = COUNT_OF(published_team_columns),
    .key_columns = 1,
    .size = sizeof(struct team),
};

/* By team, where core's own table goes by member. */
static const struct column published_team_member_columns[] = {
    COLUMN(UUID, team_member, key.team),
    COLUMN(UUID, team_member, key.member),
    COLUMN(INT4, team_member, roles),
};

const struct entity published_team_member_entity = {
    .name = "core_api.team_member",
    .load_page = "select u.n::int4, t.team, t.member, t.roles"
                 "  from unnest($2::uuid[], $3::uuid[], $4::int[]) with ordinality"
                 "       u(team, member, most, n)"
                 " cross join lateral (select * from core_api.team_members t"
                 "                      where t.tenant = $1 and t.team = u.team"
                 "                        and t.member >= u.member"
                 "                      order by t.member limit u.most) t",
    .columns = published_team_member_columns,
    .column_count = COUNT_OF(published_team_member_columns),
    .owner_columns = 1,
    .key_columns = 2,
    .size = sizeof(struct team_member),
};

const struct entity *const core_entities[] = {
    &organization_entity,
    &tenant_zone_entity,
    &member_entity,
    &team_entity,
    &team_member_entity,
    &published_organization_entity,
    &published_member_entity,
    &published_team_entity,
    &published_team_member_entity,
    NULL,
};
