/* A topic read from its start to its end. */
#ifndef SUPPORT_TOPIC_H
#define SUPPORT_TOPIC_H

#include "base/arena.h"
#include "bus/bus.h"
#include "codec/message.h"

struct topic_record {
    int32_t partition;
    int64_t offset;
    struct span key, value;
    struct bus_header headers[BUS_MAX_HEADERS];
    size_t header_count;
};

struct topic {
    struct topic_record *records; /* those whose key begins with the tenant, in order */
    size_t count;
    int64_t ends; /* the sum of all partitions' ends */
    struct arena *arena;
};

/* Everything that the topic holds at this moment. Fails the test where that takes too long. */
struct topic topic_read(const char *name, struct tenant_id tenant);
void topic_free(struct topic *topic);

/* The header's value, or an empty span. */
struct span topic_header(const struct topic_record *record, const char *name);

/* The body by its contract; fails the test where it breaks it. */
const void *topic_body(struct topic *topic, const struct topic_record *record,
                       const struct message *message);

#endif
