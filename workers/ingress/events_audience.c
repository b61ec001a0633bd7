#include "events_audience.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"

enum { BUCKETS = 1024, ROUND_MAX = 500, NO_VERSION = -1 };

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
static const char coached_sql[] =
    "select u.n::int4, c.player"
    "  from unnest($2::uuid[]) with ordinality u(coach, n)"
    " cross join lateral (select distinct player from core_api.coached"
    "                      where tenant = $1 and coach = u.coach offset 0) c";

struct events_tenant {
    struct events_tenant *next; /* of the bucket */
    struct events_audience *audience;
    struct tenant_id id;
    struct events_member *members;
    int64_t version;
    int64_t asked_ms; /* when the version was asked for; 0: not asked now */
    int64_t good_ms;  /* what is not stale was right then */
};

/* What a round tells of a member: taken over as a whole, or not at all. */
struct reading {
    struct events_member *member;
    struct events_rights rights;
    bool belongs;
    bool lacking; /* there was no memory for the players whom they coach */
};

/* The members of one organization in a round, with the numbers of the answers. */
struct group {
    struct events_tenant *tenant;
    struct reading *list;
    size_t count;
    int members, permissions, coached;
};

struct events_audience {
    struct loop *loop;
    struct versions *versions;
    struct events_permissions permissions;
    struct database_part part;
    void (*changed)(void *data, struct events_member *member);
    void *data;
    struct events_tenant *buckets[BUCKETS];
    size_t wanted;
    struct group *groups; /* of the round, in its arena */
    size_t group_count;
};

static struct events_tenant **bucket_of(struct events_audience *audience, struct tenant_id tenant)
{
    return &audience->buckets[hash_bytes(0, &tenant, sizeof tenant) % BUCKETS];
}

static struct events_tenant *find_tenant(const struct events_audience *audience,
                                         struct tenant_id id)
{
    struct events_tenant *tenant = audience->buckets[hash_bytes(0, &id, sizeof id) % BUCKETS];

    while (tenant && !uuid_equal(tenant->id.uuid, id.uuid))
        tenant = tenant->next;
    return tenant;
}

static void want(struct events_audience *audience, struct events_member *member)
{
    if (!member->wanted)
        audience->wanted++;
    member->wanted = true;
}

static void unwant(struct events_audience *audience, struct events_member *member)
{
    if (member->wanted)
        audience->wanted--;
    member->wanted = false;
}

/* ---- versions ------------------------------------------------------------------------------ */

/* Nobody can be let in now. */
static void tell_unread(struct events_tenant *tenant)
{
    for (struct events_member *member = tenant->members; member; member = member->next)
        if (member->good_ms == 0)
            tenant->audience->changed(tenant->audience->data, member);
}

/* What was read in a later round than the version is as new as that, or newer. */
static void on_version(void *data, int result, int64_t version)
{
    struct events_tenant *tenant = data;
    int64_t asked_ms = tenant->asked_ms;

    tenant->asked_ms = 0;
    if (result < 0) {
        tell_unread(tenant);
        return;
    }
    for (struct events_member *member = tenant->members; member; member = member->next) {
        if (version != tenant->version)
            member->stale = true;
        if (member->stale)
            want(tenant->audience, member);
        else
            member->good_ms = asked_ms;
    }
    tenant->version = version;
    tenant->good_ms = asked_ms;
}

static void ask_version(struct events_tenant *tenant)
{
    if (tenant->asked_ms)
        return;
    tenant->asked_ms = loop_now_ms(tenant->audience->loop);
    versions_ask(tenant->audience->versions, "core", tenant->id, tenant->id.uuid, on_version,
                 tenant);
}

/* ---- rounds -------------------------------------------------------------------------------- */

static bool wants(void *data)
{
    return ((struct events_audience *)data)->wanted > 0;
}

static int queue_group(struct events_audience *audience, struct group *group, struct pg *pg,
                       struct arena *arena)
{
    struct uuid tenant = group->tenant->id.uuid;
    char text[UUID_TEXT + 1];
    struct pg_array users, names;
    struct pg_param params[3];
    int r = pg_add(pg, set_tenant_sql,
                   (struct pg_param[]){pg_text(arena, span_text(uuid_format(tenant, text)))}, 1);

    pg_array_init(&users, arena, PG_UUID, group->count);
    for (size_t i = 0; i < group->count; i++)
        pg_array_add_uuid(&users, group->list[i].member->user.uuid);
    pg_array_init(&names, arena, PG_TEXT, audience->permissions.count);
    for (size_t i = 0; i < audience->permissions.count; i++)
        pg_array_add_span(&names, span_text(audience->permissions.names[i]));
    params[0] = pg_uuid(arena, tenant);
    params[1] = pg_array_param(&users);
    params[2] = pg_array_param(&names);
    if (r >= 0)
        r = group->members = pg_add(pg, members_sql, params, 2);
    if (r >= 0)
        r = group->permissions = pg_add(pg, permissions_sql, params, 3);
    if (r >= 0)
        r = group->coached = pg_add(pg, coached_sql, params, 2);
    return r;
}

