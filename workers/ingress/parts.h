/* What the ingress is made of, for its own files. */
#ifndef INGRESS_PARTS_H
#define INGRESS_PARTS_H

#include "auth/keyring.h"
#include "auth/token.h"
#include "cache/cache.h"
#include "call.h"
#include "config/config.h"
#include "database.h"
#include "doorkeeper.h"
#include "events.h"
#include "inbox.h"
#include "members.h"
#include "publisher.h"
#include "queries.h"
#include "quota.h"
#include "versions.h"
#include "wall_clock.h"

struct parts {
    const struct config *config;
    struct loop *loop;
    struct call_pool calls;
    struct doorkeeper *doorkeeper;
    struct quota *quota;
    struct keyring *keyring;
    struct cache *cache;
    struct database *database;
    struct wall_clock *clock;
    struct versions *versions;
    struct members *members;
    struct inbox *inbox;
    struct queries *queries;
    struct events *events; /* NULL where config->events_streams is 0 */
    struct publisher *publisher;
    size_t batches; /* under way */
    /* Memory that is used again and again, and so is near: what lies in it is copied away, or gone
     * with the answer, before anything else is begun. */
    struct buf scratch;
    struct arena *records;
};

enum { BATCH_MAX_BYTES = 1 << 20 }; /* of a batch's body */

/* Handlers of routes: they own the call until they answer it. */
void commands_post(struct parts *parts, struct call *call);
void batches_post(struct parts *parts, struct call *call);
void outcomes_get(struct parts *parts, struct call *call);

#endif
