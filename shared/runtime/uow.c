/* The handlers' side of the unit of work: want, get, all, edit, emit, and what is kept of them. */
#include "runtime/uow.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/codec.h"
#include "runtime/uow_map.h"

enum { MAX_EMISSIONS = 10000 }; /* of one command: ce_sequence has four digits for the place */

struct uow *uow_new(size_t max_bytes)
{
    struct uow *uow = calloc(1, sizeof *uow);

    if (!uow)
        return NULL;
    uow->arena = arena_new(max_bytes);
    if (!uow->arena) {
        free(uow);
        return NULL;
    }
    return uow;
}

void uow_free(struct uow *uow)
{
    if (!uow)
        return;
    arena_free(uow->arena);
    buf_deinit(&uow->scratch);
    free(uow);
}

void uow_begin(struct uow *uow)
{
    struct arena *arena = uow->arena;
    struct buf scratch = uow->scratch;

    arena_reset(arena);
    *uow = (struct uow){.arena = arena, .scratch = scratch};
}

struct arena *uow_arena(struct uow *uow)
{
    return uow->arena;
}

const char *uow_fault(const struct uow *uow)
{
    return uow->fault;
}

size_t uow_changes(const struct uow *uow)
{
    return uow->changes;
}

size_t uow_emissions(const struct uow *uow, const struct uow_emission **ret_list)
{
    *ret_list = uow->emissions;
    return uow->emission_count;
}

void *uow_alloc(struct uow *uow, size_t count, size_t size)
{
    return arena_array(uow->arena, count, size);
}

void uow_set_error(struct uow *uow, int error, const char *format, ...)
{
    va_list args;

    if (uow->error)
        return; /* the first one is the cause of the others */
    uow->error = error;
    va_start(args, format);
    vsnprintf(uow->fault, sizeof uow->fault, format, args);
    va_end(args);
}

void uow_enter(struct uow *uow, const char *module, const struct command *command)
{
    uow->error = 0;
    uow->module = module;
    uow->command = command;
    uow->draft_count = 0;
    uow->first_emission = uow->emission_count;
    uow->tenant = uow_tenant(uow, command->tenant);
}

int uow_leave_load(struct uow *uow)
{
    uow->command = NULL;
    return uow->error;
}

static void keep_drafts(struct uow *uow)
{
    for (size_t i = 0; i < uow->draft_count; i++) {
        struct slot *slot = uow->drafts[i];

        slot->current = slot->draft;
        slot->draft = NULL;
        if (!slot->dirty)
            slot->group->dirty_count++;
        slot->dirty = true;
    }
    uow->changes += uow->draft_count + uow->emission_count - uow->first_emission;
}

static void drop_drafts(struct uow *uow)
{
    for (size_t i = 0; i < uow->draft_count; i++) {
        struct slot *slot = uow->drafts[i];
        struct owner *owner = uow_owner_find(uow, uow->tenant, slot->group->entity, slot->key);

        slot->draft = NULL;
        if (owner)
            owner->stale = true;
    }
    uow->emission_count = uow->first_emission;
}

int uow_leave(struct uow *uow, int result)
{
    if (uow->error)
        result = uow->error;
    if (result == 0)
        keep_drafts(uow);
    else
        drop_drafts(uow);
    uow->command = NULL;
    uow->draft_count = 0;
    return result;
}

void uow_want(struct uow *uow, const struct entity *entity, const void *key)
{
    struct slot *slot;

    if (!uow->tenant)
        return;
    if (!entity->load) {
        uow_set_error(uow, -EFAULT, "%s is not loaded by key", entity->name);
        return;
    }
    slot = uow_slot_make(uow, uow->tenant, entity, key);
    if (slot)
        slot->wanted = true;
}

/* The message of a handler's mistake: it is told, and the command fails. */
static void not_wanted(struct uow *uow, const struct entity *entity)
{
    uow_set_error(uow, -EFAULT, "the handler asked for a row of %s that its load had not wanted",
                  entity->name);
}

/* Was this key wanted, alone or by its owner? The slot may be NULL then: the owner has no such row.
 */
static bool was_wanted(struct uow *uow, const struct entity *entity, const void *key,
                       const struct slot *slot)
{
    if (slot && slot->wanted)
        return true;
    if (!entity->load_all)
        return false;
    return uow_owner_find(uow, uow->tenant, entity, key) != NULL;
}

const void *uow_get(struct uow *uow, const struct entity *entity, const void *key)
{
    struct slot *slot;

    if (!uow->tenant)
        return NULL;
    slot = uow_slot_find(uow, uow->tenant, entity, key);
    if (!was_wanted(uow, entity, key, slot)) {
        not_wanted(uow, entity);
        return NULL;
    }
    if (!slot)
        return NULL;
    return slot->draft ? slot->draft : slot->current;
}

