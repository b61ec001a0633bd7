/* Rights are loaded like rows: who may do what by core_api.permissions, and whom a coach coaches by
 * core_api.coached, each asked once a batch and tenant, in the transaction of the change that they
 * allow. */
#include <errno.h>

#include "base/hash.h"
#include "runtime/scope_bits.h"
#include "runtime/uow_map.h"

const char uow_permissions_sql[] =
    "select u.n::int4, p.scope"
    "  from unnest($2::uuid[], $3::text[]) with ordinality u(actor, permission, n)"
    " cross join lateral (select p.scope from core_api.permissions p"
    "                      where p.tenant = $1 and p.actor = u.actor and p.permission = "
    "u.permission offset 0) p";

const char uow_coached_sql[] =
    "select u.n::int4"
    "  from unnest($2::uuid[], $3::uuid[]) with ordinality u(coach, player, n)"
    " cross join lateral (select 1 from core_api.coached c"
    "                      where c.tenant = $1 and c.coach = u.coach and c.player = u.player limit "
    "1) c";

/* What somebody may do (`permission` set), or whether somebody coaches a player (`permission`
 * NULL). */
struct right {
    const struct tenant *tenant;
    struct user_id actor;
    const char *permission;
    struct user_id player;
    unsigned scopes; /* SCOPE_BIT_*; of a coach's right: not 0 if it holds */
};

static uint64_t right_hash(const struct right *right)
{
    uint64_t hash = hash_bytes(0, &right->tenant, sizeof right->tenant);

    hash = hash_bytes(hash, &right->actor, sizeof right->actor);
    if (right->permission)
        return hash_bytes(hash, right->permission, strlen(right->permission));
    return hash_bytes(hash, &right->player, sizeof right->player);
}

static bool same_right(const void *item, const void *key)
{
    const struct right *a = item, *b = key;

    if (a->tenant != b->tenant || !uuid_equal(a->actor.uuid, b->actor.uuid) ||
        !a->permission != !b->permission)
        return false;
    return a->permission ? strcmp(a->permission, b->permission) == 0
                         : uuid_equal(a->player.uuid, b->player.uuid);
}

static struct right *find_right(struct uow *uow, const struct right *key)
{
    return map_find(&uow->rights, right_hash(key), same_right, key);
}

static struct right *want_right(struct uow *uow, struct right_list *list, const struct right *key)
{
    struct right *right = find_right(uow, key);
    struct right **items;

    if (right)
        return right;
    right = arena_copy(uow->arena, key, sizeof *key);
    items = uow_room(uow, list->items, list->count, &list->capacity, sizeof *items);
    if (!right || !items || map_add(&uow->rights, uow->arena, right_hash(key), right) < 0) {
        uow_set_error(uow, -ENOMEM, "the unit of work has no memory left");
        return NULL;
    }
    list->items = items;
    list->items[list->count++] = right;
    return right;
}

void uow_want_permission(struct uow *uow, struct user_id actor, const char *permission,
                         const struct user_id *subject)
{
    struct tenant *tenant = uow->tenant;

    if (!tenant)
        return;
    want_right(uow, &tenant->permissions,
               &(struct right){.tenant = tenant, .actor = actor, .permission = permission});
    if (subject && !uuid_equal(actor.uuid, subject->uuid))
        want_right(uow, &tenant->coached,
                   &(struct right){.tenant = tenant, .actor = actor, .player = *subject});
}

bool uow_permitted(struct uow *uow, struct user_id actor, const char *permission,
                   const struct user_id *subject)
{
    const struct right *held, *coach;

    if (!uow->tenant)
        return false;
    held = find_right(
        uow, &(struct right){.tenant = uow->tenant, .actor = actor, .permission = permission});
    if (!held)
        return false;
    if (held->scopes & SCOPE_BIT_ORGANIZATION)
        return true;
    if (!subject)
        return false;
    if (uuid_equal(actor.uuid, subject->uuid))
        return (held->scopes & SCOPE_BIT_SELF) != 0;
    coach =
        find_right(uow, &(struct right){.tenant = uow->tenant, .actor = actor, .player = *subject});
    return (held->scopes & SCOPE_BIT_TEAM) && coach && coach->scopes;
}

static int queue_list(struct uow *uow, struct pg *pg, struct right_list *list, const char *sql,
                      struct pg_param tenant)
{
    bool permissions = sql == uow_permissions_sql;
    struct pg_array actors, others;

    if (list->count == 0)
        return 0;
    pg_array_init(&actors, uow->arena, PG_UUID, list->count);
    pg_array_init(&others, uow->arena, permissions ? PG_TEXT : PG_UUID, list->count);
    for (size_t i = 0; i < list->count; i++) {
        pg_array_add_uuid(&actors, list->items[i]->actor.uuid);
        if (permissions)
            pg_array_add_span(&others, span_text(list->items[i]->permission));
        else
            pg_array_add_uuid(&others, list->items[i]->player.uuid);
    }
    list->answer = pg_add(
        pg, sql, (struct pg_param[]){tenant, pg_array_param(&actors), pg_array_param(&others)}, 3);
    return list->answer < 0 ? list->answer : 0;
}

int uow_queue_rights(struct uow *uow, struct pg *pg, struct tenant *tenant,
                     struct pg_param tenant_param)
{
    int r = queue_list(uow, pg, &tenant->permissions, uow_permissions_sql, tenant_param);

    return r < 0 ? r : queue_list(uow, pg, &tenant->coached, uow_coached_sql, tenant_param);
}

static int take_list(struct pg *pg, const struct right_list *list, bool permissions)
{
    const struct pg_rows *rows;

    if (list->answer < 0)
        return 0;
    rows = pg_rows(pg, list->answer);
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        int32_t n = pg_get_int4(rows, row, 0);

        if (n < 1 || (size_t)n > list->count)
            return -EBADMSG;
        list->items[n - 1]->scopes |=
            permissions ? scope_bit(pg_value(rows, row, 1)) : SCOPE_BIT_TEAM;
    }
    return 0;
}

int uow_take_rights(struct uow *uow, struct pg *pg, struct tenant *tenant)
{
    int r = take_list(pg, &tenant->permissions, true);

    if (r == 0)
        r = take_list(pg, &tenant->coached, false);
    if (r < 0)
        uow_set_error(uow, r, "the rights of core_api were answered in an unknown form");
    return r;
}

void uow_grant(struct uow *uow, struct tenant_id id, struct user_id actor, const char *permission,
               const char *scope)
{
    struct tenant *tenant = uow_tenant(uow, id);
    struct right *right = NULL;

    if (tenant)
        right =
            want_right(uow, &tenant->permissions,
                       &(struct right){.tenant = tenant, .actor = actor, .permission = permission});
    if (right)
        right->scopes |= scope_bit(span_text(scope));
}
