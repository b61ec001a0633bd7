/* A member of a consumer group, message by message, that starts where it is told and commits only
 * hints. One thread at a time; the callbacks run inside bus_consumer_poll and bus_consumer_close.
 */
#ifndef BUS_BUS_CONSUMER_H
#define BUS_BUS_CONSUMER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/attr.h"
#include "bus/bus.h"

struct bus_consumer;

struct bus_partition {
    char topic[BUS_TOPIC_BYTES];
    int32_t partition;
    int64_t offset; /* where to start */
};

struct bus_message {
    const char *topic;
    int32_t partition;
    int64_t offset;
    int64_t append_ms; /* the broker's time (LogAppendTime), Unix milliseconds */
    struct span key, value;
    void *handle; /* owned by the bus; all spans die with bus_message_release. NULL: they are kept
                     elsewhere, as bus_message_keep does it */
    const struct bus_header *headers; /* of a message without a handle */
    size_t header_count;
};

/* Of key, value and headers. */
size_t bus_message_bytes(const struct bus_message *message);

struct bus_consumer_options {
    const char *brokers;
    const char *group;
    const char *client_id;
    const char *const *topics;
    size_t topic_count;
    int session_timeout_ms;
    size_t queued_kbytes; /* most that is fetched ahead */
    /* The group gave us partitions. Nothing is consumed until bus_consumer_start. */
    void (*assigned)(void *context, const struct bus_partition *partitions, size_t count);
    /* The partitions go, now or already (`lost`: another member may have them): all of them,
     * whatever `partitions` names, which are none where there was no memory to name them. */
    void (*revoked)(void *context, const struct bus_partition *partitions, size_t count, bool lost);
    void *context;
};

/* Joins the group. NULL with a sentence in `error`. */
struct bus_consumer *bus_consumer_new(const struct bus_consumer_options *options,
                                      char error[static 256]);

/* Leaves the group (`revoked` is called) and frees. Bounded by `timeout_ms`: a client that hangs is
 * left to the process's end. */
void bus_consumer_close(struct bus_consumer *consumer, int timeout_ms);

enum { BUS_END = 2 };

/* One message or none. 1 with *ret_message filled (release it); 0: nothing within `timeout_ms`;
 * -ERANGE: an offset is out of range, the partition of *ret_message says where (nothing to
 * release); BUS_END: fetching came to the end of a partition, which *ret_message names with the
 * offset (nothing to release); -EIO: a fatal error, close and make a new one. */
must_check int bus_consumer_poll(struct bus_consumer *consumer, int timeout_ms,
                                 struct bus_message *ret_message);

/* The same in the middle of something, without waiting: neither `assigned` nor `revoked` is called.
 * What the group says is kept, and told by the next bus_consumer_poll, _rejoin or _close; until
 * then nothing more comes. */
must_check int bus_consumer_poll_quietly(struct bus_consumer *consumer,
                                         struct bus_message *ret_message);
void bus_message_release(struct bus_message *message);

/* Moves key, value and headers into `arena` and releases the handle; the topic's name stays the
 * bus's, so the caller puts another one there. 0, or -ENOMEM with the message as it was. */
must_check int bus_message_keep(struct bus_message *message, struct arena *arena);

/* The message's headers in order. Their number, or -E2BIG with the first `max` where there are
 * more. */
must_check int bus_message_headers(const struct bus_message *message,
                                   struct bus_header *ret_headers, size_t max);

/* Answers an assignment: consume these from their offsets. Called once after `assigned`, for all
 * partitions together. */
must_check int bus_consumer_start(struct bus_consumer *consumer,
                                  const struct bus_partition *partitions, size_t count);

/* Stops and goes on with partitions of the assignment. While all are stopped, polling still keeps
 * the membership. A message may come a second time after going on: compare its offset. */
must_check int bus_consumer_pause(struct bus_consumer *consumer,
                                  const struct bus_partition *partitions, size_t count);
must_check int bus_consumer_resume(struct bus_consumer *consumer,
                                   const struct bus_partition *partitions, size_t count);

/* Goes to the partition's offset; nothing that was fetched before comes any more. 0, or -EIO where
 * that is not sure within `timeout_ms`. */
must_check int bus_consumer_seek(struct bus_consumer *consumer,
                                 const struct bus_partition *partition, int timeout_ms);

/* Leaves the group and joins it anew, after a lost claim; `revoked` is called where it had
 * partitions, answered or not. 0; -EIO: the client does not let go of them, close it and make a new
 * one. Blocks for 2 s at most. */
must_check int bus_consumer_rejoin(struct bus_consumer *consumer);

/* Tells the group how far we are, for tools that show lag. A hint: failures are ignored. Does not
 * wait. */
void bus_consumer_commit(struct bus_consumer *consumer, const struct bus_partition *partitions,
                         size_t count);

/* The end of the partition as last fetched (the offset that the next record will get), or -1. Does
 * not wait. */
int64_t bus_consumer_end(struct bus_consumer *consumer, const char *topic, int32_t partition);

/* The first offset that the broker still has. 0 with the offset, or -ETIMEDOUT. Blocks. */
must_check int bus_consumer_low(struct bus_consumer *consumer, const char *topic, int32_t partition,
                                int timeout_ms, int64_t *ret_offset);

/* Sets the offset of each to the first that the broker still has, and to the one that the next
 * record will get (of those that may be read, where a transaction is open). 0, or -ETIMEDOUT where
 * any of them is not known in time. Blocks. */
must_check int bus_consumer_lows(struct bus_consumer *consumer, struct bus_partition *partitions,
                                 size_t count, int timeout_ms);
must_check int bus_consumer_ends(struct bus_consumer *consumer, struct bus_partition *partitions,
                                 size_t count, int timeout_ms);

/* The number of a topic's partitions. Positive; -ENOENT, -ETIMEDOUT. Blocks. */
must_check int bus_consumer_partitions(struct bus_consumer *consumer, const char *topic,
                                       int timeout_ms);

#endif
