/* Pages: rows of one owner from a key on, as many as the asker takes. All pages of an entity and
 * tenant are one statement. */
#include <errno.h>

#include "base/hash.h"
#include "runtime/uow_map.h"

static uint64_t command_hash(const struct command *command)
{
    const void *address = command;

    return hash_bytes(0, &address, sizeof address);
}

static bool same_command(const void *item, const void *key)
{
    return ((const struct page_rows *)item)->command == key;
}

static struct page_rows *find_page(const struct uow *uow)
{
    return map_find(&uow->pages, command_hash(uow->command), same_command, uow->command);
}

/* The column that pages go by. */
static const struct column *page_column(const struct entity *entity)
{
    return &entity->columns[entity->owner_columns];
}

static bool is_paged(const struct entity *entity)
{
    return entity->load_page && entity->key_columns == entity->owner_columns + 1 &&
           page_column(entity)->type == COLUMN_UUID;
}

static struct page_rows *add_page(struct uow *uow, struct group *group, const void *match,
                                  const struct page *page)
{
    struct page_rows **pages =
        uow_room(uow, group->pages, group->page_count, &group->page_capacity, sizeof *pages);
    struct page_rows *made = arena_alloc(uow->arena, sizeof *made);

    if (!pages || !made)
        return NULL;
    *made =
        (struct page_rows){.group = group,
                           .command = uow->command,
                           .match = arena_copy(uow->arena, match, group->entity->size),
                           .page = *page,
                           .rows = arena_array(uow->arena, page->limit + 1, sizeof *made->rows)};
    if (!made->match || !made->rows ||
        map_add(&uow->pages, uow->arena, command_hash(uow->command), made) < 0)
        return NULL;
    group->pages = pages;
    group->pages[group->page_count++] = made;
    return made;
}

void uow_want_page(struct uow *uow, const struct entity *entity, const void *match,
                   const struct page *page)
{
    struct group *group;

    if (!uow->tenant)
        return;
    if (!is_paged(entity) || find_page(uow)) {
        uow_set_error(uow, -EFAULT,
                      is_paged(entity) ? "%s: a query has one page" : "%s is not loaded by pages",
                      entity->name);
        return;
    }
    group = uow_group(uow, uow->tenant, entity);
    if (!group || !add_page(uow, group, match, page))
        uow_set_error(uow, -ENOMEM, "the unit of work has no memory left");
}

size_t uow_page(struct uow *uow, const struct entity *entity, const void *const **ret_rows)
{
    const struct page_rows *page = uow->tenant ? find_page(uow) : NULL;

    *ret_rows = NULL;
    if (!page || page->group->entity != entity) {
        uow_set_error(uow, -EFAULT, "the handler asked for a page of %s that its load did not want",
                      entity->name);
        return 0;
    }
    *ret_rows = page->rows;
    return page->count < page->page.limit ? page->count : page->page.limit;
}

static struct uuid page_key(const struct entity *entity, const void *row)
{
    return *(const struct uuid *)((const char *)row + page_column(entity)->offset);
}

bool uow_page_next(struct uow *uow, struct uuid *ret_from)
{
    const struct page_rows *page = find_page(uow);

    if (!page || page->count <= page->page.limit)
        return false;
    *ret_from = page_key(page->group->entity, page->rows[page->page.limit]);
    return true;
}

static struct pg_param limits_param(struct uow *uow, const struct group *group)
{
    struct pg_array array;

    pg_array_init(&array, uow->arena, PG_INT4, group->page_count);
    for (size_t i = 0; i < group->page_count; i++)
        pg_array_add_int4(&array, (int32_t)group->pages[i]->page.limit + 1);
    return pg_array_param(&array);
}

static struct pg_param from_param(struct uow *uow, const struct group *group)
{
    struct pg_array array;

    pg_array_init(&array, uow->arena, PG_UUID, group->page_count);
    for (size_t i = 0; i < group->page_count; i++)
        pg_array_add_uuid(&array, group->pages[i]->page.from);
    return pg_array_param(&array);
}

int uow_queue_pages(struct uow *uow, struct pg *pg, struct group *group, struct pg_param tenant)
{
    const struct entity *entity = group->entity;
    const void **matches = arena_array(uow->arena, group->page_count + 1, sizeof *matches);
    struct pg_param params[PG_MAX_PARAMS];
    size_t count = 0;

    if (group->page_count == 0)
        return 0;
    if (!matches || 3 + entity->owner_columns + entity->filter_count > PG_MAX_PARAMS)
        return -ENOMEM;
    for (size_t i = 0; i < group->page_count; i++)
        matches[i] = group->pages[i]->match;
    params[count++] = tenant;
    for (unsigned i = 0; i < entity->owner_columns; i++)
        params[count++] = uow_column_param(uow, &entity->columns[i], matches, group->page_count);
    for (unsigned i = 0; i < entity->filter_count; i++)
        params[count++] = uow_column_param(uow, &entity->filters[i], matches, group->page_count);
    params[count++] = from_param(uow, group);
    params[count++] = limits_param(uow, group);
    group->load_page_answer = pg_add(pg, entity->load_page, params, count);
    return group->load_page_answer < 0 ? group->load_page_answer : 0;
}

/* Rows come in the key's order from the database, and in any order and again from tests. */
static void put_row(struct page_rows *page, const void *row)
{
    const struct entity *entity = page->group->entity;
    size_t i = page->count, most = page->page.limit + 1;

    while (i > 0 && uuid_cmp(page_key(entity, page->rows[i - 1]), page_key(entity, row)) > 0)
        i--;
    if (i > 0 && uuid_equal(page_key(entity, page->rows[i - 1]), page_key(entity, row))) {
        page->rows[i - 1] = row;
    } else if (i < most) {
        page->count = page->count < most ? page->count + 1 : most;
        memmove(page->rows + i + 1, page->rows + i, (page->count - i - 1) * sizeof *page->rows);
        page->rows[i] = row;
    }
}

int uow_take_pages(struct uow *uow, struct pg *pg, const struct group *group)
{
    const struct pg_rows *rows;

    if (group->load_page_answer < 0)
        return 0;
    rows = pg_rows(pg, group->load_page_answer);
    if (uow_check_columns(uow, group->entity, rows, 1) < 0)
        return -EBADMSG;
    for (size_t i = 0; i < pg_row_count(rows); i++) {
        size_t n = (size_t)pg_get_int4(rows, i, 0);
        const void *row = uow_read_row(uow, group->entity, rows, i, 1);

        if (!row)
            return -ENOMEM;
        if (n < 1 || n > group->page_count)
            return -EBADMSG;
        put_row(group->pages[n - 1], row);
    }
    return 0;
}

void uow_seed_pages(const struct group *group, const void *row)
{
    const struct entity *entity = group->entity;

    for (size_t i = 0; i < group->page_count; i++) {
        struct page_rows *page = group->pages[i];

        if (key_compare(entity, entity->owner_columns, page->match, row) == 0 &&
            uuid_cmp(page_key(entity, row), page->page.from) >= 0)
            put_row(page, row);
    }
}
