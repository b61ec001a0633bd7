/* Which events somebody may see, by what they may do and what they asked for. Pure. */
#ifndef INGRESS_EVENTS_VISIBLE_H
#define INGRESS_EVENTS_VISIBLE_H

#include "base/buf.h"
#include "events_ring.h"
#include "runtime/scope_bits.h"

enum { EVENTS_PERMISSIONS_MAX = 64, EVENTS_TYPES_MAX = 32 };

/* The permissions that the contracts of events name, each once: what rights are indexed by. */
struct events_permissions {
    const char *names[EVENTS_PERMISSIONS_MAX];
    size_t count;
};

/* Is it an event that anybody may see? */
bool events_is_shown(const struct message *message);

/* Collects them from messages[]. 0 or -E2BIG. */
must_check int events_permissions_init(struct events_permissions *permissions);
size_t events_permissions_find(const struct events_permissions *permissions, const char *name);

/* Players whom one listener may coach: their ids are kept for as long as somebody listens, and read
 * again at each change of the organization. With the default of streams these are 80 MB at the
 * most; whose work is so many players has a role in the organization for it. */
enum { EVENTS_COACHED_MAX = 5000 };

/* What a member may do. */
struct events_rights {
    uint8_t scopes[EVENTS_PERMISSIONS_MAX]; /* SCOPE_BIT_* */
    struct user_id *coached; /* sorted; players of the member's teams, for each team; owned */
    size_t coached_count;
    bool crowded; /* they are more than EVENTS_COACHED_MAX, and none is kept */
};

/* Does whom they coach decide about any event? It does not where they see the organization's. */
bool events_rights_need_coached(const struct events_permissions *permissions,
                                const struct events_rights *rights);

/* May this member see it? The event is their organization's. */
bool events_may_see(const struct events_permissions *permissions,
                    const struct events_rights *rights, struct user_id member,
                    const struct event *event);

/* What a stream was asked for: events of any of these types, and about this player. */
struct events_filter {
    const struct message *types[EVENTS_TYPES_MAX];
    size_t type_count; /* 0: all */
    struct user_id player;
    bool has_player;
};

/* Positive results of events_filter_read. */
enum { EVENTS_FILTER_MALFORMED = 1, EVENTS_FILTER_UNKNOWN_TYPE };

/* Reads a query string: `type` (with or without its version, several times), `player`. 0, or one of
 * the above with a sentence in `detail`. */
must_check int events_filter_read(struct span query, struct events_filter *ret_filter,
                                  struct buf *detail);
bool events_filter_takes(const struct events_filter *filter, const struct event *event);

#endif
