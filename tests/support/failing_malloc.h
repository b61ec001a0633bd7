/* Memory that runs out when a test says so. A test whose name ends in _memory, and a worker's
 * program whose name ends in -malloc, are linked so that their own allocations come here: those of
 * the heap, and each of an arena as if it took memory of its own. Libraries allocate as ever, but
 * for those that are given a function of ours. */
#ifndef SUPPORT_FAILING_MALLOC_H
#define SUPPORT_FAILING_MALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* Fails this thread's `nth` allocation from here, counted from 1, and with `all_after` each one
 * behind it. */
void failing_malloc_arm(size_t nth, bool all_after);

/* Ends that. Did any fail? */
bool failing_malloc_disarm(void);

/* A program takes its plan from the environment instead. FAILING_MALLOC=300:FILE fails 300
 * allocations of threads that are not the first one, some after the other: now soon, now late after
 * the one before. Then it writes FILE, and no more fail. */

#endif
