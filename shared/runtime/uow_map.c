/* The identity map: which row, owner, group and tenant is which. */
#include "runtime/uow_map.h"

#include <errno.h>

#include "base/hash.h"

size_t column_size(enum column_type type)
{
    switch (type) {
    case COLUMN_UUID:
        return sizeof(struct uuid);
    case COLUMN_INT4:
        return sizeof(int32_t);
    case COLUMN_INT8:
        return sizeof(int64_t);
    case COLUMN_BOOL:
        return sizeof(bool);
    case COLUMN_DATE:
        return sizeof(struct date);
    case COLUMN_TIMESTAMP:
        return sizeof(struct timestamp);
    case COLUMN_TEXT:
        return sizeof(struct span);
    }
    return 0;
}

void *uow_room(struct uow *uow, void *array, size_t count, size_t *capacity, size_t item_size)
{
    size_t larger = *capacity ? *capacity * 2 : 8;
    void *moved;

    if (count < *capacity)
        return array;
    moved = arena_array(uow->arena, larger, item_size);
    if (!moved) {
        uow_set_error(uow, -ENOMEM, "the unit of work has no memory left");
        return NULL;
    }
    if (count > 0)
        memcpy(moved, array, count * item_size);
    *capacity = larger;
    return moved;
}

static const void *at(const void *row, const struct column *column)
{
    return (const char *)row + column->offset;
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_spans(struct span a, struct span b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.data, b.data, common) : 0;

    return order ? order : compare_numbers((int64_t)a.size, (int64_t)b.size);
}

static int compare_column(const struct column *column, const void *a, const void *b)
{
    switch (column->type) {
    case COLUMN_UUID:
        return memcmp(a, b, sizeof(struct uuid));
    case COLUMN_BOOL:
        return compare_numbers(*(const bool *)a, *(const bool *)b);
    case COLUMN_INT4:
        return compare_numbers(*(const int32_t *)a, *(const int32_t *)b);
    case COLUMN_INT8:
        return compare_numbers(*(const int64_t *)a, *(const int64_t *)b);
    case COLUMN_DATE:
        return date_cmp(*(const struct date *)a, *(const struct date *)b);
    case COLUMN_TIMESTAMP:
        return compare_numbers(((const struct timestamp *)a)->us,
                               ((const struct timestamp *)b)->us);
    case COLUMN_TEXT:
        return compare_spans(*(const struct span *)a, *(const struct span *)b);
    }
    return 0;
}

int key_compare(const struct entity *entity, unsigned columns, const void *a, const void *b)
{
    int order = 0;

    for (unsigned i = 0; i < columns && order == 0; i++)
        order = compare_column(&entity->columns[i], at(a, &entity->columns[i]),
                               at(b, &entity->columns[i]));
    return order;
}

/* Which row or owner a table entry is about. */
struct identity {
    const struct tenant *tenant;
    const struct entity *entity;
    unsigned columns;
    const void *key;
};

static uint64_t identity_hash(const struct identity *id)
{
    const void *const kind[] = {id->tenant, id->entity};
    uint64_t hash = hash_bytes(0, kind, sizeof kind);

    for (unsigned i = 0; i < id->columns; i++) {
        const struct column *column = &id->entity->columns[i];
        const void *value = at(id->key, column);

        if (column->type == COLUMN_TEXT) {
            const struct span *text = value;
            hash = hash_bytes(hash, text->data, text->size);
        } else {
            hash = hash_bytes(hash, value, column_size(column->type));
        }
    }
    return hash;
}

static bool same_slot(const void *item, const void *key)
{
    const struct slot *slot = item;
    const struct identity *id = key;

    return slot->group->entity == id->entity && slot->group->tenant == id->tenant &&
           key_compare(id->entity, id->columns, slot->key, id->key) == 0;
}

static bool same_owner(const void *item, const void *key)
{
    const struct owner *owner = item;
    const struct identity *id = key;

    return owner->group->entity == id->entity && owner->group->tenant == id->tenant &&
           key_compare(id->entity, id->columns, owner->key, id->key) == 0;
}

/* A row's struct with nothing but the first `columns` of its key; text is copied too, since the row
 * outlives what it came from. */
static void *copy_key(struct uow *uow, const struct entity *entity, unsigned columns,
                      const void *key)
{
    char *copy = arena_alloc(uow->arena, entity->size);

    for (unsigned i = 0; copy && i < columns; i++) {
        const struct column *column = &entity->columns[i];
        memcpy(copy + column->offset, at(key, column), column_size(column->type));
    }
    return copy;
}

struct group *uow_group(struct uow *uow, struct tenant *tenant, const struct entity *entity)
{
    struct group *group;

    for (group = tenant->groups; group; group = group->next)
        if (group->entity == entity)
            return group;
    group = arena_alloc(uow->arena, sizeof *group);
    if (!group) {
        uow_set_error(uow, -ENOMEM, "the unit of work has no memory left");
        return NULL;
    }
    *group = (struct group){.entity = entity,
                            .tenant = tenant,
                            .next = tenant->groups,
                            .load_answer = -1,
                            .load_all_answer = -1,
                            .load_page_answer = -1};
    tenant->groups = group;
    return group;
}

struct slot *uow_slot_find(struct uow *uow, struct tenant *tenant, const struct entity *entity,
                           const void *key)
{
    struct identity id = {
        .tenant = tenant, .entity = entity, .columns = entity->key_columns, .key = key};

    return map_find(&uow->slots, identity_hash(&id), same_slot, &id);
}

