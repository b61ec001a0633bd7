/* The unit of work: an identity map of everything that a batch of commands asked for, loaded in one
 * round trip, changed in memory, and saved in another. The handlers' side of it is
 * runtime/worker.h; this is the side of those who drive it: a lane, the ingress (which only loads),
 * and tests (which seed it instead of loading). No I/O but into a pg pipeline; one thread.
 *
 *     uow_begin(uow);
 *     for each command:
 *         uow_enter(uow, module, command); handler->load(uow, command); uow_leave_load(uow);
 *     uow_queue_loads(uow, pg);             ...one round trip...
 *     uow_take_loads(uow, pg, timeout_ms);
 *     for each command:
 *         uow_enter(uow, module, command);
 *         uow_leave(uow, handler->decide(uow, command));
 *     uow_queue_saves(uow, pg);             ...one round trip that ends in COMMIT...
 */
#ifndef RUNTIME_UOW_H
#define RUNTIME_UOW_H

#include "base/arena.h"
#include "pg/pg.h"
#include "runtime/worker.h"

/* At most `max_bytes` for one batch. NULL without memory. */
struct uow *uow_new(size_t max_bytes);
void uow_free(struct uow *uow); /* NULL is allowed */

/* Forgets the last batch with all its memory. */
void uow_begin(struct uow *uow);
struct arena *uow_arena(struct uow *uow);

/* What follows is about this command of this module, which must live until uow_begin. */
void uow_enter(struct uow *uow, const char *module, const struct command *command);

/* Ends a load: 0, or a fault (-ENOMEM) after which nothing of the batch may be trusted. */
must_check int uow_leave_load(struct uow *uow);

/* Ends a decide that returned `result`: 0 keeps its edits and emits, anything else drops them.
 * Returns `result`, or -EFAULT where the handler broke a rule (asked for what it had not wanted;
 * uow_fault says which), or -ENOMEM. */
must_check int uow_leave(struct uow *uow, int result);
const char *uow_fault(const struct uow *uow);

/* Rights, asked for like rows: between uow_enter and its end, for the command's tenant. `subject`
 * is the player whom it is about, or NULL for the organization's scope. */
void uow_want_permission(struct uow *uow, struct user_id actor, const char *permission,
                         const struct user_id *subject);
bool uow_permitted(struct uow *uow, struct user_id actor, const char *permission,
                   const struct user_id *subject);

/* Between uow_enter and its end, of a query whose answer was made: is there a page behind the one
 * that it asked for, and from which key on? */
bool uow_page_next(struct uow *uow, struct uuid *ret_from);

/* Queues the statements that load what was wanted: for each tenant its setting, its rights, and one
 * statement an entity. The caller opens the transaction before and ends the round trip after. 0 or
 * negative. */
must_check int uow_queue_loads(struct uow *uow, struct pg *pg);

/* Reads the answers, waiting for those that are not in yet; who waits for the whole round before is
 * not held up. 0; as pg_wait; -EOVERFLOW: an owner has more rows than its entity allows (uow_fault
 * says which); -EBADMSG: the statement answers other columns than its entity has; -ENOMEM. */
must_check int uow_take_loads(struct uow *uow, struct pg *pg, int timeout_ms);

/* Queues the statements that save what changed: for each tenant its setting, and one statement an
 * entity, rows sorted by key. */
must_check int uow_queue_saves(struct uow *uow, struct pg *pg);

/* Everything the kept commands emitted, in order. `value` is MessagePack. */
struct uow_emission {
    const struct message *message;
    const struct command *cause;
    struct uuid aggregate;
    struct span value;
    unsigned place; /* from 0 within the cause */
};
size_t uow_emissions(const struct uow *uow, const struct uow_emission **ret_list);

/* Did anything change, or was anything emitted, since uow_begin? */
size_t uow_changes(const struct uow *uow);

/* For tests of handlers without a database: after the loads were wanted, says what a database would
 * have answered for `tenant`. Rows that are not seeded do not exist. Rights are
 * granted by uow_grant. */
must_check int uow_seed(struct uow *uow, struct tenant_id tenant, const struct entity *entity,
                        const void *row);
void uow_grant(struct uow *uow, struct tenant_id tenant, struct user_id actor,
               const char *permission, const char *scope);

/* The row as the batch would save it, or NULL; for tests, after a kept decide. */
const void *uow_peek(struct uow *uow, struct tenant_id tenant, const struct entity *entity,
                     const void *key);

#endif
