/* What a worker is: data and pure functions. A handler names what it needs (load) and says what
 * follows (decide); the runtime does every bit of input and output around it. So a handler cannot
 * wait, cannot see another tenant, cannot write another key's rows, cannot leave a trace when it
 * rejects, and has no clock but its message's.
 *
 * All of it runs on the lane's thread (queries: on the ingress's loop); all memory is the batch's
 * and dies with it. */
#ifndef RUNTIME_WORKER_H
#define RUNTIME_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/id.h"
#include "base/row.h"
#include "base/span.h"
#include "codec/message.h"

/* One batch's (or one round of queries') unit of work: what was asked for, loaded, changed and
 * said. Opaque. */
struct uow;

/* A column of an entity and where it stands in the row's struct. */
enum column_type {
    COLUMN_UUID,      /* struct uuid or an id type   uuid */
    COLUMN_INT4,      /* int32_t                     int4 */
    COLUMN_INT8,      /* int64_t                     int8 */
    COLUMN_BOOL,      /* bool                        bool */
    COLUMN_DATE,      /* struct date                 date */
    COLUMN_TIMESTAMP, /* struct timestamp            timestamptz */
    COLUMN_TEXT,      /* struct span                 text */
};

struct column {
    const char *name;
    enum column_type type;
    size_t offset; /* bytes from the start of the row's struct */
    bool nullable; /* COLUMN_DATE only: NULL is DATE_NONE (base/row.h) */
};

/* One table of the module's schema, or another module's view (save NULL). The value stands in
 * store.c, where its SQL can be read and explained. The row's struct begins with the key's: struct
 * day { struct day_key key; ... }. The tenant is no column here: it is $1 of every statement, and
 * the policy's.
 *   load       $2.. an array for each key column; answers all `columns`, for each key that exists
 *              its row
 *   load_all   $2.. an array for each owner column; answers every row of these owners
 *   load_page  $2.. an array for each owner column, for each of `filters`, for the one UUID that
 * the key has behind the owner's, and of limits (int4); answers the place in the arrays (int4, from
 * 1) and all `columns`: rows of the owner that the filters let through, from that key on, in its
 * order, as many as the limit says save       $2.. an array for each column; inserts or updates,
 * one row a key; rows come sorted by key */
struct entity {
    const char *name;                               /* "mc.day": for errors */
    const char *load, *load_all, *load_page, *save; /* NULL where it is not offered */
    const struct column *columns; /* the owner's, then the rest of the key's, then the others */
    unsigned column_count;
    unsigned owner_columns;       /* how many of the key's columns name the owner */
    unsigned key_columns;         /* 0: one row a tenant */
    const struct column *filters; /* load_page: members of the row's struct that say which rows */
    unsigned filter_count;
    size_t size;     /* bytes of the row's struct */
    size_t max_rows; /* most rows of one owner that load_all may answer; more is a fault */
};

enum actor_kind { ACTOR_USER, ACTOR_PRODUCER, ACTOR_SYSTEM };

struct actor {
    enum actor_kind kind;
    struct user_id user; /* ACTOR_USER; else the nil UUID */
    struct span text;    /* as on the wire: "user:<uuid>", "producer:<keyid>", "system:<worker>" */
};

/* A message on its way through a handler: a command, or another module's event. */
struct command {
    struct tenant_id tenant;
    struct actor actor;
    struct timestamp at; /* the message's own time: decide has no other clock */
    struct message_id id;
    const void *body;     /* the contract's struct */
    const void *settings; /* the worker's, as its settings table read them; constant */
};

/* In load. `key` and `owner` point to the key's struct, resp. its leading owner members. What is
 * asked for twice is read once. */
void uow_want(struct uow *uow, const struct entity *entity, const void *key);
void uow_want_all(struct uow *uow, const struct entity *entity, const void *owner);

/* In a paged query's load, once: the rows whose owner and filters are as in `match`, a row's
 * struct, as far as the page goes. Its answer gets them by uow_page, in the key's order. */
struct page {
    size_t limit;     /* most rows */
    struct uuid from; /* the key of the first row, behind the owner; nil: from the beginning */
};
void uow_want_page(struct uow *uow, const struct entity *entity, const void *match,
                   const struct page *page);
size_t uow_page(struct uow *uow, const struct entity *entity, const void *const **ret_rows);

/* In decide. They see what earlier commands of the batch changed, and this command's own edits.
 * NULL: no such row. Asking for what load did not want marks the command as faulty: it fails,
 * whatever decide returns. */
const void *uow_get(struct uow *uow, const struct entity *entity, const void *key);
size_t uow_all(struct uow *uow, const struct entity *entity, const void *owner,
               const void *const **ret_rows);

