/* Who comes in: the bearer token, and the organization that the request is about. */
#ifndef INGRESS_DOORKEEPER_H
#define INGRESS_DOORKEEPER_H

#include "call.h"
#include "config/config.h"

struct doorkeeper;

/* Reads the keys that the config names (blocks on the file). 0; -EINVAL with a sentence in
 * `error`; -ENOMEM. */
must_check int doorkeeper_new(const struct config *config, struct doorkeeper **ret_doorkeeper,
                              struct buf *error);
void doorkeeper_free(struct doorkeeper *doorkeeper); /* NULL is allowed */

/* True: the call has its user, and its organization if the request names one. False: it has been
 * answered. */
bool doorkeeper_admit(struct doorkeeper *doorkeeper, struct call_pool *pool, struct call *call);

/* True: the call has an organization. False: it has been answered. */
bool doorkeeper_wants_tenant(struct call_pool *pool, struct call *call);

#endif
