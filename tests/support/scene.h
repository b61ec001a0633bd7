/* Plays commands against one worker's handlers without a database: a test seeds rows, sends
 * commands, and looks at their results, rows and emissions. It is the real unit of work, one batch
 * long, so that a handler that asks for what it had not wanted fails here too. */
#ifndef SUPPORT_SCENE_H
#define SUPPORT_SCENE_H

#include "runtime/uow.h"
#include "runtime/worker.h"

struct scene {
    const struct worker *worker;
    const void *settings;    /* the worker's; the caller's */
    struct tenant_id tenant; /* who sends, and when: free to change between commands */
    struct actor actor;
    struct timestamp at;
    struct page page; /* of a paged query; free to change */
    struct uow *uow;
    struct scene_seed *seeds;
};

/* An organization's user sends, at 2026-11-22T12:00:00Z, a Sunday. Never fails but by abort. */
void scene_init(struct scene *scene, const struct worker *worker, const void *settings);
void scene_deinit(struct scene *scene);

/* A row that the database has; copied. Text in it must outlive the scene. */
void scene_seed(struct scene *scene, const struct entity *entity, const void *row);

/* The handler's load and decide of that message: 0, a reject code, or a fault. */
int scene_send(struct scene *scene, const struct message *message, const void *body);

/* The row as it would be saved, or NULL. */
const void *scene_row(struct scene *scene, const struct entity *entity, const void *key);

/* How many messages of this type were emitted so far, and the n-th of them, from 0, decoded (NULL:
 * there are fewer). */
size_t scene_emitted_count(struct scene *scene, const struct message *message);
const void *scene_emitted(struct scene *scene, const struct message *message, size_t n);

/* The worker's load and answer of that query, with the contract's parameters; the answer is the
 * contract's struct, and aborts where it breaks it. 0, or what load or answer said. */
int scene_ask(struct scene *scene, const struct message *query, const void *params,
              const void **ret_answer);

/* An id whose bytes are all `byte`. */
struct uuid uuid_of(uint8_t byte);

/* The instant of a valid RFC 3339 text, the date of a valid text. */
struct timestamp time_at(const char *text);
struct date day_at(const char *text);

#endif
