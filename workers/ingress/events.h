/* GET /v1/events: what happens in an organization, as a stream of server-sent events. */
#ifndef INGRESS_EVENTS_H
#define INGRESS_EVENTS_H

#include "call.h"

struct events;
struct parts; /* parts.h */

/* NULL without memory. Reads nothing before somebody listens. Freed after the database, but before
 * the server and the pool of calls. */
struct events *events_new(struct parts *parts);
void events_free(struct events *events); /* NULL is allowed */

/* Owns the call until it is answered. */
void events_get(struct events *events, struct call *call);

/* Takes the fleet's keys of parts->config. 0; negative: it goes on with those that it had. */
must_check int events_reload(struct events *events);

/* Nobody new is let in; open streams are told by the server when it drains. */
void events_stop(struct events *events);

#endif
