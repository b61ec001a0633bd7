/* Who comes in: the bearer token, and the organization that the request is about. */
#ifndef INGRESS_DOORKEEPER_H
#define INGRESS_DOORKEEPER_H

#include "call.h"
#include "config/config.h"

struct doorkeeper;

/* Reads the keys of the config's issuers: files at once (this blocks), URLs from now on. The config
 * is borrowed until doorkeeper_free. 0; -EINVAL with a sentence in `error`; -ENOMEM. */
must_check int doorkeeper_new(struct loop *loop, const struct config *config,
                              struct call_pool *pool, struct doorkeeper **ret_doorkeeper,
                              struct buf *error);
void doorkeeper_free(struct doorkeeper *doorkeeper); /* NULL is allowed */

/* True: the call has its user. False: the call is gone. It has been answered, or its token names a
 * key that is not known yet: then its exchange's handler is called again, once, when the issuer's
 * keys have been read again. */
bool doorkeeper_admit(struct doorkeeper *doorkeeper, struct call *call);

/* Will doorkeeper_admit let the request in, as far as its head can tell? It is not answered and
 * costs no try. With true, *ret_user is its user, or unchanged where the token's key is not known
 * yet. */
bool doorkeeper_expects(struct doorkeeper *doorkeeper, const struct http_exchange *exchange,
                        struct user_id *ret_user);

/* Have the keys of each issuer been read at least once? If not, whose are away is appended. */
bool doorkeeper_ready(const struct doorkeeper *doorkeeper, struct buf *away);

/* Reads all key sets again, now. What cannot be read stays as it was. */
void doorkeeper_reload(struct doorkeeper *doorkeeper);

/* True: the call has its organization if the request names one. False: it has been answered. */
bool doorkeeper_reads_tenant(struct call_pool *pool, struct call *call);

/* True: the call has an organization. False: it has been answered. */
bool doorkeeper_wants_tenant(struct call_pool *pool, struct call *call);

#endif