/* This command's own copy of a row, zeroed but for the key if there was none; kept only if decide
 * returns 0. The key must have been wanted, alone or by its owner. 0, or negative (pass it up). */
must_check int uow_edit(struct uow *uow, const struct entity *entity, const void *key,
                        void **ret_row);

/* An event of this module, or a command to another key (of any module): into the outbox if decide
 * returns 0. Its key follows from its contract, its id from (this message, place). `body` is
 * encoded at once. 0, or negative (pass it up). */
must_check int uow_emit(struct uow *uow, const struct message *message, const void *body);

/* Memory of the batch for a handler's own scratch, zeroed; NULL: give -ENOMEM up. */
must_check void *uow_alloc(struct uow *uow, size_t count, size_t size);

struct handler {
    const struct message
        *on; /* permission, scope, key, codec and reject codes are data of the contract */
    void (*load)(struct uow *uow, const struct command *command);
    /* 0 applied; > 0 the contract's reject code, which leaves no trace but the outcome; < 0 a fault
     */
    int (*decide)(struct uow *uow, const struct command *command);
};

/* Time is a producer: a lane asks what is due and publishes a command for each row. The command's
 * id derives from what it is about, so that whoever ticks, however often, the inbox makes it once;
 * a query that still answers a row after its command was applied is a mistake of the query. */
struct timer {
    const char *name;
    const struct message *emit;
    /* $1 tenant, $2 the tenant's local date by the database's clock (date), $3 the most rows to
     * answer (int4). Answers `columns`. */
    const char *due;
    const struct column *columns; /* offsets into emit's struct */
    unsigned column_count;
    int interval_ms; /* between two looks. A look asks some tenants (timer_turns.h) */
    /* Fills what the columns did not; NULL where they fill all. */
    void (*fill)(void *body);
};

/* Somebody's question, as its contract has it. */
struct query_call {
    struct tenant_id tenant;
    struct user_id actor;
    struct timestamp at;  /* a query has no other clock */
    const void *params;   /* the contract's struct */
    const void *settings; /* the worker's */
    struct page page;     /* of a paged query */
};

/* What a worker answers to readers, through the ingress, by entities of `<mod>_api` views: the
 * contract says who may ask, and the answer is encoded by it. Declared by QUERY, listed by
 * QUERY_OF. */
struct query {
    const struct message *on;
    /* Names the rows. 0, or the number (from 1) of a parameter that is malformed in a way that the
     * contract cannot say. */
    int (*load)(struct uow *uow, const struct query_call *call);
    /* Fills the struct of the contract's answer, which is zeroed, with memory of uow_alloc and
     * spans of the rows. 0; -ENOENT: there is no such thing; or negative: a fault. Everybody who
     * may ask must get the same answer, for it is cached. */
    int (*answer)(struct uow *uow, const struct query_call *call, void *ret_answer);
};

/* A setting of the worker's own: read from the environment as IDPMC_<MODULE>_<NAME>. */
struct setting {
    const char *name;        /* "LATE_DAYS" */
    size_t offset;           /* of an int64_t in the settings struct */
    int64_t value, min, max; /* default and bounds */
    const char *sentence;
};

/* The descriptor: the only symbol that a worker's objects export, `worker_<name>`. */
struct worker {
    const char *name;               /* module, schema, role, group and topics are named after it */
    const struct handler *handlers; /* ends with on == NULL */
    const struct timer *timers;     /* ends with name == NULL; or NULL */
    const struct query *queries;    /* ends with on == NULL; or NULL */
    const struct entity *const
        *entities; /* ends with NULL: every entity, for the checks at start and of plans */
    const struct setting *settings; /* ends with name == NULL; or NULL */
    size_t settings_size;           /* bytes of the settings struct; 0 without */
};

/* The generated table of the workers that this program contains, in order of their names; ends with
 * NULL. */
extern const struct worker *const workers[];

/* Typed access, so that no handler sees a `void *`. ENTITY(day) for struct day with struct day_key;
 * ENTITY_OF(habit, struct user_id) adds habit_want_all and habit_all for owners of that type;
 * ENTITY_ONE(organization) is for one row a tenant (no key). VIEW(published_day, day), VIEW_OF,
 * VIEW_PAGE and VIEW_ONE are for entities that are only read: by key, by owner, in pages, or the
 * tenant's one; their rows may be another entity's struct. */
