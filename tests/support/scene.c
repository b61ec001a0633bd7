#include "support/scene.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/codec.h"

struct scene_seed {
    struct scene_seed *next;
    const struct entity *entity;
    const void *row;
};

enum { SCENE_BYTES = 16 << 20 };

static void must(bool held, const char *what)
{
    if (held)
        return;
    fprintf(stderr, "scene: %s\n", what);
    abort();
}

struct uuid uuid_of(uint8_t byte)
{
    struct uuid uuid;

    memset(uuid.bytes, byte, sizeof uuid.bytes);
    return uuid;
}

struct timestamp time_at(const char *text)
{
    struct timestamp at = {0};

    must(timestamp_parse(span_text(text), &at) == 0, text);
    return at;
}

struct date day_at(const char *text)
{
    struct date day = {0};

    must(date_parse(span_text(text), &day) == 0, text);
    return day;
}

void scene_init(struct scene *scene, const struct worker *worker, const void *settings)
{
    *scene = (struct scene){
        .worker = worker,
        .settings = settings,
        .tenant = {uuid_of(0x77)},
        .actor = {.kind = ACTOR_USER, .user = {uuid_of(0xaa)}},
        .at = time_at("2026-11-22T12:00:00Z"),
        .page = {.limit = 50},
        .uow = uow_new(SCENE_BYTES),
    };
    must(scene->uow, "no memory");
    uow_begin(scene->uow);
}

void scene_deinit(struct scene *scene)
{
    uow_free(scene->uow);
}

static void *scene_copy(struct scene *scene, const void *bytes, size_t size)
{
    void *copy = arena_copy(uow_arena(scene->uow), bytes, size);

    must(copy, "no memory");
    return copy;
}

void scene_seed(struct scene *scene, const struct entity *entity, const void *row)
{
    struct scene_seed seed = {
        .next = scene->seeds,
        .entity = entity,
        .row = scene_copy(scene, row, entity->size),
    };

    scene->seeds = scene_copy(scene, &seed, sizeof seed);
}

/* Answers what was wanted, as the database would: a row that a command changed stays changed. */
static void scene_answer(struct scene *scene)
{
    for (const struct scene_seed *seed = scene->seeds; seed; seed = seed->next) {
        const void *row = scene_row(scene, seed->entity, seed->row);

        must(uow_seed(scene->uow, scene->tenant, seed->entity, row ? row : seed->row) == 0,
             "a row could not be seeded");
    }
}

static const struct handler *handler_of(const struct worker *worker, const struct message *message)
{
    const struct handler *handler = worker->handlers;

    while (handler->on && handler->on != message)
        handler++;
    must(handler->on, "the worker has no such handler");
    return handler;
}

int scene_send(struct scene *scene, const struct message *message, const void *body)
{
    const struct handler *handler = handler_of(scene->worker, message);
    const struct command *command = scene_copy(scene,
                                               &(struct command){
                                                   .tenant = scene->tenant,
                                                   .actor = scene->actor,
                                                   .at = scene->at,
                                                   .body = body,
                                                   .settings = scene->settings,
                                               },
                                               sizeof *command);
    int r;

    uow_enter(scene->uow, scene->worker->name, command);
    handler->load(scene->uow, command);
    r = uow_leave_load(scene->uow);
    must(r == 0, "load failed");
    scene_answer(scene);

    uow_enter(scene->uow, scene->worker->name, command);
    r = uow_leave(scene->uow, handler->decide(scene->uow, command));
    if (r < 0)
        fprintf(stderr, "scene: %s: %s\n", message->name, uow_fault(scene->uow));
    return r;
}

const void *scene_row(struct scene *scene, const struct entity *entity, const void *key)
{
    return uow_peek(scene->uow, scene->tenant, entity, key);
}

static size_t find_emission(struct scene *scene, const struct message *message, size_t n,
                            const struct uow_emission **ret_found)
{
    const struct uow_emission *list;
    size_t count = uow_emissions(scene->uow, &list);
    size_t seen = 0;

    *ret_found = NULL;
    for (size_t i = 0; i < count; i++)
        if (list[i].message == message && seen++ == n)
            *ret_found = &list[i];
    return seen;
}

size_t scene_emitted_count(struct scene *scene, const struct message *message)
{
    const struct uow_emission *found;

    return find_emission(scene, message, 0, &found);
}

const void *scene_emitted(struct scene *scene, const struct message *message, size_t n)
{
    const struct uow_emission *found;
    struct codec_errors errors = {0};
    const void *body = NULL;

    find_emission(scene, message, n, &found);
    if (found)
        must(codec_decode_msgpack(message, found->value, CODEC_UNKNOWN_REFUSED,
                                  uow_arena(scene->uow), &errors, &body) == 0,
             "an emission breaks its contract");
    return body;
}

static const struct query *query_of(const struct worker *worker, const struct message *message)
{
    const struct query *query = worker->queries;

    while (query->on && query->on != message)
        query++;
    must(query->on, "the worker has no such query");
    return query;
}

static void must_encode(const struct message *message, const void *body)
{
    cleanup(buf_deinit) struct buf json = {0};

    must(codec_encode_json(message, body, &json) == 0, "an answer breaks its contract");
}

int scene_ask(struct scene *scene, const struct message *message, const void *params,
              const void **ret_answer)
{
    const struct query *query = query_of(scene->worker, message);
    const struct query_call call = {
        .tenant = scene->tenant,
        .actor = scene->actor.user,
        .at = scene->at,
        .params = params,
        .settings = scene->settings,
        .page = scene->page,
    };
    const struct command *command = scene_copy(
        scene, &(struct command){.tenant = scene->tenant, .at = scene->at}, sizeof *command);
    void *answer = uow_alloc(scene->uow, 1, message->answer->size);
    int r;

    must(answer, "no memory");
    uow_enter(scene->uow, scene->worker->name, command);
    r = query->load(scene->uow, &call);
    if (r != 0)
        return r;
    must(uow_leave_load(scene->uow) == 0, "load failed");
    scene_answer(scene);
    uow_enter(scene->uow, scene->worker->name, command);
    r = query->answer(scene->uow, &call, answer);
    if (r == 0)
        must_encode(message->answer, answer);
    r = uow_leave(scene->uow, r);
    *ret_answer = answer;
    return r;
}