static int fill_group(struct events_audience *audience, struct events_tenant *tenant,
                      struct arena *arena, size_t *room)
{
    struct group *group = &audience->groups[audience->group_count];
    size_t count = 0;

    for (struct events_member *member = tenant->members; member; member = member->next)
        count += member->wanted;
    if (count > *room)
        count = *room;
    if (count == 0)
        return 0;
    *group =
        (struct group){.tenant = tenant, .list = arena_array(arena, count, sizeof(struct reading))};
    if (!group->list)
        return -ENOMEM;
    for (struct events_member *member = tenant->members; group->count < count;
         member = member->next) {
        if (!member->wanted)
            continue;
        unwant(audience, member);
        member->asked = true;
        group->list[group->count++].member = member;
    }
    audience->group_count++;
    *room -= count;
    return 1;
}

static int queue(void *data, struct pg *pg, struct arena *arena)
{
    struct events_audience *audience = data;
    size_t room = ROUND_MAX;
    int r = 0;

    audience->group_count = 0;
    audience->groups = arena_array(arena, ROUND_MAX, sizeof(struct group));
    if (!audience->groups)
        return -ENOMEM;
    for (size_t i = 0; i < BUCKETS && r >= 0; i++)
        for (struct events_tenant *tenant = audience->buckets[i]; tenant && r >= 0;
             tenant = tenant->next) {
            r = fill_group(audience, tenant, arena, &room);
            if (r > 0)
                r = queue_group(audience, &audience->groups[audience->group_count - 1], pg, arena);
        }
    return r < 0 ? r : 0;
}

static unsigned scope_of(struct span scope)
{
    if (span_is(scope, "organization"))
        return EVENTS_ORGANIZATION;
    if (span_is(scope, "team"))
        return EVENTS_TEAM;
    return span_is(scope, "self") ? EVENTS_SELF : 0;
}

/* Whom a row is about, by the number that the statement gave them; NULL: nobody. */
static struct reading *reading_of(const struct group *group, const struct pg_rows *rows, size_t row)
{
    size_t n = (size_t)pg_get_int4(rows, row, 0);

    return n >= 1 && n <= group->count ? &group->list[n - 1] : NULL;
}

static void take_permission(const struct events_audience *audience, struct reading *reading,
                            const struct pg_rows *rows, size_t row)
{
    for (size_t i = 0; i < audience->permissions.count; i++)
        if (span_is(pg_value(rows, row, 1), audience->permissions.names[i]))
            reading->rights.scopes[i] |= (uint8_t)scope_of(pg_value(rows, row, 2));
}

static int by_id(const void *a, const void *b)
{
    return uuid_cmp(((const struct user_id *)a)->uuid, ((const struct user_id *)b)->uuid);
}

static void take_coached(struct group *group, const struct pg_rows *rows)
{
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        struct reading *reading = reading_of(group, rows, row);
        struct events_rights *rights = reading ? &reading->rights : NULL;

        if (rights && !rights->coached)
            rights->coached = calloc(pg_row_count(rows), sizeof *rights->coached);
        if (rights && rights->coached)
            rights->coached[rights->coached_count++].uuid = pg_get_uuid(rows, row, 1);
        else if (reading)
            reading->lacking = true;
    }
}

/* A coach whose players could not be kept has the rights of before for now, which grow old, and is
 * read again with the next version that is told: a coach of nobody would miss events for good. */
static void take_over(struct events_audience *audience, const struct group *group,
                      const struct reading *reading)
{
    struct events_member *member = reading->member;
    const struct events_rights *rights = &reading->rights;

    member->asked = false;
    if (reading->lacking && reading->belongs) {
        free(rights->coached);
        return;
    }
    if (rights->coached)
        qsort(rights->coached, rights->coached_count, sizeof *rights->coached, by_id);
    free(member->rights.coached);
    member->rights = *rights;
    member->belongs = reading->belongs;
    member->stale = false;
    member->good_ms = group->tenant->good_ms;
    audience->changed(audience->data, member);
}

static void take_group(struct events_audience *audience, struct group *group, struct pg *pg)
{
    const struct pg_rows *members = pg_rows(pg, group->members);
    const struct pg_rows *permissions = pg_rows(pg, group->permissions);
    struct reading *reading;

    for (size_t row = 0; row < pg_row_count(members); row++)
        if ((reading = reading_of(group, members, row)))
            reading->belongs = true;
    for (size_t row = 0; row < pg_row_count(permissions); row++)
        if ((reading = reading_of(group, permissions, row)))
            take_permission(audience, reading, permissions, row);
    take_coached(group, pg_rows(pg, group->coached));
    for (size_t i = 0; i < group->count; i++)
        take_over(audience, group, &group->list[i]);
}

static void take(void *data, struct pg *pg)
{
    struct events_audience *audience = data;

    for (size_t i = 0; i < audience->group_count; i++)
        take_group(audience, &audience->groups[i], pg);
}

