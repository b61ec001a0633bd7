/* What became of commands, read from the modules' inboxes for all who want to know in one round.
 * Who waits is asked for again soon, then more seldom, until the outcome is there or the time is
 * up. */
#ifndef INGRESS_INBOX_H
#define INGRESS_INBOX_H

#include "auth/digest.h"
#include "base/date.h"
#include "codec/message.h"
#include "database.h"

/* Values of an inbox row's outcome; from 1 the contract's reject codes. */
enum { OUTCOME_APPLIED = 0, OUTCOME_FAILED = -1, OUTCOME_PARKED = -2 };

struct inbox_row {
    struct digest digest;
    int32_t outcome;
    struct timestamp decided_at;
};

struct inbox;
struct inbox_ask;

/* NULL without memory. Belongs to the database: freed after it. Who waits then is told that the
 * database did not answer. */
struct inbox *inbox_new(struct loop *loop, struct database *database);
void inbox_free(struct inbox *inbox);

/* What is asked for. */
struct inbox_key {
    const char *module;
    struct tenant_id tenant;
    struct user_id actor;
    struct message_id id;
};

/* Asks, and again until `wait_ms` is over (0: once). `told` is called later and once: 0 with the
 * row, or with NULL where there is none (yet); -EIO where the database did not answer a single
 * time. NULL without memory, and nothing is called. */
struct inbox_ask *inbox_wait(struct inbox *inbox, const struct inbox_key *key, int64_t wait_ms,
                             void (*told)(void *data, int result, const struct inbox_row *row),
                             void *data);

/* The time is up: `told` follows soon. */
void inbox_hurry(struct inbox_ask *ask);

#endif
