/* Recent events of every organization, in the order in which this process read them: a ring of
 * bytes, out of which the oldest fall. From it live streams are fed that are behind or resume. */
#ifndef INGRESS_EVENTS_RING_H
#define INGRESS_EVENTS_RING_H

#include "base/date.h"
#include "codec/message.h"

/* An event, verified. Its spans point into the ring. */
struct event {
    const struct message *message;
    struct tenant_id tenant;
    struct message_id id, correlation;
    struct uuid subject;   /* the aggregate */
    struct user_id player; /* whom it is about, where the contract's scope is SCOPE_PLAYER */
    struct timestamp time;
    int64_t appended_ms; /* the broker's time */
    int64_t offset;
    size_t place;         /* which partition: see events_place */
    struct span actor;    /* "user:<uuid>", ... */
    struct span sequence; /* ce_sequence, or empty */
    struct span value;    /* the body ... */
    bool json;            /* ... as JSON; otherwise as MessagePack */
};

struct events_ring;

/* For events of `places` partitions, in `capacity` bytes. NULL without memory. */
struct events_ring *events_ring_new(size_t capacity, size_t places);
void events_ring_free(struct events_ring *ring); /* NULL is allowed */

/* The ring has every event of the place from this offset on: said once for each, at the start. */
void events_ring_begin(struct events_ring *ring, size_t place, int64_t offset);

/* From which offset on it still has every event of the place. */
int64_t events_ring_held(const struct events_ring *ring, size_t place);

/* Adds a copy, for which the oldest make room. NULL: the ring has it, since an outbox published it
 * again; or it is larger than the whole ring, and the place begins behind it. */
const struct event *events_ring_add(struct events_ring *ring, const struct event *event);

/* Lets those fall out that were appended before. */
void events_ring_expire(struct events_ring *ring, int64_t appended_ms);

/* Positions: they only grow. An event's own is where it begins. */
uint64_t events_ring_first(const struct events_ring *ring);
uint64_t events_ring_end(const struct events_ring *ring);

/* The event at a position or the next behind it, valid until something is added; *at moves on to
 * the one behind that. NULL: there is none yet. A position that fell out of the ring goes on with
 * the oldest: compare with events_ring_first. */
const struct event *events_ring_next(const struct events_ring *ring, uint64_t *at);

#endif
