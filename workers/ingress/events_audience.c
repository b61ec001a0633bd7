#include "events_audience.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "events_rights.h"

enum { BUCKETS = 1024, ROUND_MAX = 500, NO_VERSION = -1 };

struct events_tenant {
    struct events_tenant *next; /* of the bucket */
    struct events_audience *audience;
    struct tenant_id id;
    struct events_member *members;
    int64_t version;
    int64_t asked_ms; /* when the version was asked for; 0: not asked now */
    int64_t good_ms;  /* what is not stale was right then */
};

/* The members of one organization in a round. */
struct group {
    struct events_tenant *tenant;
    struct events_member **members; /* those of the readings */
    struct events_rights_group rights;
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
    *group = (struct group){
        .tenant = tenant,
        .members = arena_array(arena, count, sizeof(struct events_member *)),
        .rights = {.tenant = tenant->id,
                   .readings = arena_array(arena, count, sizeof(struct events_rights_reading))}};
    if (!group->members || !group->rights.readings)
        return -ENOMEM;
    for (struct events_member *member = tenant->members; group->rights.count < count;
         member = member->next) {
        if (!member->wanted)
            continue;
        unwant(audience, member);
        member->asked = true;
        group->members[group->rights.count] = member;
        group->rights.readings[group->rights.count++].user = member->user;
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
                r = events_rights_queue(&audience->groups[audience->group_count - 1].rights,
                                        &audience->permissions, pg, arena);
        }
    return r < 0 ? r : 0;
}

/* A coach whose players could not be kept has the rights of before for now, which grow old, and is
 * read again with the next version that is told: a coach of nobody would miss events for good. */
static void take_over(struct events_audience *audience, const struct group *group, size_t i)
{
    const struct events_rights_reading *reading = &group->rights.readings[i];
    struct events_member *member = group->members[i];
    const struct events_rights *rights = &reading->rights;

    member->asked = false;
    if (reading->lacking && reading->belongs) {
        free(rights->coached);
        return;
    }
    free(member->rights.coached);
    member->rights = *rights;
    member->belongs = reading->belongs;
    member->stale = false;
    member->good_ms = group->tenant->good_ms;
    audience->changed(audience->data, member);
}

static void take(void *data, struct pg *pg)
{
    struct events_audience *audience = data;

    for (size_t i = 0; i < audience->group_count; i++) {
        struct group *group = &audience->groups[i];

        events_rights_take(&group->rights, &audience->permissions, pg);
        for (size_t n = 0; n < group->rights.count; n++)
            take_over(audience, group, n);
    }
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

const char *events_member_barred(const struct events_member *member)
{
    if (!member->belongs)
        return "not_a_member";
    return member->rights.crowded ? "too_many_players" : NULL;
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
