/* An idempotent producer (acks=all) that keeps the order of what it is given, with the Java
 * client's partitioner. One thread at a time. Never blocks but where a function says so. */
#ifndef BUS_BUS_PRODUCER_H
#define BUS_BUS_PRODUCER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "bus/bus.h"

struct bus_producer;

enum bus_delivery {
    BUS_DELIVERED, /* every in-sync replica has it */
    BUS_UNKNOWN,   /* timed out, or the client gave up or only guesses: it may or may not be in the
                      topic */
    BUS_REFUSED, /* it is not in the topic and never will be: too large, no such topic, not allowed
                  */
};

struct bus_producer_options {
    const char *brokers;
    const char *client_id;
    int message_timeout_ms; /* how long a record is tried; 0: for ever */
    int linger_ms;          /* how long a record may wait for company */
    bool alone;             /* records seldom find company: they are not compressed */
    bool in_order; /* until a partition has something of this producer, one record at a time is
                      under way there: those of a key arrive in order even where a broker that was
                      just started refuses the first. Copies what waits for that. And nothing
                      overtakes what a broker will never take: the rest is BUS_UNKNOWN, and the
                      producer's error fatal */
    bool observed; /* bus_producer_connected will be asked, which takes a look each second */
    /* Topics that will be written to, ending with NULL (or NULL): they are looked up at once, for
     * otherwise the first record of each waits for that, up to a second. Read by the call only. */
    const char *const *topics;
    /* What became of a record: called from bus_producer_poll, _flush and _free, once for each
     * record that was taken. */
    void (*delivered)(void *context, void *record, enum bus_delivery result, const char *error);
    void *context;
};

/* NULL with a sentence in `error` where the client could not be made. Connects in the background.
 */
struct bus_producer *bus_producer_new(const struct bus_producer_options *options,
                                      char error[static 256]);

/* Gives everything up that is not delivered (each is reported BUS_UNKNOWN), and waits a short while
 * for the client's threads. NULL is allowed. */
void bus_producer_free(struct bus_producer *producer);

/* Gives everything up too, without waiting: what was under way is reported BUS_UNKNOWN by
 * bus_producer_poll from here on. Nothing can be sent any more, and once nothing is pending
 * bus_producer_free does not block. */
void bus_producer_retire(struct bus_producer *producer);

/* Takes a copy of the record; `opaque` comes back in `delivered`. 0; -EAGAIN: the queue is full,
 * poll and try again; -EMSGSIZE; -EIO: a fatal error, see bus_producer_fatal. */
must_check int bus_producer_send(struct bus_producer *producer, const struct bus_record *record,
                                 void *opaque);

/* Reports what was delivered, waiting at most `timeout_ms` for the first. */
void bus_producer_poll(struct bus_producer *producer, int timeout_ms);

/* A descriptor that becomes readable when bus_producer_poll has something to report; for event
 * loops. -1: none could be made. */
int bus_producer_fd(struct bus_producer *producer);

/* Polls until nothing is under way, for `timeout_ms` at most. True: nothing is. Blocks. */
bool bus_producer_flush(struct bus_producer *producer, int timeout_ms);

/* Records taken and not reported yet. */
size_t bus_producer_pending(const struct bus_producer *producer);

/* When the broker appended the record that is being reported, or was last: Unix milliseconds by its
 * clock. -1: it was not delivered. */
int64_t bus_producer_append_ms(const struct bus_producer *producer);

/* After a fatal error (sequence desynchronization) nothing more is delivered: free it, make a new
 * one, send again. NULL: none. */
const char *bus_producer_fatal(const struct bus_producer *producer);

/* Is a broker connected, and has said something within the last seconds? It is asked about the
 * topics every so often. For readiness. Does not block. */
bool bus_producer_connected(const struct bus_producer *producer);

/* Asks the brokers for the number of a topic's partitions. Positive; -ENOENT: no such topic;
 * -ETIMEDOUT. Blocks. */
must_check int bus_producer_partitions(struct bus_producer *producer, const char *topic,
                                       int timeout_ms);

#endif
