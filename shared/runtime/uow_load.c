/* Loads what was wanted: for each tenant its setting, its rights, and a statement an entity with
 * the keys as arrays. */
#include <errno.h>

#include "runtime/uow_map.h"

static enum pg_type element_type(enum column_type type)
{
    static const enum pg_type types[] = {
        [COLUMN_UUID] = PG_UUID, [COLUMN_INT4] = PG_INT4, [COLUMN_INT8] = PG_INT8,
        [COLUMN_BOOL] = PG_BOOL, [COLUMN_DATE] = PG_DATE, [COLUMN_TIMESTAMP] = PG_TIMESTAMPTZ,
        [COLUMN_TEXT] = PG_TEXT,
    };

    return types[type];
}

static void add_value(struct pg_array *array, const struct column *column, const void *row)
{
    const void *value = (const char *)row + column->offset;

    switch (column->type) {
    case COLUMN_UUID:
        pg_array_add_uuid(array, *(const struct uuid *)value);
        break;
    case COLUMN_INT4:
        pg_array_add_int4(array, *(const int32_t *)value);
        break;
    case COLUMN_INT8:
        pg_array_add_int8(array, *(const int64_t *)value);
        break;
    case COLUMN_BOOL:
        pg_array_add_bool(array, *(const bool *)value);
        break;
    case COLUMN_DATE:
        if (column->nullable && ((const struct date *)value)->days == DATE_NONE)
            pg_array_add(array, NULL, 0);
        else
            pg_array_add_date(array, *(const struct date *)value);
        break;
    case COLUMN_TIMESTAMP:
        pg_array_add_timestamp(array, *(const struct timestamp *)value);
        break;
    case COLUMN_TEXT:
        pg_array_add_span(array, *(const struct span *)value);
        break;
    }
}

struct pg_param uow_column_param(struct uow *uow, const struct column *column,
                                 const void *const *rows, size_t count)
{
    struct pg_array array;

    pg_array_init(&array, uow->arena, element_type(column->type), count);
    for (size_t i = 0; i < count; i++)
        add_value(&array, column, rows[i]);
    return pg_array_param(&array);
}

int uow_add_rows(struct uow *uow, struct pg *pg, const char *sql, struct pg_param tenant,
                 const struct entity *entity, unsigned columns, const void *const *rows,
                 size_t count)
{
    struct pg_param params[PG_MAX_PARAMS];

    if (columns >= PG_MAX_PARAMS)
        return -EINVAL;
    params[0] = tenant;
    for (unsigned i = 0; i < columns; i++)
        params[1 + i] = uow_column_param(uow, &entity->columns[i], rows, count);
    return pg_add(pg, sql, params, 1 + columns);
}

int uow_add_tenant(struct uow *uow, struct pg *pg, const struct tenant *tenant)
{
    char text[UUID_TEXT + 1];
    struct pg_param param = pg_text(uow->arena, span_text(uuid_format(tenant->id.uuid, text)));

    return pg_add(pg, "select set_config('app.tenant', $1, true)", &param, 1);
}

static int queue_group(struct uow *uow, struct pg *pg, struct group *group, struct pg_param tenant)
{
    const struct entity *entity = group->entity;
    const void **keys =
        arena_array(uow->arena, group->slot_count + group->owner_count, sizeof *keys);
    size_t count = 0;

    if (!keys)
        return -ENOMEM;
    for (size_t i = 0; i < group->slot_count; i++)
        if (group->slots[i]->wanted)
            keys[count++] = group->slots[i]->key;
    if (count > 0) {
        group->load_answer =
            uow_add_rows(uow, pg, entity->load, tenant, entity, entity->key_columns, keys, count);
        if (group->load_answer < 0)
            return group->load_answer;
    }
    for (size_t i = 0; i < group->owner_count; i++)
        keys[i] = group->owners[i]->key;
    if (group->owner_count > 0) {
        group->load_all_answer = uow_add_rows(uow, pg, entity->load_all, tenant, entity,
                                              entity->owner_columns, keys, group->owner_count);
        if (group->load_all_answer < 0)
            return group->load_all_answer;
    }
    return uow_queue_pages(uow, pg, group, tenant);
}

int uow_queue_loads(struct uow *uow, struct pg *pg)
{
    for (size_t i = 0; i < uow->tenant_count; i++) {
        struct tenant *tenant = uow->tenants[i];
        struct pg_param param = pg_uuid(uow->arena, tenant->id.uuid);
        int r = uow_add_tenant(uow, pg, tenant);

        tenant->first_answer = r;
        if (r >= 0)
            r = uow_queue_rights(uow, pg, tenant, param);
        for (struct group *group = tenant->groups; group && r >= 0; group = group->next)
            r = queue_group(uow, pg, group, param);
        if (r >= 0 && (i + 1) % UOW_TENANTS_A_PUSH == 0)
            r = pg_push(pg);
        if (r < 0)
            return r;
    }
    return 0;
}

