/* What an operator may do to topics, rightly or not. */
#ifndef SUPPORT_BROKER_H
#define SUPPORT_BROKER_H

#include <stdbool.h>
#include <stdint.h>

/* Each fails the test where Kafka refuses. */
void broker_delete_topic(const char *topic);
void broker_delete_records(const char *topic, int32_t partition,
                           int64_t before); /* retention's way */

/* From now on the dead letters' topic takes a batch of records up to that size only, and is as
 * `fleetctl topics` makes it otherwise. */
void broker_limit_dlq(const char *topic, int most_bytes);

/* Stops or continues the broker's process, as SIGSTOP and SIGCONT do. */
void broker_signal(int number);

/* Waits until Kafka knows, or does not know, the topic. */
void broker_await_topic(const char *topic, bool there);

#endif
