/* A member of a group that reads idpmc.tally.commands, without a lane around it. */
#ifndef SUPPORT_MEMBER_H
#define SUPPORT_MEMBER_H

#include <stdbool.h>

#include "bus/bus_consumer.h"

struct member {
    bool starts; /* it answers each assignment at once, and fails the test where it cannot */
    struct bus_consumer *consumer;
    int assigned, revoked; /* how often; the first is reset by who looks */
    size_t count;          /* of partitions, as the group said last */
};

/* A group that nobody was in, until the next one. */
const char *member_new_group(void);

/* Joins; what came before is forgotten. Fails the test where there is no client. */
void member_join(struct member *member, const char *group);

/* Polls once, and drops what was sent. As bus_consumer_poll. */
int member_look(struct member *member);

#endif
