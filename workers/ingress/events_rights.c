#include "events_rights.h"

#include <stdlib.h>

static const char set_tenant_sql[] = "select set_config('app.tenant', $1, true)";
static const char members_sql[] =
    "select u.n::int4"
    "  from unnest($2::uuid[]) with ordinality u(member, n)"
    " cross join lateral (select 1 from core_api.members"
    "                      where tenant = $1 and member = u.member and roles <> 0 offset 0) m";
static const char permissions_sql[] =
    "select u.n::int4, p.permission, p.scope"
    "  from unnest($2::uuid[]) with ordinality u(actor, n)"
    " cross join lateral (select permission, scope from core_api.permissions"
    "                      where tenant = $1 and actor = u.actor and permission = any($3::text[])"
    "                     offset 0) p";
/* Who plays in two of their teams comes twice: to make each one once, all would have to be read. */
static const char coached_sql[] =
    "select u.n::int4, c.player"
    "  from unnest($2::uuid[]) with ordinality u(coach, n)"
    " cross join lateral (select player from core_api.coached"
    "                      where tenant = $1 and coach = u.coach limit $3) c";

/* One more than is kept tells that there are too many. */
static int queue_coached(struct pg *pg, struct arena *arena, const struct pg_param *params)
{
    return pg_add(pg, coached_sql,
                  (struct pg_param[]){params[0], params[1], pg_int4(arena, EVENTS_COACHED_MAX + 1)},
                  3);
}

int events_rights_queue(struct events_rights_group *group,
                        const struct events_permissions *permissions, struct pg *pg,
                        struct arena *arena)
{
    struct uuid tenant = group->tenant.uuid;
    char text[UUID_TEXT + 1];
    struct pg_array users, names;
    struct pg_param params[3];
    int r = pg_add(pg, set_tenant_sql,
                   (struct pg_param[]){pg_text(arena, span_text(uuid_format(tenant, text)))}, 1);

    pg_array_init(&users, arena, PG_UUID, group->count);
    for (size_t i = 0; i < group->count; i++)
        pg_array_add_uuid(&users, group->readings[i].user.uuid);
    pg_array_init(&names, arena, PG_TEXT, permissions->count);
    for (size_t i = 0; i < permissions->count; i++)
        pg_array_add_span(&names, span_text(permissions->names[i]));
    params[0] = pg_uuid(arena, tenant);
    params[1] = pg_array_param(&users);
    params[2] = pg_array_param(&names);
    if (r >= 0)
        r = group->members = pg_add(pg, members_sql, params, 2);
    if (r >= 0)
        r = group->permissions = pg_add(pg, permissions_sql, params, 3);
    if (r >= 0)
        r = group->coached = queue_coached(pg, arena, params);
    return r;
}

/* Whom a row is about, by the number that the statement gave them; NULL: nobody. */
static struct events_rights_reading *reading_of(const struct events_rights_group *group,
                                                const struct pg_rows *rows, size_t row)
{
    size_t n = (size_t)pg_get_int4(rows, row, 0);

    return n >= 1 && n <= group->count ? &group->readings[n - 1] : NULL;
}

static void take_permission(const struct events_permissions *permissions,
                            struct events_rights_reading *reading, const struct pg_rows *rows,
                            size_t row)
{
    for (size_t i = 0; i < permissions->count; i++)
        if (span_is(pg_value(rows, row, 1), permissions->names[i]))
            reading->rights.scopes[i] |= (uint8_t)scope_bit(pg_value(rows, row, 2));
}

static int by_id(const void *a, const void *b)
{
    return uuid_cmp(((const struct user_id *)a)->uuid, ((const struct user_id *)b)->uuid);
}

/* For the players who were counted, if they matter. */
static void make_room(const struct events_permissions *permissions,
                      struct events_rights_reading *reading)
{
    struct events_rights *rights = &reading->rights;
    const size_t count = rights->coached_count;

    rights->coached_count = 0;
    if (count == 0 || !events_rights_need_coached(permissions, rights))
        return;
    rights->crowded = count > EVENTS_COACHED_MAX;
    if (rights->crowded)
        return;
    rights->coached = calloc(count, sizeof *rights->coached);
    reading->lacking = !rights->coached;
}

static void take_coached(struct events_rights_group *group,
                         const struct events_permissions *permissions, const struct pg_rows *rows)
{
    struct events_rights_reading *reading;

    for (size_t row = 0; row < pg_row_count(rows); row++)
        if ((reading = reading_of(group, rows, row)))
            reading->rights.coached_count++;
    for (size_t i = 0; i < group->count; i++)
        make_room(permissions, &group->readings[i]);
    for (size_t row = 0; row < pg_row_count(rows); row++)
        if ((reading = reading_of(group, rows, row)) && reading->rights.coached)
            reading->rights.coached[reading->rights.coached_count++].uuid =
                pg_get_uuid(rows, row, 1);
}

static void sort_coached(struct events_rights *rights)
{
    if (rights->coached)
        qsort(rights->coached, rights->coached_count, sizeof *rights->coached, by_id);
}

void events_rights_take(struct events_rights_group *group,
                        const struct events_permissions *permissions, struct pg *pg)
{
    const struct pg_rows *members = pg_rows(pg, group->members);
    const struct pg_rows *granted = pg_rows(pg, group->permissions);
    struct events_rights_reading *reading;

    for (size_t row = 0; row < pg_row_count(members); row++)
        if ((reading = reading_of(group, members, row)))
            reading->belongs = true;
    for (size_t row = 0; row < pg_row_count(granted); row++)
        if ((reading = reading_of(group, granted, row)))
            take_permission(permissions, reading, granted, row);
    take_coached(group, permissions, pg_rows(pg, group->coached));
    for (size_t i = 0; i < group->count; i++)
        sort_coached(&group->readings[i].rights);
}
