/* What an operator may do to topics, rightly or not. */
#ifndef SUPPORT_BROKER_H
#define SUPPORT_BROKER_H

#include <stdbool.h>
#include <stdint.h>

/* Each fails the test where Kafka refuses. */
void broker_delete_topic(const char *topic);
void broker_delete_records(const char *topic, int32_t partition,
                           int64_t before); /* retention's way */

/* Waits until Kafka knows, or does not know, the topic. */
void broker_await_topic(const char *topic, bool there);

#endif