#define VIEW(name, row)                                                                            \
    extern const struct entity name##_entity;                                                      \
    static inline void name##_want(struct uow *uow, struct row##_key key)                          \
    {                                                                                              \
        uow_want(uow, &name##_entity, &key);                                                       \
    }                                                                                              \
    static inline const struct row *name##_get(struct uow *uow, struct row##_key key)              \
    {                                                                                              \
        return uow_get(uow, &name##_entity, &key);                                                 \
    }                                                                                              \
    struct row##_key /* so that a semicolon may follow */

#define VIEW_OF(name, row, owner_type)                                                             \
    extern const struct entity name##_entity;                                                      \
    static inline void name##_want_all(struct uow *uow, owner_type owner)                          \
    {                                                                                              \
        uow_want_all(uow, &name##_entity, &owner);                                                 \
    }                                                                                              \
    static inline struct row##_rows name##_all(struct uow *uow, owner_type owner)                  \
    {                                                                                              \
        const void *const *rows;                                                                   \
        size_t count = uow_all(uow, &name##_entity, &owner, &rows);                                \
        return (struct row##_rows){.rows = (const struct row *const *)rows, .count = count};       \
    }                                                                                              \
    struct row##_key

#define VIEW_PAGE(name, row)                                                                       \
    extern const struct entity name##_entity;                                                      \
    static inline void name##_want_page(struct uow *uow, const struct row *match,                  \
                                        const struct page *page)                                   \
    {                                                                                              \
        uow_want_page(uow, &name##_entity, match, page);                                           \
    }                                                                                              \
    static inline struct row##_rows name##_page(struct uow *uow)                                   \
    {                                                                                              \
        const void *const *rows;                                                                   \
        size_t count = uow_page(uow, &name##_entity, &rows);                                       \
        return (struct row##_rows){.rows = (const struct row *const *)rows, .count = count};       \
    }                                                                                              \
    struct row##_key

#define ENTITY(name)                                                                               \
    VIEW(name, name);                                                                              \
    must_check static inline int name##_edit(struct uow *uow, struct name##_key key,               \
                                             struct name **ret_row)                                \
    {                                                                                              \
        void *row;                                                                                 \
        int r = uow_edit(uow, &name##_entity, &key, &row);                                         \
        if (r >= 0)                                                                                \
            *ret_row = row;                                                                        \
        return r;                                                                                  \
    }                                                                                              \
    struct name##_key

#define ENTITY_OF(name, owner_type)                                                                \
    ENTITY(name);                                                                                  \
    VIEW_OF(name, name, owner_type)

#define VIEW_ONE(name, row)                                                                        \
    extern const struct entity name##_entity;                                                      \
    static inline void name##_want(struct uow *uow)                                                \
    {                                                                                              \
        uow_want(uow, &name##_entity, NULL);                                                       \
    }                                                                                              \
    static inline const struct row *name##_get(struct uow *uow)                                    \
    {                                                                                              \
        return uow_get(uow, &name##_entity, NULL);                                                 \
    }                                                                                              \
    struct row

#define ENTITY_ONE(name)                                                                           \
    VIEW_ONE(name, name);                                                                          \
    must_check static inline int name##_edit(struct uow *uow, struct name **ret_row)               \
    {                                                                                              \
        void *row;                                                                                 \
        int r = uow_edit(uow, &name##_entity, NULL, &row);                                         \
        if (r >= 0)                                                                                \
            *ret_row = row;                                                                        \
        return r;                                                                                  \
    }                                                                                              \
    struct name

/* QUERY(week, mc_week) declares a query's two functions with the structs of its contract;
 * QUERY_OF(week, mc_week) is its place in the worker's list. */
#define QUERY(name, contract)                                                                      \
    must_check int name##_load(struct uow *uow, const struct query_call *call,                     \
                               const struct contract *params);                                     \
    must_check int name##_answer(struct uow *uow, const struct query_call *call,                   \
                                 const struct contract *params,                                    \
                                 struct contract##_answer *ret_answer);                            \
    static inline int name##_load_any(struct uow *uow, const struct query_call *call)              \
    {                                                                                              \
        return name##_load(uow, call, call->params);                                               \
    }                                                                                              \
    static inline int name##_answer_any(struct uow *uow, const struct query_call *call,            \
                                        void *ret_answer)                                          \
    {                                                                                              \
        return name##_answer(uow, call, call->params, ret_answer);                                 \
    }                                                                                              \
    struct contract

#define QUERY_OF(name, contract)                                                                   \
    {                                                                                              \
        .on = &contract##_message, .load = name##_load_any, .answer = name##_answer_any            \
    }

#define COLUMN(kind, row, member)                                                                  \
    {                                                                                              \
        .name = #member, .type = COLUMN_##kind, .offset = offsetof(struct row, member)             \
    }

#endif