static bool columns_match(const struct entity *entity, const struct pg_rows *rows, unsigned first)
{
    if (pg_column_count(rows) != first + entity->column_count)
        return false;
    for (unsigned i = 0; i < entity->column_count; i++)
        if (pg_column_type(rows, first + i) != (uint32_t)element_type(entity->columns[i].type))
            return false;
    return true;
}

int uow_check_columns(struct uow *uow, const struct entity *entity, const struct pg_rows *rows,
                      unsigned first)
{
    if (columns_match(entity, rows, first))
        return 0;
    uow_set_error(uow, -EBADMSG, "a load of %s answers other columns than the entity has",
                  entity->name);
    return -EBADMSG;
}

static int read_value(struct arena *arena, const struct column *column, const struct pg_rows *rows,
                      size_t row, size_t i, void *into)
{
    void *value = (char *)into + column->offset;
    struct span text;

    switch (column->type) {
    case COLUMN_UUID:
        *(struct uuid *)value = pg_get_uuid(rows, row, i);
        break;
    case COLUMN_INT4:
        *(int32_t *)value = pg_get_int4(rows, row, i);
        break;
    case COLUMN_INT8:
        *(int64_t *)value = pg_get_int8(rows, row, i);
        break;
    case COLUMN_BOOL:
        *(bool *)value = pg_get_bool(rows, row, i);
        break;
    case COLUMN_DATE:
        *(struct date *)value =
            pg_null(rows, row, i) ? (struct date){DATE_NONE} : pg_get_date(rows, row, i);
        break;
    case COLUMN_TIMESTAMP:
        *(struct timestamp *)value = pg_get_timestamp(rows, row, i);
        break;
    case COLUMN_TEXT:
        text = pg_value(rows, row, i);
        *(struct span *)value = span_of(arena_copy(arena, text.data, text.size), text.size);
        if (!((struct span *)value)->data)
            return -ENOMEM;
        break;
    }
    return 0;
}

void *uow_read_row(struct uow *uow, const struct entity *entity, const struct pg_rows *rows,
                   size_t row, unsigned first)
{
    void *copy = arena_alloc(uow->arena, entity->size);

    for (unsigned i = 0; i < entity->column_count && copy; i++)
        if (read_value(uow->arena, &entity->columns[i], rows, row, first + i, copy) < 0)
            return NULL;
    return copy;
}

static int take_row(struct uow *uow, struct tenant *tenant, const struct entity *entity,
                    const struct pg_rows *rows, size_t row)
{
    void *copy = uow_read_row(uow, entity, rows, row, 0);
    struct slot *slot = copy ? uow_slot_make(uow, tenant, entity, copy) : NULL;

    if (!slot)
        return -ENOMEM;
    slot->current = copy;
    return uow_owner_adopt(uow, tenant, slot);
}

static int take_answer(struct uow *uow, struct pg *pg, struct tenant *tenant,
                       const struct entity *entity, int answer)
{
    const struct pg_rows *rows;
    int r;

    if (answer < 0)
        return 0;
    rows = pg_rows(pg, answer);
    r = uow_check_columns(uow, entity, rows, 0);
    for (size_t row = 0; row < pg_row_count(rows) && r == 0; row++)
        r = take_row(uow, tenant, entity, rows, row);
    return r;
}

static int take_tenant(struct uow *uow, struct pg *pg, struct tenant *tenant)
{
    int r = uow_take_rights(uow, pg, tenant);

    for (struct group *group = tenant->groups; group && r >= 0; group = group->next) {
        r = take_answer(uow, pg, tenant, group->entity, group->load_answer);
        if (r >= 0)
            r = take_answer(uow, pg, tenant, group->entity, group->load_all_answer);
        if (r >= 0)
            r = uow_take_pages(uow, pg, group);
    }
    return r;
}

/* A tenant's answers are in when the next one's begin; then they are taken, while the server is
 * still at work for those behind it. */
int uow_take_loads(struct uow *uow, struct pg *pg, int timeout_ms)
{
    const int64_t end_ms = monotonic_ms() + timeout_ms;

    for (size_t i = 0; i < uow->tenant_count; i++) {
        const int left_ms = (int)(end_ms - monotonic_ms());
        int r = i + 1 < uow->tenant_count
                    ? pg_wait_answer(pg, uow->tenants[i + 1]->first_answer, left_ms)
                    : pg_wait(pg, left_ms);

        if (r >= 0)
            r = take_tenant(uow, pg, uow->tenants[i]);
        if (r < 0)
            return r;
    }
    return 0;
}

int uow_seed(struct uow *uow, struct tenant_id id, const struct entity *entity, const void *row)
{
    struct tenant *tenant = uow_tenant(uow, id);
    struct slot *slot = tenant ? uow_slot_make(uow, tenant, entity, row) : NULL;

    if (!slot)
        return -ENOMEM;
    slot->current = arena_copy(uow->arena, row, entity->size);
    if (!slot->current)
        return -ENOMEM;
    uow_seed_pages(slot->group, slot->current);
    return uow_owner_adopt(uow, tenant, slot);
}
