/* Makes the database refuse what a test names, as a row that somebody keeps locked would: tally's
 * counters, or weights, fail with an SQLSTATE until they are forgiven. */
#ifndef SUPPORT_REFUSAL_H
#define SUPPORT_REFUSAL_H

#include "support/counters.h"

/* Forgives everything; and programs that start from now on try parked messages again within half a
 * second, as often as it takes, and condemn many keys before they stop. */
void refusal_prepare(void);

/* In the place of what the counter failed with before. "gone" ends the connection instead,
 * and counts in the sequence tally.gone. */
void refuse_counter(const struct counters *counters, size_t i, const char *state);
void refuse_weight(int weight, const char *state);
void refusal_end(void);

#endif
