/* Who has streams open in which organization, and what they may do there. Rights are read again
 * whenever core's version of the organization has changed, which is asked for once a second. */
#ifndef INGRESS_EVENTS_AUDIENCE_H
#define INGRESS_EVENTS_AUDIENCE_H

#include "database.h"
#include "events_visible.h"
#include "versions.h"

struct events_stream; /* events_stream.h */
struct events_tenant;

/* Somebody in one organization. Stays as long as there are streams, and a little longer. */
struct events_member {
    struct events_tenant *tenant;
    struct user_id user;
    struct events_rights rights;
    int64_t good_ms; /* the rights were right then, on the loop's clock; 0: never read */
    bool belongs;    /* is a member of the organization */
    bool stale;      /* the rights are to be read again */
    bool wanted;     /* in the next round, */
    bool asked;      /* in the one that is under way */
    struct events_stream *streams;
    size_t stream_count;
    struct events_member *next; /* of the organization */
};

struct events_audience;

/* `changed` is called whenever a member's rights were read, and where they never were (good_ms is
 * 0) and the database does not answer. Belongs to the database: freed after it. NULL without
 * memory. */
struct events_audience *
events_audience_new(struct loop *loop, struct database *database, struct versions *versions,
                    void (*changed)(void *data, struct events_member *member), void *data);
void events_audience_free(struct events_audience *audience); /* NULL is allowed */

/* Finds or makes; NULL without memory. The rights of a new one follow soon. */
struct events_member *events_audience_join(struct events_audience *audience,
                                           struct tenant_id tenant, struct user_id user);

/* The members of an organization, or NULL. */
struct events_member *events_audience_of(const struct events_audience *audience,
                                         struct tenant_id tenant);
struct tenant_id events_member_tenant(const struct events_member *member);

/* Why a member whose rights were read cannot have a stream: the code of a refusal, and the reason
 * of an end. NULL: they can. */
const char *events_member_barred(const struct events_member *member);

/* Streams that a user has, in all organizations. */
size_t events_audience_streams(const struct events_audience *audience, struct user_id user);

/* Calls for every member; who is called may end streams, and nobody is freed meanwhile. */
void events_audience_each(struct events_audience *audience,
                          void (*call)(void *data, struct events_member *member), void *data);

bool events_audience_may_see(const struct events_audience *audience,
                             const struct events_member *member, const struct event *event);

/* Once a second: asks for versions, and forgets who has left. */
void events_audience_tick(struct events_audience *audience);

#endif
