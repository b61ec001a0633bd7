/* Makes topics and checks what is there. For tools: blocks. */
#ifndef BUS_BUS_TOPICS_H
#define BUS_BUS_TOPICS_H

#include "base/attr.h"
#include "base/buf.h"
#include "bus/bus.h"

struct bus_topic_setting {
    const char *name, *value; /* "retention.ms", "604800000" */
    int64_t least, most;      /* other numbers that are allowed; 0 and 0: no other value is */
};

struct bus_topic {
    const char *name;
    int32_t partitions; /* more are allowed */
    const struct bus_topic_setting *settings;
    size_t setting_count;
};

struct bus_topics;

/* A client for the calls below; NULL with a sentence in `error`. */
struct bus_topics *bus_topics_open(const char *brokers, char error[static 256]);
void bus_topics_close(struct bus_topics *topics);

/* Makes a topic with the cluster's default replication. 0; 1: it was there before; negative with a
 * sentence appended to `error`. Tries again for `timeout_ms` where the brokers are away. */
must_check int bus_topic_make(struct bus_topics *topics, const struct bus_topic *topic,
                              int timeout_ms, struct buf *error);

/* Compares a topic with what it should be. A line is appended to `wrong` for each setting or number
 * of partitions that is not allowed, and to `differs` for each that is, and is another than it
 * would be made with. The number of lines in `wrong`, or negative with a sentence there. */
must_check int bus_topic_check(struct bus_topics *topics, const struct bus_topic *topic,
                               int timeout_ms, struct buf *wrong, struct buf *differs);

#endif
