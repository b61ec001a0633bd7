/* Counts on counters of the test's own organization, and knows what must come of it: tally's hash
 * tells a double, a loss or an inversion. */
#ifndef SUPPORT_COUNTERS_H
#define SUPPORT_COUNTERS_H

#include "support/letter.h"

enum { COUNTERS = 96 }; /* so many that every partition has some */

struct counters {
    struct tenant_id tenant;
    struct user_id actor;
    struct uuid each[COUNTERS];
    int64_t hash[COUNTERS], sent[COUNTERS]; /* what must come out */
    int64_t total;                          /* commands that must be applied */
};

/* Makes an organization with its one member, and the counters' ids. */
struct counters counters_new(void);

/* A good command for one of the counters, counted as one that will be applied; not posted yet. */
struct letter counters_next(struct counters *counters, size_t counter);

/* Posts so many, to one counter after the other, and waits until Kafka has them. */
void counters_send(struct counters *counters, int count);

/* Has the inbox as many applied commands of the organization as there must be? Waits for it. */
bool counters_applied(const struct counters *counters, int timeout_ms);

/* Waits, then checks everything: each counter's hash and count, outcomes, events on the topic (each
 * at least once, the same id with the same content, in order), an outbox that became empty, and
 * positions at the topic's end. */
void counters_check(const struct counters *counters);

/* The sum of all versions of cached answers, over every counter there is. */
int64_t counters_versions(void);

#endif
