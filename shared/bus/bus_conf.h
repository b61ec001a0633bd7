/* What our librdkafka clients share; private to shared/bus. */
#ifndef BUS_BUS_CONF_H
#define BUS_BUS_CONF_H

#include <librdkafka/rdkafka.h>

#include "base/attr.h"
#include "bus/bus_consumer.h"

struct bus_setting {
    const char *name;
    const char *value;
};

/* A configuration with what every client of ours has, and with these; NULL with a sentence in
 * `error`. */
rd_kafka_conf_t *bus_conf_new(const char *brokers, const char *client_id,
                              const struct bus_setting *settings, size_t count,
                              char error[static 256]);

/* A client that reads, of partitions which are assigned to it by hand, what transactions committed;
 * it leaves no offsets with the group. With these settings besides; NULL with a sentence in
 * `error`. */
rd_kafka_t *bus_onlooker_new(const char *brokers, const char *client_id, const char *group,
                             const struct bus_setting *settings, size_t count,
                             char error[static 256]);

/* The partitions of a topic by the brokers' word. Positive; -ENOENT, -ETIMEDOUT, -EIO. Blocks. */
must_check int bus_partitions(rd_kafka_t *client, const char *topic, int timeout_ms);

/* Destroys a client on a thread of its own and waits at most `timeout_ms` for it: a client that
 * hangs (librdkafka #4187, #4724) is left to the process's end. A consumer has left its group
 * before. */
void bus_destroy(rd_kafka_t *client, int timeout_ms);

/* The same without waiting at all. */
void bus_destroy_later(rd_kafka_t *client);

/* What a poll gave (or NULL), as bus_consumer_poll answers; takes the message over. */
must_check int bus_message_take(rd_kafka_message_t *message, struct bus_message *ret_message);

#endif