static int refresh_rows(struct uow *uow, struct owner *owner)
{
    const void **rows = arena_array(uow->arena, owner->count, sizeof *rows);
    size_t count = 0;

    if (!rows)
        return -ENOMEM;
    for (size_t i = 0; i < owner->count; i++) {
        const struct slot *slot = owner->slots[i];
        const void *row = slot->draft ? slot->draft : slot->current;
        if (row)
            rows[count++] = row;
    }
    owner->rows = rows;
    owner->row_count = count;
    owner->stale = false;
    return 0;
}

size_t uow_all(struct uow *uow, const struct entity *entity, const void *owner_key,
               const void *const **ret_rows)
{
    struct owner *owner = uow->tenant ? uow_owner_find(uow, uow->tenant, entity, owner_key) : NULL;

    *ret_rows = NULL;
    if (!owner) {
        not_wanted(uow, entity);
        return 0;
    }
    /* A row's address changes with each edit, so the list is made anew after one; unchanged, it
     * serves every command of the batch. */
    if (owner->stale && refresh_rows(uow, owner) < 0) {
        uow_set_error(uow, -ENOMEM, "no memory for the rows of %s", entity->name);
        return 0;
    }
    *ret_rows = owner->rows;
    return owner->row_count;
}

static void *new_draft(struct uow *uow, struct slot *slot)
{
    const struct entity *entity = slot->group->entity;
    void *draft = arena_copy(uow->arena, slot->current ? slot->current : slot->key, entity->size);
    struct owner *owner =
        entity->load_all ? uow_owner_find(uow, uow->tenant, entity, slot->key) : NULL;
    struct slot **drafts =
        uow_room(uow, uow->drafts, uow->draft_count, &uow->draft_capacity, sizeof *drafts);

    if (!draft || !drafts)
        return NULL;
    if (owner)
        owner->stale = true;
    uow->drafts = drafts;
    uow->drafts[uow->draft_count++] = slot;
    slot->draft = draft;
    return draft;
}

int uow_edit(struct uow *uow, const struct entity *entity, const void *key, void **ret_row)
{
    struct slot *slot;
    int r;

    if (!uow->tenant)
        return -ENOMEM;
    slot = uow_slot_find(uow, uow->tenant, entity, key);
    if (!entity->save || !was_wanted(uow, entity, key, slot)) {
        not_wanted(uow, entity);
        return -EFAULT;
    }
    if (!slot) {
        slot = uow_slot_make(uow, uow->tenant, entity, key);
        if (!slot)
            return -ENOMEM;
    }
    r = uow_owner_adopt(uow, uow->tenant, slot);
    if (r < 0)
        return r;
    if (!slot->draft && !new_draft(uow, slot)) {
        uow_set_error(uow, -ENOMEM, "no memory for a row of %s", entity->name);
        return -ENOMEM;
    }
    *ret_row = slot->draft;
    return 0;
}

int uow_emit(struct uow *uow, const struct message *message, const void *body)
{
    size_t place = uow->emission_count - uow->first_emission;
    struct uow_emission *list;
    const void *value;
    int r;

    if (message->kind == MESSAGE_EVENT && strcmp(message->module, uow->module) != 0) {
        uow_set_error(uow, -EFAULT, "module %s may not emit another module's event %s", uow->module,
                      message->type);
        return -EFAULT;
    }
    if (place >= MAX_EMISSIONS) {
        uow_set_error(uow, -EFAULT, "one command emits more than %d messages", MAX_EMISSIONS);
        return -EFAULT;
    }
    buf_clear(&uow->scratch);
    r = codec_encode_msgpack(message, body, &uow->scratch);
    if (r < 0) {
        uow_set_error(uow, r, "a value of %s breaks its contract", message->type);
        return r;
    }
    value = arena_copy(uow->arena, uow->scratch.data, uow->scratch.size);
    list =
        uow_room(uow, uow->emissions, uow->emission_count, &uow->emission_capacity, sizeof *list);
    if (!value || !list) {
        uow_set_error(uow, -ENOMEM, "no memory for a message of %s", message->type);
        return -ENOMEM;
    }
    uow->emissions = list;
    list[uow->emission_count++] = (struct uow_emission){
        .message = message,
        .cause = uow->command,
        .aggregate = message_aggregate(message, uow->command->tenant, body),
        .value = span_of(value, uow->scratch.size),
        .place = (unsigned)place,
    };
    return 0;
}
