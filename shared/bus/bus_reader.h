/* Reads whole topics from a moment on, every partition, outside of any consumer group: nothing is
 * committed, and each reader sees everything. For event loops: nothing here waits but where a
 * function says so; what has to (where the partitions stand at that moment) is done on a thread of
 * the reader's own. One thread at a time. */
#ifndef BUS_BUS_READER_H
#define BUS_BUS_READER_H

#include "bus/bus_consumer.h"

struct bus_reader;

struct bus_reader_options {
    const char *brokers;
    const char *client_id;
    const char *group;         /* a name that the client wants; it is never joined */
    const char *const *topics; /* topics that are not there (yet) have no partitions */
    size_t topic_count;        /* BUS_MAX_TOPICS at most */
    int64_t since_ms;          /* from the first record that was appended then, Unix milliseconds */
    int64_t records_max;       /* of a partition at most so many of the last ones */
    size_t queued_kbytes;      /* most that is fetched ahead */
};

/* A partition that is read. */
struct bus_place {
    const char *topic;
    int32_t partition;
    int64_t first, end; /* where reading began, and the partition's end at that moment */
};

/* NULL with a sentence in `error`. The options are read by the call only. */
struct bus_reader *bus_reader_new(const struct bus_reader_options *options, char error[static 256]);

/* Ends it on its own thread, for which this waits `timeout_ms` at the most (0: not at all). NULL
 * is allowed. */
void bus_reader_close(struct bus_reader *reader, int timeout_ms);

/* A descriptor that becomes readable when there is something to poll. */
int bus_reader_fd(const struct bus_reader *reader);

/* The partitions, a topic's behind one another by their numbers; NULL: not known yet, the brokers
 * have not answered. They stay the same until the reader is closed. */
const struct bus_place *bus_reader_places(struct bus_reader *reader, size_t *ret_count);

/* The end of a place as far as is known: it is not behind any record that came before this call
 * and was fetched, nor behind `end`. */
int64_t bus_reader_end(struct bus_reader *reader, size_t place);

/* The next message, of the place with this index. 1; 0: none now; negative: close it and make a new
 * one: -ERANGE (the broker does not have the offset any more), -ESTALE (the topics have more
 * partitions than before), -EIO (a fatal error). */
must_check int bus_reader_poll(struct bus_reader *reader, struct bus_message *ret_message,
                               size_t *ret_place);

#endif
