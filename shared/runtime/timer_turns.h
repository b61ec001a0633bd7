/* Whose turn it is to be asked what is due. A timer asks tenant by tenant, and with thousands of
 * them not all in one look: first those whose date has changed, and those where something was due;
 * then the others in turn. Pure; it belongs to one thread. */
#ifndef RUNTIME_TIMER_TURNS_H
#define RUNTIME_TIMER_TURNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/date.h"
#include "base/id.h"

struct turn {
    struct tenant_id tenant;
    struct date today; /* as the last list had it */
    struct date asked; /* the date for which it was asked last */
    int64_t asked_ms;  /* and when (monotonic); 0: never */
    bool due;          /* something was due then, so more may be */
};

/* All zeroes is one without tenants. */
struct turns {
    struct turn *list; /* in the order of their tenants */
    size_t count;
    size_t next[3]; /* where the next pick begins: of new dates, of what may be due, of anybody */
};

/* These are the tenants now, in ascending order, of whom `tenant` and `today` count; what is known
 * of one that was there before is kept. 0; or -ENOMEM, and all is as it was. */
must_check int turns_list(struct turns *turns, const struct turn *tenants, size_t count);

/* Picks whom to ask now, `most` at most, and marks them as asked; nobody is asked again within
 * `interval_ms` but for a new date. The pointers hold until turns_list. *ret_more: there are others
 * whose date has changed. */
size_t turns_pick(struct turns *turns, int64_t now_ms, int64_t interval_ms, size_t most,
                  struct turn **ret_picked, bool *ret_more);

void turns_forget(struct turns *turns); /* frees: nobody was asked ever */

#endif
