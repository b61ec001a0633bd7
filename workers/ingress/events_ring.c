#include "events_ring.h"

#include <stdlib.h>

#include "base/hash.h"

/* An entry never crosses the end of the memory: a gap is left there. */
struct entry {
    size_t size; /* with this head, and what it is filled up with */
    bool gap;
    uint64_t older; /* behind the position of the one before it in its bucket; 0: there is none */
    struct event event;
    char text[]; /* what its spans point to */
};

enum { ALIGNMENT = _Alignof(struct entry), BYTES_A_BUCKET = 1024, LEAST_BUCKETS = 16 };

struct events_ring {
    char *bytes;
    size_t capacity;
    uint64_t first, end; /* positions; a position's place in memory is its rest by the capacity */
    int64_t *held;
    size_t places;
    uint64_t *buckets; /* by an event's id: behind the position of the newest; 0: there is none */
    size_t bucket_count;
};

static size_t aligned(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

struct events_ring *events_ring_new(size_t capacity, size_t places)
{
    struct events_ring *ring = calloc(1, sizeof *ring);

    if (!ring)
        return NULL;
    ring->capacity = capacity / ALIGNMENT * ALIGNMENT;
    ring->places = places;
    ring->bytes = malloc(ring->capacity);
    ring->held = calloc(places ? places : 1, sizeof *ring->held);
    ring->bucket_count = capacity / BYTES_A_BUCKET + LEAST_BUCKETS;
    ring->buckets = calloc(ring->bucket_count, sizeof *ring->buckets);
    if (!ring->bytes || !ring->held || !ring->buckets) {
        events_ring_free(ring);
        return NULL;
    }
    return ring;
}

void events_ring_free(struct events_ring *ring)
{
    if (!ring)
        return;
    free(ring->bytes);
    free(ring->held);
    free(ring->buckets);
    free(ring);
}

void events_ring_begin(struct events_ring *ring, size_t place, int64_t offset)
{
    ring->held[place] = offset;
}

int64_t events_ring_held(const struct events_ring *ring, size_t place)
{
    return ring->held[place];
}

uint64_t events_ring_first(const struct events_ring *ring)
{
    return ring->first;
}

uint64_t events_ring_end(const struct events_ring *ring)
{
    return ring->end;
}

/* What is left of the memory behind a position may be too small for an entry's head: then it is a
 * gap without one. */
static size_t rest_behind(const struct events_ring *ring, uint64_t position)
{
    return ring->capacity - (size_t)(position % ring->capacity);
}

static struct entry *entry_at(const struct events_ring *ring, uint64_t position)
{
    if (rest_behind(ring, position) < sizeof(struct entry))
        return NULL;
    return (struct entry *)(void *)(ring->bytes + position % ring->capacity);
}

static uint64_t behind(const struct events_ring *ring, uint64_t position)
{
    const struct entry *entry = entry_at(ring, position);

    return position + (entry ? entry->size : rest_behind(ring, position));
}

static void drop_first(struct events_ring *ring)
{
    const struct entry *entry = entry_at(ring, ring->first);

    if (entry && !entry->gap && ring->held[entry->event.place] <= entry->event.offset)
        ring->held[entry->event.place] = entry->event.offset + 1;
    ring->first = behind(ring, ring->first);
}

static void make_room(struct events_ring *ring, size_t size)
{
    while (ring->end - ring->first + size > ring->capacity)
        drop_first(ring);
}

static void leave_gap(struct events_ring *ring, size_t size)
{
    struct entry *entry = entry_at(ring, ring->end);

    make_room(ring, size);
    if (entry) {
        entry->size = size;
        entry->gap = true;
    }
    ring->end += size;
}

static uint64_t *bucket_of(const struct events_ring *ring, const struct event *event)
{
    return &ring->buckets[hash_bytes(0, &event->id, sizeof event->id) % ring->bucket_count];
}

/* A bucket's entries become older one by one, so the first that fell out is the last to look at. */
static bool has(const struct events_ring *ring, const struct event *event)
{
    const struct entry *entry;

    for (uint64_t behind = *bucket_of(ring, event); behind > ring->first; behind = entry->older) {
        entry = entry_at(ring, behind - 1);
        if (uuid_equal(entry->event.id.uuid, event->id.uuid) &&
            uuid_equal(entry->event.tenant.uuid, event->tenant.uuid))
            return true;
    }
    return false;
}

const struct event *events_ring_add(struct events_ring *ring, const struct event *event)
{
    uint64_t *bucket = bucket_of(ring, event);
    size_t size = aligned(sizeof(struct entry) + event->actor.size + event->sequence.size +
                          event->value.size);
    struct entry *entry;
    char *text;

    if (size > ring->capacity) {
        ring->held[event->place] = event->offset + 1;
        return NULL;
    }
    if (has(ring, event))
        return NULL;
    if (rest_behind(ring, ring->end) < size)
        leave_gap(ring, rest_behind(ring, ring->end));
    make_room(ring, size);
    entry = entry_at(ring, ring->end);
    text = entry->text;
    entry->size = size;
    entry->gap = false;
    entry->older = *bucket;
    entry->event = *event;
    entry->event.actor = span_move(&text, event->actor);
    entry->event.sequence = span_move(&text, event->sequence);
    entry->event.value = span_move(&text, event->value);
    *bucket = ring->end + 1;
    ring->end += size;
    return &entry->event;
}

void events_ring_expire(struct events_ring *ring, int64_t appended_ms)
{
    const struct entry *entry;

    while (ring->first < ring->end) {
        entry = entry_at(ring, ring->first);
        if (entry && !entry->gap && entry->event.appended_ms >= appended_ms)
            return;
        drop_first(ring);
    }
}

const struct event *events_ring_next(const struct events_ring *ring, uint64_t *at)
{
    uint64_t position = *at < ring->first ? ring->first : *at;
    const struct entry *entry = NULL;

    while (position < ring->end) {
        entry = entry_at(ring, position);
        position = behind(ring, position);
        if (entry && !entry->gap)
            break;
        entry = NULL;
    }
    *at = position;
    return entry ? &entry->event : NULL;
}
