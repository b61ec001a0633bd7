#include "bus/bus_firsts.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/murmur2.h"

/* A broker forgets a producer that sent nothing to a partition for a day. */
enum { MAX_PARTITIONS = 1024, FORGOTTEN_MS = 12 * 3600 * 1000 };

struct partition_state {
    int64_t heard_ms; /* when something was confirmed last; 0: never */
    bool asked;       /* the first is under way */
};

struct destination {
    char topic[BUS_TOPIC_BYTES];
    _Atomic int32_t count; /* of its partitions; 0: nobody has told */
    bool asked;            /* a first one is under way, whose partition nobody knows yet */
    size_t held;           /* how many wait: nothing overtakes them */
    struct partition_state partitions[MAX_PARTITIONS];
};

struct bus_firsts {
    struct destination *list[BUS_MAX_TOPICS]; /* only grows, and is read by the client's threads */
    atomic_size_t count;
    struct bus_held *held, **held_end;
};

struct bus_firsts *bus_firsts_new(void)
{
    struct bus_firsts *firsts = calloc(1, sizeof *firsts);

    if (firsts)
        firsts->held_end = &firsts->held;
    return firsts;
}

void bus_firsts_free(struct bus_firsts *firsts)
{
    struct bus_held *held;

    if (!firsts)
        return;
    while ((held = bus_firsts_take(firsts, true)))
        bus_held_free(held);
    for (size_t i = 0; i < atomic_load(&firsts->count); i++)
        free(firsts->list[i]);
    free(firsts);
}

static struct destination *find(struct bus_firsts *firsts, struct span topic)
{
    size_t count = atomic_load(&firsts->count);

    for (size_t i = 0; i < count; i++)
        if (span_is(topic, firsts->list[i]->topic))
            return firsts->list[i];
    return NULL;
}

/* NULL: there is no room for it, and its records are sent as they come. */
static struct destination *find_or_add(struct bus_firsts *firsts, struct span topic)
{
    struct destination *found = find(firsts, topic);
    size_t count = atomic_load(&firsts->count);

    if (found || count == BUS_MAX_TOPICS || topic.size >= sizeof found->topic)
        return found;
    found = calloc(1, sizeof *found);
    if (!found)
        return NULL;
    memcpy(found->topic, topic.data, topic.size);
    firsts->list[count] = found;
    atomic_store(&firsts->count, count + 1);
    return found;
}

void bus_firsts_partitions(struct bus_firsts *firsts, const char *topic, int32_t count)
{
    struct destination *destination = find(firsts, span_text(topic));

    if (destination)
        atomic_store(&destination->count, count);
}

/* NULL: not known, or one too many to be remembered. */
static struct partition_state *state_of(struct destination *destination, struct span key)
{
    int32_t count = atomic_load(&destination->count), partition;

    if (count <= 0)
        return NULL;
    partition = (int32_t)(murmur2(key) & 0x7fffffff) % count;
    return partition < MAX_PARTITIONS ? &destination->partitions[partition] : NULL;
}

static bool is_known(const struct partition_state *state)
{
    return state->heard_ms != 0 && monotonic_ms() - state->heard_ms < FORGOTTEN_MS;
}

static enum bus_turn turn_of(struct destination *destination, struct span key)
{
    const struct partition_state *state = state_of(destination, key);

    if (state && is_known(state))
        return BUS_KNOWN;
    return destination->asked || (state && state->asked) ? BUS_HOLD : BUS_FIRST;
}

enum bus_turn bus_firsts_turn(struct bus_firsts *firsts, const char *topic,
                              const struct bus_record *record)
{
    struct destination *destination = find_or_add(firsts, span_text(topic));

    if (!destination)
        return BUS_KNOWN;
    return destination->held > 0 ? BUS_HOLD : turn_of(destination, record->key);
}

void bus_firsts_sent(struct bus_firsts *firsts, const char *topic, const struct bus_record *record)
{
    struct destination *destination = find(firsts, span_text(topic));
    struct partition_state *state = destination ? state_of(destination, record->key) : NULL;

    if (state)
        state->asked |= !is_known(state);
    else if (destination)
        destination->asked = true;
}

/* In one piece: itself, the list of headers, and all bytes. */
static struct bus_held *copy_of(const struct bus_record *record, void *opaque)
{
    size_t bytes = record->topic.size + record->key.size + record->value.size;
    struct bus_header *headers;
    struct bus_held *held;
    char *place;

    for (size_t i = 0; i < record->header_count; i++)
        bytes += record->headers[i].name.size + record->headers[i].value.size;
    held = malloc(sizeof *held + record->header_count * sizeof *headers + bytes);
    if (!held)
        return NULL;
    headers = (struct bus_header *)(held + 1);
    place = (char *)(headers + record->header_count);
    *held = (struct bus_held){.record = *record, .opaque = opaque};
    held->record.topic = span_move(&place, record->topic);
    held->record.key = span_move(&place, record->key);
    held->record.value = span_move(&place, record->value);
    for (size_t i = 0; i < record->header_count; i++)
        headers[i] = (struct bus_header){span_move(&place, record->headers[i].name),
                                         span_move(&place, record->headers[i].value)};
    held->record.headers = headers;
    return held;
}

int bus_firsts_hold(struct bus_firsts *firsts, const char *topic, const struct bus_record *record,
                    void *opaque)
{
    struct destination *destination = find(firsts, span_text(topic));
    struct bus_held *held = copy_of(record, opaque);

    if (!held)
        return -ENOMEM;
    destination->held++;
    *firsts->held_end = held;
    firsts->held_end = &held->next;
    return 0;
}

void bus_firsts_told(struct bus_firsts *firsts, const char *topic, int32_t partition,
                     bool delivered)
{
    struct destination *destination = find(firsts, span_text(topic));

    if (!destination)
        return;
    destination->asked = false;
    if (partition < 0 || partition >= MAX_PARTITIONS)
        return;
    destination->partitions[partition].asked = false;
    if (delivered)
        destination->partitions[partition].heard_ms = monotonic_ms();
}

struct bus_held *bus_firsts_take(struct bus_firsts *firsts, bool any)
{
    for (struct bus_held **place = &firsts->held; *place; place = &(*place)->next) {
        struct bus_held *held = *place;
        struct destination *destination = find(firsts, held->record.topic);

        if (!any && turn_of(destination, held->record.key) == BUS_HOLD)
            continue;
        *place = held->next;
        if (!held->next)
            firsts->held_end = place;
        destination->held--;
        return held;
    }
    return NULL;
}

/* To the front, where it is before all others of its partition. */
void bus_firsts_give_back(struct bus_firsts *firsts, struct bus_held *held)
{
    held->next = firsts->held;
    if (!firsts->held)
        firsts->held_end = &held->next;
    firsts->held = held;
    find(firsts, held->record.topic)->held++;
}

void bus_held_free(struct bus_held *held)
{
    free(held);
}
