/* What a contract is in C. The generator writes one `struct message` for each file of contracts/,
 * with the struct that its fields are decoded into; the codecs, the ingress and the runtime are
 * driven by these tables. Constant data, any thread. */
#ifndef CODEC_MESSAGE_H
#define CODEC_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/id.h"
#include "base/span.h"

/* How a field stands in the struct:
 *   UUID     struct <of>_id (or struct uuid); 16 bytes
 *   STRING   struct span of UTF-8, in the arena of the decoder; `min` and `max` count characters
 * (code points) INTEGER  int64_t; `min` and `max` bound it BOOLEAN  bool DATE     struct date TIME
 * struct timestamp ENUM     int32_t: the index into `names` LIST     struct { const T *items;
 * size_t count; } with T as `item` says; `min` and `max` count items */
enum field_type {
    FIELD_UUID,
    FIELD_STRING,
    FIELD_INTEGER,
    FIELD_BOOLEAN,
    FIELD_DATE,
    FIELD_TIME,
    FIELD_ENUM,
    FIELD_LIST
};

enum { MESSAGE_MAX_FIELDS = 64 };

struct field {
    const char *name;
    enum field_type type;
    bool personal;             /* stays out of events, logs, traces and cache keys */
    bool optional;             /* then the struct has a bool `has_<name>` at has_offset */
    size_t offset, has_offset; /* bytes from the start of the struct */
    int64_t min, max;
    const char *const *names; /* ENUM: the values, in the contract's order */
    size_t name_count;
    const struct field *item; /* LIST: what its items are (offset 0); lists do not nest */
    size_t item_size;         /* LIST: bytes of one item in the array */
};

/* LIST fields of every item type have this layout; generated lists are such a pair with a typed
 * pointer. */
struct field_list {
    const void *items;
    size_t count;
};

enum message_kind { MESSAGE_COMMAND, MESSAGE_EVENT };

/* Who may send a command, beside the permission's name:
 *   NONE          nobody by token: the fleet itself (ticks, fan-outs, reactions), or a producer's
 * credential ANYONE        any verified token: what creates an organization ORGANIZATION  who holds
 * the permission in the organization PLAYER        who holds it in the organization, or for a team
 * of the player, or is the player; `scope_field` names them */
enum message_scope { SCOPE_NONE, SCOPE_ANYONE, SCOPE_ORGANIZATION, SCOPE_PLAYER };

struct reject {
    const char *code;  /* snake_case, as clients see it: "day_too_old" */
    const char *field; /* the field at fault, or NULL */
    const char *sentence;
};

struct message {
    const char *name;   /* "mc.record-check" */
    const char *type;   /* "mc.record-check.v1" */
    const char *module; /* "mc" */
    const char *sentence;
    unsigned version;
    enum message_kind kind;
    const char *permission; /* NULL where the scope is NONE or ANYONE */
    enum message_scope scope;
    const struct field *scope_field; /* SCOPE_PLAYER: a UUID of `fields`; else NULL */
    const struct field
        *key_field;      /* the aggregate: a UUID of `fields`; NULL: the organization itself */
    bool changes_rights; /* the unit of work ends before the tenant's next message */
    bool creates_tenant; /* the ingress derives the organization's id and makes it the tenant */
    const struct field *fields;
    size_t field_count;
    size_t size; /* bytes of the struct */
    const struct reject
        *rejects; /* rejects[code - 1] belongs to a decide function's positive `code` */
    size_t reject_count;
};

/* Reject codes that the runtime itself gives, beside the contract's own. */
enum { REJECT_FORBIDDEN = 1000 };

/* The generated table of all messages, sorted by type. */
extern const struct message *const messages[];
extern const size_t message_count;

/* The message of a type ("mc.record-check.v1"), or NULL. */
const struct message *message_find(struct span type);

/* The newest version of a command by its name ("mc.record-check"), or NULL. */
const struct message *message_find_command(struct span name);

/* The aggregate of a decoded body: key_field's value, or the tenant where there is none. */
struct uuid message_aggregate(const struct message *message, struct tenant_id tenant,
                              const void *body);

enum { RECORD_KEY_TEXT = 2 * UUID_TEXT + 1 }; /* "<tenant>/<aggregate>" without a NUL */

/* The record key: "<tenant>/<aggregate>", lower case. */
char *message_record_key(struct tenant_id tenant, struct uuid aggregate,
                         char text[static RECORD_KEY_TEXT + 1]);

#endif
