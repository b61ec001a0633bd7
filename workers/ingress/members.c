#include "members.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"

enum { REMEMBERED = 8192, ROUND_MAX = 2000, NO_VERSION = -1 };

static const char set_tenant_sql[] = "select set_config('app.tenant', $1, true)";
static const char members_sql[] =
    "select m.member from unnest($2::uuid[]) u(member)"
    " cross join lateral (select member from core_api.members"
    "                      where tenant = $1 and member = u.member and roles <> 0 offset 0) m";

struct ask {
    struct ask *next;
    struct members *members;
    struct tenant_id tenant;
    struct user_id user;
    int64_t version; /* NO_VERSION: the cache is not asked */
    enum member_answer answer;
    void (*told)(void *data, enum member_answer answer);
    void *data;
};

struct remembered {
    struct tenant_id tenant;
    struct user_id user;
    int64_t until_ms;
};

/* The asks of one tenant in a round. */
struct group {
    struct ask **asks;
    size_t count;
    int answer;
};

struct members {
    struct loop *loop;
    struct versions *versions;
    struct cache *cache;
    struct database_part part;
    struct ask *first, **last; /* in order; the first `in_round` are asked */
    size_t count, in_round;
    struct group *groups; /* of the round, in its arena */
    size_t group_count;
    int64_t remembered_ms;
    struct remembered remembered[REMEMBERED];
};

static struct remembered *slot_of(struct members *members, struct tenant_id tenant,
                                  struct user_id user)
{
    uint64_t hash = hash_bytes(hash_bytes(0, &tenant, sizeof tenant), &user, sizeof user);

    return &members->remembered[hash % REMEMBERED];
}

static bool is_remembered(struct members *members, struct tenant_id tenant, struct user_id user)
{
    const struct remembered *slot = slot_of(members, tenant, user);

    return slot->until_ms > loop_now_ms(members->loop) &&
           uuid_equal(slot->tenant.uuid, tenant.uuid) && uuid_equal(slot->user.uuid, user.uuid);
}

static void finish(struct ask *ask, enum member_answer answer)
{
    struct members *members = ask->members;

    if (answer == MEMBER_YES)
        *slot_of(members, ask->tenant, ask->user) =
            (struct remembered){.tenant = ask->tenant,
                                .user = ask->user,
                                .until_ms = loop_now_ms(members->loop) + members->remembered_ms};
    ask->told(ask->data, answer);
    free(ask);
}

static int cache_key_of(const struct ask *ask, struct cache_key *ret_key)
{
    char text[UUID_TEXT + 1];
    struct span part = span_text(uuid_format(ask->user.uuid, text));

    return cache_key(ask->tenant, "member", &part, 1, ret_key);
}

static void ask_database(struct ask *ask)
{
    struct members *members = ask->members;

    ask->next = NULL;
    *members->last = ask;
    members->last = &ask->next;
    members->count++;
}

static void on_cached(void *data, struct span value)
{
    struct ask *ask = data;

    if (value.data)
        finish(ask, MEMBER_YES);
    else
        ask_database(ask);
}

static void on_version(void *data, int result, int64_t version)
{
    struct ask *ask = data;
    struct cache_key key;

    if (result < 0) {
        finish(ask, MEMBER_UNKNOWN);
    } else if (cache_key_of(ask, &key) < 0) {
        ask_database(ask);
    } else {
        ask->version = version;
        cache_get(ask->members->cache, &key, version, on_cached, ask);
    }
}

static bool wants(void *data)
{
    return ((struct members *)data)->count > 0;
}

static int by_tenant(const void *a, const void *b)
{
    const struct ask *x = *(struct ask *const *)a, *y = *(struct ask *const *)b;

    return uuid_cmp(x->tenant.uuid, y->tenant.uuid);
}

static void make_groups(struct members *members, struct ask **asks)
{
    struct group *group = NULL;

    members->group_count = 0;
    for (size_t i = 0; i < members->in_round; i++) {
        if (!group || !uuid_equal(group->asks[0]->tenant.uuid, asks[i]->tenant.uuid)) {
            group = &members->groups[members->group_count++];
            *group = (struct group){.asks = asks + i};
        }
        group->count++;
    }
}

