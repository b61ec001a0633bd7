/* Records and headers as Kafka has them. Borrowed memory throughout. */
#ifndef BUS_BUS_H
#define BUS_BUS_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum {
    BUS_MAX_TOPICS = 64,
    BUS_MAX_HEADERS = 32,
    BUS_TOPIC_BYTES = 128,
    BUS_RECORD_BYTES = 1 << 20
};

struct bus_header {
    struct span name;
    struct span value;
};

struct bus_record {
    struct span topic;
    struct span key;
    struct span value;
    const struct bus_header *headers;
    size_t header_count;
};

#endif
