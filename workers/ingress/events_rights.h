/* What the members of an organization may see, read from core's views as part of a round. */
#ifndef INGRESS_EVENTS_RIGHTS_H
#define INGRESS_EVENTS_RIGHTS_H

#include "base/arena.h"
#include "events_visible.h"
#include "pg/pg.h"

/* What a round tells of a member: taken over as a whole, or not at all. */
struct events_rights_reading {
    struct user_id user;
    struct events_rights rights; /* what is owned there is the taker's */
    bool belongs;                /* is a member of the organization */
    bool lacking;                /* there was no memory for the players whom they coach */
};

/* The members of one organization in a round, with the numbers of the answers. */
struct events_rights_group {
    struct tenant_id tenant;
    struct events_rights_reading *readings; /* the user set, all else zero */
    size_t count;
    int members, permissions, coached; /* set by events_rights_queue */
};

/* Queues the statements, in a transaction; the group and `arena` live until the answers are in. 0
 * or more, or negative. */
must_check int events_rights_queue(struct events_rights_group *group,
                                   const struct events_permissions *permissions, struct pg *pg,
                                   struct arena *arena);

/* The answers are in: fills the readings. */
void events_rights_take(struct events_rights_group *group,
                        const struct events_permissions *permissions, struct pg *pg);

#endif