static struct slot *add_slot(struct uow *uow, struct group *group, const struct identity *id,
                             uint64_t hash)
{
    struct slot *slot = arena_alloc(uow->arena, sizeof *slot);
    struct slot **slots =
        uow_room(uow, group->slots, group->slot_count, &group->slot_capacity, sizeof *slots);

    if (!slot || !slots)
        return NULL;
    group->slots = slots;
    slot->group = group;
    slot->key = copy_key(uow, id->entity, id->columns, id->key);
    if (!slot->key || map_add(&uow->slots, uow->arena, hash, slot) < 0)
        return NULL;
    group->slots[group->slot_count++] = slot;
    return slot;
}

struct slot *uow_slot_make(struct uow *uow, struct tenant *tenant, const struct entity *entity,
                           const void *key)
{
    struct identity id = {
        .tenant = tenant, .entity = entity, .columns = entity->key_columns, .key = key};
    uint64_t hash = identity_hash(&id);
    struct slot *slot = map_find(&uow->slots, hash, same_slot, &id);
    struct group *group;

    if (slot)
        return slot;
    group = uow_group(uow, tenant, entity);
    slot = group ? add_slot(uow, group, &id, hash) : NULL;
    if (!slot)
        uow_set_error(uow, -ENOMEM, "the unit of work has no memory left");
    return slot;
}

struct owner *uow_owner_find(struct uow *uow, struct tenant *tenant, const struct entity *entity,
                             const void *key)
{
    struct identity id = {
        .tenant = tenant, .entity = entity, .columns = entity->owner_columns, .key = key};

    return map_find(&uow->owners, identity_hash(&id), same_owner, &id);
}

static struct owner *add_owner(struct uow *uow, struct group *group, const struct identity *id)
{
    struct owner *owner = arena_alloc(uow->arena, sizeof *owner);
    struct owner **owners =
        uow_room(uow, group->owners, group->owner_count, &group->owner_capacity, sizeof *owners);

    if (!owner || !owners)
        return NULL;
    group->owners = owners;
    owner->group = group;
    owner->stale = true;
    owner->key = copy_key(uow, id->entity, id->columns, id->key);
    if (!owner->key || map_add(&uow->owners, uow->arena, identity_hash(id), owner) < 0)
        return NULL;
    group->owners[group->owner_count++] = owner;
    return owner;
}

void uow_want_all(struct uow *uow, const struct entity *entity, const void *key)
{
    struct identity id = {
        .tenant = uow->tenant, .entity = entity, .columns = entity->owner_columns, .key = key};
    struct group *group;

    if (!uow->tenant)
        return;
    if (!entity->load_all) {
        uow_set_error(uow, -EFAULT, "%s is not loaded by owner", entity->name);
        return;
    }
    if (map_find(&uow->owners, identity_hash(&id), same_owner, &id))
        return;
    group = uow_group(uow, uow->tenant, entity);
    if (!group || !add_owner(uow, group, &id))
        uow_set_error(uow, -ENOMEM, "the unit of work has no memory left");
}

/* Where the slot stands in the sorted list, or would stand. */
static size_t position_of(const struct owner *owner, const struct slot *slot)
{
    const struct entity *entity = slot->group->entity;
    size_t low = 0, high = owner->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (key_compare(entity, entity->key_columns, owner->slots[middle]->key, slot->key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int uow_owner_adopt(struct uow *uow, struct tenant *tenant, struct slot *slot)
{
    const struct entity *entity = slot->group->entity;
    struct owner *owner = entity->load_all ? uow_owner_find(uow, tenant, entity, slot->key) : NULL;
    struct slot **slots;
    size_t i;

    if (!owner)
        return 0;
    i = position_of(owner, slot);
    if (i < owner->count && owner->slots[i] == slot)
        return 0;
    if (owner->count >= entity->max_rows) {
        uow_set_error(uow, -EOVERFLOW, "one owner has more than %zu rows of %s", entity->max_rows,
                      entity->name);
        return -EOVERFLOW;
    }
    slots = uow_room(uow, owner->slots, owner->count, &owner->capacity, sizeof *slots);
    if (!slots)
        return -ENOMEM;
    owner->slots = slots;
    memmove(slots + i + 1, slots + i, (owner->count - i) * sizeof *slots);
    slots[i] = slot;
    owner->count++;
    owner->stale = true;
    return 0;
}

static bool same_tenant(const void *item, const void *key)
{
    const struct tenant *tenant = item;
    const struct tenant_id *id = key;

    return uuid_equal(tenant->id.uuid, id->uuid);
}

struct tenant *uow_tenant(struct uow *uow, struct tenant_id id)
{
    uint64_t hash = hash_bytes(0, &id, sizeof id);
    struct tenant *tenant = map_find(&uow->tenant_map, hash, same_tenant, &id);
    struct tenant **tenants;

    if (tenant)
        return tenant;
    tenant = arena_alloc(uow->arena, sizeof *tenant);
    tenants =
        uow_room(uow, uow->tenants, uow->tenant_count, &uow->tenant_capacity, sizeof *tenants);
    if (!tenant || !tenants || map_add(&uow->tenant_map, uow->arena, hash, tenant) < 0) {
        uow_set_error(uow, -ENOMEM, "the unit of work has no memory left");
        return NULL;
    }
    *tenant = (struct tenant){.id = id, .permissions.answer = -1, .coached.answer = -1};
    uow->tenants = tenants;
    uow->tenants[uow->tenant_count++] = tenant;
    return tenant;
}

const void *uow_peek(struct uow *uow, struct tenant_id id, const struct entity *entity,
                     const void *key)
{
    struct tenant *tenant = uow_tenant(uow, id);
    const struct slot *slot = tenant ? uow_slot_find(uow, tenant, entity, key) : NULL;

    return slot ? slot->current : NULL;
}