static int queue_group(struct group *group, struct pg *pg, struct arena *arena)
{
    struct uuid tenant = group->asks[0]->tenant.uuid;
    char text[UUID_TEXT + 1];
    struct pg_array users;
    int r = pg_add(pg, set_tenant_sql,
                   (struct pg_param[]){pg_text(arena, span_text(uuid_format(tenant, text)))}, 1);

    if (r < 0)
        return r;
    pg_array_init(&users, arena, PG_UUID, group->count);
    for (size_t i = 0; i < group->count; i++)
        pg_array_add_uuid(&users, group->asks[i]->user.uuid);
    group->answer = pg_add(pg, members_sql,
                           (struct pg_param[]){pg_uuid(arena, tenant), pg_array_param(&users)}, 2);
    return group->answer;
}

static int queue(void *data, struct pg *pg, struct arena *arena)
{
    struct members *members = data;
    struct ask **asks, *ask = members->first;
    int r = 0;

    members->in_round = members->count < ROUND_MAX ? members->count : ROUND_MAX;
    asks = arena_array(arena, members->in_round, sizeof(struct ask *));
    members->groups = arena_array(arena, members->in_round, sizeof(struct group));
    if (!asks || !members->groups)
        return -ENOMEM;
    for (size_t i = 0; i < members->in_round; i++, ask = ask->next)
        asks[i] = ask;
    qsort(asks, members->in_round, sizeof(struct ask *), by_tenant);
    make_groups(members, asks);
    for (size_t i = 0; i < members->group_count && r >= 0; i++)
        r = queue_group(&members->groups[i], pg, arena);
    return r;
}

/* Tells the first `count`, who may ask again while they are told. */
static void tell(struct members *members, size_t count)
{
    while (count--) {
        struct ask *ask = members->first;

        members->first = ask->next;
        if (!members->first)
            members->last = &members->first;
        members->count--;
        finish(ask, ask->answer);
    }
}

static void remember_in_cache(const struct ask *ask)
{
    struct cache_key key;

    if (ask->version != NO_VERSION && cache_key_of(ask, &key) == 0)
        cache_set(ask->members->cache, &key, ask->version, span_text("1"), MEMBERS_CACHED_MS);
}

static void mark(struct group *group, struct uuid member)
{
    for (size_t i = 0; i < group->count; i++) {
        struct ask *ask = group->asks[i];

        if (ask->answer == MEMBER_YES || !uuid_equal(ask->user.uuid, member))
            continue;
        ask->answer = MEMBER_YES;
        remember_in_cache(ask);
    }
}

static void take(void *data, struct pg *pg)
{
    struct members *members = data;

    for (size_t i = 0; i < members->group_count; i++) {
        struct group *group = &members->groups[i];
        const struct pg_rows *rows = pg_rows(pg, group->answer);

        for (size_t row = 0; rows && row < pg_row_count(rows); row++)
            mark(group, pg_get_uuid(rows, row, 0));
    }
    tell(members, members->in_round);
}

static void fail(void *data)
{
    struct members *members = data;

    for (struct ask *ask = members->first; ask; ask = ask->next)
        ask->answer = MEMBER_UNKNOWN;
    tell(members, members->count);
}

struct members *members_new(struct loop *loop, struct database *database, struct versions *versions,
                            struct cache *cache, int64_t remembered_ms)
{
    struct members *members = calloc(1, sizeof *members);

    if (!members)
        return NULL;
    members->loop = loop;
    members->versions = versions;
    members->cache = cache;
    members->remembered_ms = remembered_ms;
    members->last = &members->first;
    members->part = (struct database_part){
        .wants = wants, .queue = queue, .take = take, .fail = fail, .data = members};
    database_add(database, &members->part);
    return members;
}

void members_free(struct members *members)
{
    free(members);
}

void members_check(struct members *members, struct tenant_id tenant, struct user_id user,
                   void (*told)(void *data, enum member_answer answer), void *data)
{
    struct ask *ask;

    if (is_remembered(members, tenant, user)) {
        told(data, MEMBER_YES);
        return;
    }
    ask = malloc(sizeof *ask);
    if (!ask) {
        told(data, MEMBER_UNKNOWN);
        return;
    }
    *ask = (struct ask){.members = members,
                        .tenant = tenant,
                        .user = user,
                        .version = NO_VERSION,
                        .told = told,
                        .data = data};
    if (cache_is_connected(members->cache))
        versions_ask(members->versions, "core", tenant, tenant.uuid, on_version, ask);
    else
        ask_database(ask);
}
