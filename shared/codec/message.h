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

/* How a field stands in the struct, and on the wire:
 *   UUID     struct <of>_id (or struct uuid); text in lower case
 *   STRING   struct span of UTF-8, in the arena of the decoder; `min` and `max` count characters
 *   INTEGER  int64_t; `min` and `max` bound it
 *   BOOLEAN  bool
 *   DATE     struct date; text
 *   TIME     struct timestamp; text
 *   ENUM     int32_t, the index into `names`; text
 *   DECIMAL  int64_t, the value x 10^scale: exact; `min` and `max` bound it so; text with exactly
 *            `scale` digits behind the point, and up to so many are read
 *   LIST     struct { const T *items; size_t count; } with T as `item` says; `min` and `max` count
 *            the items; a map's array
 *   STRUCT   a struct of its own, whose fields are `fields`; a map
 *   MAP      struct { const struct { K key; V value; } *items; size_t count; }: keys as `key` says
 *            (STRING, UUID or ENUM), each once, values as `item`, whose offset is that of `value`;
 *            sorted by the key's bytes, so that the same map is the same bytes; `min` and `max`
 *            count the pairs
 *   UNION    struct { int32_t <tag>; union { struct ... <name>; ... }; }: `fields` are the
 *            alternatives, each a STRUCT; `names` their names and the tag's values; on the wire the
 *            alternative's map with one key more, `tag`, which may stand anywhere in it
 * A list's items and a map's values may be anything but another list, map or optional; a struct's
 * fields anything, to MESSAGE_MAX_NESTING levels in all. */
enum field_type {
    FIELD_UUID,
    FIELD_STRING,
    FIELD_INTEGER,
    FIELD_BOOLEAN,
    FIELD_DATE,
    FIELD_TIME,
    FIELD_ENUM,
    FIELD_LIST,
    FIELD_DECIMAL,
    FIELD_STRUCT,
    FIELD_MAP,
    FIELD_UNION
};

enum { MESSAGE_MAX_FIELDS = 64, MESSAGE_MAX_NESTING = 4, DECIMAL_MAX_SCALE = 9 };

struct field {
    const char *name;
    const char *sentence; /* what it means; NULL for items and keys */
    const char *unit;     /* of an INTEGER or DECIMAL: "percent"; NULL where there is none */
    const char *example; /* a value as JSON text; NULL for STRUCT and UNION: made of their fields */
    enum field_type type;
    bool personal;             /* stays out of events, logs, traces and cache keys */
    bool optional;             /* then the struct has a bool `has_<name>` at has_offset */
    size_t offset, has_offset; /* bytes from the start of the struct that it is a field of */
    int64_t min, max;
    unsigned scale;           /* DECIMAL */
    const char *const *names; /* ENUM: the values, in the contract's order; UNION: the tag's */
    size_t name_count;
    const struct field *fields; /* STRUCT: its fields; UNION: its alternatives */
    size_t field_count;
    const char *tag;          /* UNION: the key that names the alternative; its int32_t is at 0 */
    const struct field *key;  /* MAP: what its keys are (offset 0) */
    const struct field *item; /* LIST: what its items are (offset 0); MAP: its values */
    size_t item_size;         /* LIST, MAP: bytes of one item, resp. pair, in the array */
    size_t size;              /* STRUCT, UNION: bytes of the struct */
};

/* LIST and MAP fields of every item type have this layout; generated ones are such a pair with a
 * typed pointer. */
struct field_list {
    const void *items;
    size_t count;
};

enum message_kind {
    MESSAGE_COMMAND,
    MESSAGE_EVENT,
    MESSAGE_QUERY,  /* `fields` are the parameters of `path`: never on a topic */
    MESSAGE_ANSWER, /* of a query: never on a topic, and not in messages[] */
};

/* Who may send a command, ask a query, or see an event in the live stream, beside the permission's
 * name:
 *   NONE          nobody by token. A command: the fleet itself (ticks, fan-outs, reactions), or a
 *                 producer's credential
 *   ANYONE        any verified token: the command that creates an organization
 *   ORGANIZATION  who holds the permission in the organization
 *   PLAYER        who holds it in the organization, or for a team of the player, or is the player;
 *                 `scope_field` names them */
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
        *key_field;      /* the aggregate: a UUID of `fields`; NULL: the organization itself. A
                            query's: the aggregate whose changes outdate a cached answer */
    bool changes_rights; /* what they permit is asked in the next unit of work only */
    const struct field
        *rights_field;   /* whose rights it changes: a UUID of `fields`; NULL: anybody's */
    bool holds_key;      /* what fails for good holds its key until an operator decides */
    bool creates_tenant; /* the ingress derives the organization's id and makes it the tenant */
    unsigned cost;       /* a command's: tokens of its sender's quota */
    const struct field *fields;
    size_t field_count;
    size_t size; /* bytes of the struct */
    const struct reject
        *rejects; /* rejects[code - 1] belongs to a decide function's positive `code` */
    size_t reject_count;

    /* A query's: "/v1/mc/players/{player}/weeks/{week}", whose segments in braces are required
     * fields; the other fields are optional and stand behind the "?". A paged one takes `limit` and
     * `cursor` as well, and its answer is a list `items` with a `next` beside it. */
    const char *path;
    bool paged;
    const struct message *answer;
};

/* Reject codes that the runtime itself gives, beside the contract's own. */
enum { REJECT_FORBIDDEN = 1000 };

/* The generated table of all commands, events and queries, sorted by type. */
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
