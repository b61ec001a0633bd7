/* Who belongs to which organization: a first answer before a command is published, so that
 * strangers cannot fill a tenant's topic. What a member may do is judged by the worker, in the
 * transaction of the change. Only members are remembered, for `remembered_ms` in the process
 * and in Redis as long as the organization's version stands. */
#ifndef INGRESS_MEMBERS_H
#define INGRESS_MEMBERS_H

#include "cache/cache.h"
#include "database.h"
#include "versions.h"

enum { MEMBERS_CACHED_MS = 600000 };

enum member_answer { MEMBER_NO, MEMBER_YES, MEMBER_UNKNOWN /* the database is away */ };

struct members;

/* NULL without memory. Belongs to the database: freed after it. */
struct members *members_new(struct loop *loop, struct database *database, struct versions *versions,
                            struct cache *cache, int64_t remembered_ms);
void members_free(struct members *members);

/* `told` is called once, perhaps during the call. */
void members_check(struct members *members, struct tenant_id tenant, struct user_id user,
                   void (*told)(void *data, enum member_answer answer), void *data);

#endif
