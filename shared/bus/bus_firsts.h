/* Which partitions have something of a producer. Of one that a broker has nothing of in a partition
 * it takes any batch, also one whose forerunner it has just refused: so until it has confirmed a
 * record there only one is under way, and those behind it are held. Private to shared/bus; one
 * thread, but for bus_firsts_partitions. */
#ifndef BUS_BUS_FIRSTS_H
#define BUS_BUS_FIRSTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "bus/bus.h"

struct bus_firsts;

struct bus_held {
    struct bus_held *next;
    struct bus_record record; /* a copy of all of it, which dies with this */
    void *opaque;
};

struct bus_firsts *bus_firsts_new(void); /* NULL without memory */
void bus_firsts_free(struct bus_firsts *firsts);

/* The topic has so many partitions: as the client's partitioner is told. Any thread. */
void bus_firsts_partitions(struct bus_firsts *firsts, const char *topic, int32_t count);

enum bus_turn {
    BUS_HOLD,  /* it has to wait */
    BUS_FIRST, /* it may be sent, and bus_firsts_sent has to follow where it was */
    BUS_KNOWN, /* it may be sent */
};

enum bus_turn bus_firsts_turn(struct bus_firsts *firsts, const char *topic,
                              const struct bus_record *record);
void bus_firsts_sent(struct bus_firsts *firsts, const char *topic, const struct bus_record *record);

/* It is held, behind those that are. 0, or -ENOMEM. */
must_check int bus_firsts_hold(struct bus_firsts *firsts, const char *topic,
                               const struct bus_record *record, void *opaque);

/* What became of one that was sent. A partition below 0: it never came to any. */
void bus_firsts_told(struct bus_firsts *firsts, const char *topic, int32_t partition,
                     bool delivered);

/* The first held one that may be sent, or with `any` just the first; the caller has it, and frees
 * it by bus_held_free or gives it back to its place. NULL: there is none. */
struct bus_held *bus_firsts_take(struct bus_firsts *firsts, bool any);
void bus_firsts_give_back(struct bus_firsts *firsts, struct bus_held *held);
void bus_held_free(struct bus_held *held);

#endif