/* Tried again with the next version that is told. */
static void fail(void *data)
{
    struct events_audience *audience = data;

    for (size_t i = 0; i < BUCKETS; i++)
        for (struct events_tenant *tenant = audience->buckets[i]; tenant; tenant = tenant->next)
            for (struct events_member *member = tenant->members; member; member = member->next) {
                unwant(audience, member);
                member->asked = false;
            }
}

/* ---- who is there -------------------------------------------------------------------------- */

struct events_audience *
events_audience_new(struct loop *loop, struct database *database, struct versions *versions,
                    void (*changed)(void *data, struct events_member *member), void *data)
{
    struct events_audience *audience = calloc(1, sizeof *audience);

    if (!audience)
        return NULL;
    audience->loop = loop;
    audience->versions = versions;
    audience->changed = changed;
    audience->data = data;
    if (events_permissions_init(&audience->permissions) < 0) {
        free(audience);
        return NULL;
    }
    audience->part = (struct database_part){
        .wants = wants, .queue = queue, .take = take, .fail = fail, .data = audience};
    database_add(database, &audience->part);
    return audience;
}

static struct events_tenant *make_tenant(struct events_audience *audience, struct tenant_id id)
{
    struct events_tenant **bucket = bucket_of(audience, id), *tenant = calloc(1, sizeof *tenant);

    if (!tenant)
        return NULL;
    *tenant = (struct events_tenant){
        .next = *bucket, .audience = audience, .id = id, .version = NO_VERSION};
    *bucket = tenant;
    return tenant;
}

static struct events_member *make_member(struct events_tenant *tenant, struct user_id user)
{
    struct events_member *member = calloc(1, sizeof *member);

    if (!member)
        return NULL;
    *member = (struct events_member){
        .tenant = tenant, .user = user, .stale = true, .next = tenant->members};
    tenant->members = member;
    if (tenant->version == NO_VERSION)
        ask_version(tenant); /* the rights follow it */
    else
        want(tenant->audience, member);
    return member;
}

struct events_member *events_audience_join(struct events_audience *audience,
                                           struct tenant_id tenant, struct user_id user)
{
    struct events_tenant *place = find_tenant(audience, tenant);
    struct events_member *member;

    if (!place)
        place = make_tenant(audience, tenant);
    if (!place)
        return NULL;
    for (member = place->members; member; member = member->next)
        if (uuid_equal(member->user.uuid, user.uuid))
            return member;
    return make_member(place, user);
}

struct events_member *events_audience_of(const struct events_audience *audience,
                                         struct tenant_id tenant)
{
    const struct events_tenant *found = find_tenant(audience, tenant);

    return found ? found->members : NULL;
}

struct tenant_id events_member_tenant(const struct events_member *member)
{
    return member->tenant->id;
}

size_t events_audience_streams(const struct events_audience *audience, struct user_id user)
{
    size_t count = 0;

    for (size_t i = 0; i < BUCKETS; i++)
        for (const struct events_tenant *tenant = audience->buckets[i]; tenant;
             tenant = tenant->next)
            for (const struct events_member *member = tenant->members; member;
                 member = member->next)
                if (uuid_equal(member->user.uuid, user.uuid))
                    count += member->stream_count;
    return count;
}

void events_audience_each(struct events_audience *audience,
                          void (*call)(void *data, struct events_member *member), void *data)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct events_tenant *tenant = audience->buckets[i]; tenant; tenant = tenant->next)
            for (struct events_member *member = tenant->members; member; member = member->next)
                call(data, member);
}

bool events_audience_may_see(const struct events_audience *audience,
                             const struct events_member *member, const struct event *event)
{
    return member->belongs &&
           events_may_see(&audience->permissions, &member->rights, member->user, event);
}

static void free_member(struct events_audience *audience, struct events_member *member)
{
    unwant(audience, member);
    free(member->rights.coached);
    free(member);
}

/* Who has no stream any more, unless an answer about them is under way. */
static void forget_members(struct events_tenant *tenant)
{
    struct events_member **at = &tenant->members, *member;

    while ((member = *at)) {
        if (member->stream_count || member->asked) {
            at = &member->next;
            continue;
        }
        *at = member->next;
        free_member(tenant->audience, member);
    }
}

void events_audience_tick(struct events_audience *audience)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        struct events_tenant **at = &audience->buckets[i], *tenant;

        while ((tenant = *at)) {
            forget_members(tenant);
            if (tenant->members) {
                ask_version(tenant);
            } else if (!tenant->asked_ms) {
                *at = tenant->next;
                free(tenant);
                continue;
            }
            at = &tenant->next;
        }
    }
}

void events_audience_free(struct events_audience *audience)
{
    if (!audience)
        return;
    for (size_t i = 0; i < BUCKETS; i++)
        while (audience->buckets[i]) {
            struct events_tenant *tenant = audience->buckets[i];

            audience->buckets[i] = tenant->next;
            while (tenant->members) {
                struct events_member *member = tenant->members;

                tenant->members = member->next;
                free_member(audience, member);
            }
            free(tenant);
        }
    free(audience);
}
