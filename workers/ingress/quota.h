/* How much a user and an organization may send: a token bucket for each, one for all ingresses
 * together. A request costs its user one token, and a command its organization one, or both what
 * its contract says; a batch as many as its commands. Nothing waits for Redis: the decision falls
 * in this process's own bucket, which tells the shared one what it has taken, soon and in few
 * messages, and learns what others took. While Redis is away each ingress counts for itself. The
 * loop's thread only. */
#ifndef INGRESS_QUOTA_H
#define INGRESS_QUOTA_H

#include "base/bucket.h"
#include "cache/cache.h"
#include "call.h"
#include "config/config.h"

struct quota;

/* Whose bucket. */
enum quota_of { QUOTA_USER = 1, QUOTA_ORGANIZATION = 2 };

/* NULL without memory. The cache tells the quota's last questions when it is freed: it goes
 * first. */
struct quota *quota_new(struct loop *loop, const struct config *config, struct cache *cache);
void quota_free(struct quota *quota); /* NULL is allowed */

/* From now on these limits. */
void quota_reload(struct quota *quota, const struct config *config);

/* Takes `cost` tokens of each that `of` names (enum quota_of, or'd), or of none: then the problem
 * that says so, in the call's memory. NULL: they are taken. `paid` of them were taken before, by
 * who could not know yet how many it would be; those stay taken where the others are refused. The
 * organization is call->tenant, and the caller knows that the user belongs to it. The answer's
 * header fields tell what is left. */
const struct http_problem *quota_take(struct quota *quota, struct call *call, unsigned of,
                                      int64_t cost, int64_t paid);

/* Would a request of the user find a token now? For who asks before it has come whole. */
bool quota_admits(struct quota *quota, struct user_id user);

#endif
