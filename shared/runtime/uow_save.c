/* Saves what changed: each row once, a statement for each tenant and entity, in the order of
 * tenants and keys, so that two who write the same rows wait for each other instead of dying of a
 * deadlock. */
#include <errno.h>
#include <stdlib.h>

#include "runtime/uow_map.h"

static int by_key(const void *a, const void *b)
{
    const struct slot *const *x = a, *const *y = b;
    const struct entity *entity = (*x)->group->entity;

    return key_compare(entity, entity->key_columns, (*x)->key, (*y)->key);
}

static int by_id(const void *a, const void *b)
{
    const struct tenant *const *x = a, *const *y = b;

    return uuid_cmp((*x)->id.uuid, (*y)->id.uuid);
}

static int save_group(struct uow *uow, struct pg *pg, const struct group *group,
                      struct pg_param tenant)
{
    const struct entity *entity = group->entity;
    struct slot **dirty = arena_array(uow->arena, group->dirty_count, sizeof *dirty);
    const void **rows = arena_array(uow->arena, group->dirty_count, sizeof *rows);
    size_t count = 0;

    if (!dirty || !rows)
        return -ENOMEM;
    for (size_t i = 0; i < group->slot_count; i++)
        if (group->slots[i]->dirty)
            dirty[count++] = group->slots[i];
    qsort(dirty, count, sizeof *dirty, by_key);
    for (size_t i = 0; i < count; i++)
        rows[i] = dirty[i]->current;
    return uow_add_rows(uow, pg, entity->save, tenant, entity, entity->column_count, rows, count);
}

static size_t dirty_groups(const struct tenant *tenant)
{
    size_t count = 0;

    for (const struct group *group = tenant->groups; group; group = group->next)
        count += group->dirty_count > 0;
    return count;
}

static int save_tenant(struct uow *uow, struct pg *pg, const struct tenant *tenant)
{
    struct pg_param param = pg_uuid(uow->arena, tenant->id.uuid);
    int r = uow_add_tenant(uow, pg, tenant);

    for (const struct group *group = tenant->groups; group && r >= 0; group = group->next)
        if (group->dirty_count > 0)
            r = save_group(uow, pg, group, param);
    return r < 0 ? r : 0;
}

int uow_queue_saves(struct uow *uow, struct pg *pg)
{
    size_t saved = 0;
    int r = 0;

    if (uow->tenant_count > 0)
        qsort(uow->tenants, uow->tenant_count, sizeof(struct tenant *), by_id);
    for (size_t i = 0; i < uow->tenant_count && r == 0; i++)
        if (dirty_groups(uow->tenants[i]) > 0 &&
            (r = save_tenant(uow, pg, uow->tenants[i])) == 0 &&
            ++saved % UOW_TENANTS_A_PUSH == 0)
            r = pg_push(pg);
    return r;
}
