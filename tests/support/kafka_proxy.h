/* Stands between a program and Kafka and, when told to, lets what it asks for messages go astray,
 * or damages what it sends: everything else is answered, so that the program's client believes that
 * all is well. One a program; it runs in a thread of its own. */
#ifndef SUPPORT_KAFKA_PROXY_H
#define SUPPORT_KAFKA_PROXY_H

#include <stdbool.h>

/* The setting that leads a program through it: "IDPMC_KAFKA_BROKERS=127.0.0.1:PORT". */
const char *kafka_proxy_start(void);

/* From now on requests for messages (the protocol's Fetch) are swallowed, or are not. */
void kafka_proxy_swallow(bool swallow);

/* The next request that brings messages (the protocol's Produce) for the topic arrives damaged, so
 * that the broker refuses it; the client is told that the broker does not lead the partition, as
 * one says that has just been started, and will try again. It hears of that when another such
 * request is under way, or after a second. */
void kafka_proxy_damage(const char *topic);

/* Was one damaged since? */
bool kafka_proxy_damaged(void);

/* How many connections to the broker were made, and how many requests were swallowed. */
int kafka_proxy_connections(void);
int kafka_proxy_swallowed(void);

#endif
