/* What the unit of work consists of; private to shared/runtime/uow*.c. */
#ifndef RUNTIME_UOW_MAP_H
#define RUNTIME_UOW_MAP_H

#include "base/map.h"
#include "runtime/uow.h"

/* A row, or the knowledge that there is none. */
struct slot {
    struct group *group;
    const void *key; /* a row's struct with nothing but its key */
    void *current;   /* as loaded, or as kept by a command; NULL: no row */
    void *draft;     /* the copy that the command under way edits */
    bool wanted;     /* by its key: to be loaded, and allowed to be asked for */
    bool dirty;      /* differs from the database */
};

/* The rows of one owner. */
struct owner {
    struct group *group;
    const void *key;     /* a row's struct with nothing but its owner */
    struct slot **slots; /* sorted by key */
    size_t count, capacity;
    const void **rows; /* what uow_all answers */
    size_t row_count;
    bool stale; /* `rows` no longer says what the slots do */
};

/* The rows of a page that somebody asked for. */
struct page_rows {
    struct group *group;
    const struct command *command; /* in whose name */
    const void *match;             /* a row's struct with owner and filters */
    struct page page;
    const void **rows; /* sorted by key; one more than the limit tells of a next page */
    size_t count;
};

/* Everything of one entity and tenant: what one statement loads or saves. */
struct group {
    const struct entity *entity;
    struct tenant *tenant;
    struct group *next; /* of the same tenant */
    struct slot **slots;
    size_t slot_count, slot_capacity;
    struct owner **owners;
    size_t owner_count, owner_capacity;
    struct page_rows **pages;
    size_t page_count, page_capacity;
    size_t dirty_count;
    int load_answer, load_all_answer, load_page_answer; /* of the round trip; -1: not asked */
};

/* So many tenants' statements are built, and then the server begins with them. */
enum { UOW_TENANTS_A_PUSH = 16 };

struct right;

/* Rights of one kind that were asked for, and the answer that tells of them. */
struct right_list {
    struct right **items;
    size_t count, capacity;
    int answer;
};

struct tenant {
    struct tenant_id id;
    struct group *groups;
    struct right_list permissions; /* what somebody may do */
    struct right_list coached;     /* whom somebody coaches */
    int first_answer;              /* of its loads */
};

struct uow {
    struct arena *arena;
    struct map slots, owners, pages, rights;
    struct tenant **tenants;
    size_t tenant_count, tenant_capacity;
    struct map tenant_map;

    /* the command under way */
    struct tenant *tenant;
    const char *module;
    const struct command *command;
    bool deciding;
    struct slot **drafts;
    size_t draft_count, draft_capacity;
    size_t first_emission;

    struct uow_emission *emissions;
    size_t emission_count, emission_capacity;
    struct buf scratch;
    size_t changes;
    int error; /* -ENOMEM or -EFAULT, from the command under way */
    char fault[200];
};

/* The array, moved if need be, with room for one more behind its `count` items; NULL without memory
 * (and the error is set). */
must_check void *uow_room(struct uow *uow, void *array, size_t count, size_t *capacity,
                          size_t item_size);

void uow_set_error(struct uow *uow, int error, const char *format, ...) printf_like(3, 4);

size_t column_size(enum column_type type);
int key_compare(const struct entity *entity, unsigned columns, const void *a, const void *b);

/* Made where it is missing; NULL: no memory (and the error is set). */
struct group *uow_group(struct uow *uow, struct tenant *tenant, const struct entity *entity);

/* The slot of a row's key, or NULL; made where it is missing by uow_slot_make. */
struct slot *uow_slot_find(struct uow *uow, struct tenant *tenant, const struct entity *entity,
                           const void *key);
struct slot *uow_slot_make(struct uow *uow, struct tenant *tenant, const struct entity *entity,
                           const void *key);
struct owner *uow_owner_find(struct uow *uow, struct tenant *tenant, const struct entity *entity,
                             const void *key);

/* Puts a slot into its owner's sorted list, where its owner was wanted and does not have it yet. 0,
 * -ENOMEM, or -EOVERFLOW. */
must_check int uow_owner_adopt(struct uow *uow, struct tenant *tenant, struct slot *slot);

struct tenant *uow_tenant(struct uow *uow,
                          struct tenant_id id); /* made where it is missing; NULL: no memory */

/* One statement with $1 the tenant and $2.. the first `columns` of these rows as arrays. The
 * answer's index, or negative. */
must_check int uow_add_rows(struct uow *uow, struct pg *pg, const char *sql, struct pg_param tenant,
                            const struct entity *entity, unsigned columns, const void *const *rows,
                            size_t count);

/* These rows' values of one column as an array. */
struct pg_param uow_column_param(struct uow *uow, const struct column *column,
                                 const void *const *rows, size_t count);

/* Does the answer have the entity's columns, from its column `first` on? 0 or -EBADMSG. */
must_check int uow_check_columns(struct uow *uow, const struct entity *entity,
                                 const struct pg_rows *rows, unsigned first);

/* A row of such an answer, in the arena; NULL: no memory. */
void *uow_read_row(struct uow *uow, const struct entity *entity, const struct pg_rows *rows,
                   size_t row, unsigned first);

/* One statement for all pages of a group, and its answer. A row that a test seeds goes into each
 * page that it belongs to, but for filters, which only the statement knows. */
must_check int uow_queue_pages(struct uow *uow, struct pg *pg, struct group *group,
                               struct pg_param tenant);
must_check int uow_take_pages(struct uow *uow, struct pg *pg, const struct group *group);
void uow_seed_pages(const struct group *group, const void *row);

/* The tenant's setting, for the statements that follow in the transaction. The answer's index, or
 * negative. */
must_check int uow_add_tenant(struct uow *uow, struct pg *pg, const struct tenant *tenant);

/* $1 tenant, $2 actors, $3 permissions (text), resp. $2 coaches, $3 players. */
extern const char uow_permissions_sql[], uow_coached_sql[];

must_check int uow_queue_rights(struct uow *uow, struct pg *pg, struct tenant *tenant,
                                struct pg_param tenant_param);
must_check int uow_take_rights(struct uow *uow, struct pg *pg, struct tenant *tenant);

#endif
