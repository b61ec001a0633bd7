/* Commands on their way to Kafka. A delivery report is an event of the loop; only one without an
 * error is a success. */
#ifndef INGRESS_PUBLISHER_H
#define INGRESS_PUBLISHER_H

#include "bus/bus_producer.h"
#include "config/config.h"
#include "loop/loop.h"
#include "wall_clock.h"

struct publisher;

/* `config` and `clock`, which is told the broker's time, are borrowed. NULL with a sentence in
 * `error`. */
struct publisher *publisher_new(struct loop *loop, const struct config *config,
                                struct wall_clock *clock, char error[static 256]);

/* Waits a few seconds at most for what is under way; what is not delivered then is reported
 * BUS_UNKNOWN. NULL is allowed. */
void publisher_free(struct publisher *publisher);

bool publisher_is_connected(const struct publisher *publisher);

/* Is there hope that a command is taken soon? Not while Kafka has taken nothing for two seconds, or
 * what was sent came back: then only a few at a time are let through to find out. NULL: yes, to be
 * refused when it is sent. */
bool publisher_takes(const struct publisher *publisher);

/* Somebody who has commands to send: kept by the caller until `go` is called. */
struct departure {
    struct departure *next;
    void (*go)(void *data);
    void *data;
};

/* Calls `go` once it is worth a request to Kafka: at once while nothing is under way, and otherwise
 * together with others, after a few milliseconds at most. What it costs Kafka is the request, not
 * the record. NULL: at once. */
void publisher_gather(struct publisher *publisher, struct departure *departure, size_t records);

/* Publishes a copy of the record. `done` is called later, once. 0; -EAGAIN: too much is under way;
 * -EMSGSIZE; or another fault, with which nothing was sent. Without a publisher: -EIO. */
must_check int publisher_send(struct publisher *publisher, const struct bus_record *record,
                              void (*done)(void *data, enum bus_delivery delivery), void *data);

#endif
