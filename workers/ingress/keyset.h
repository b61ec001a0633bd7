/* The keys of one issuer: its secret, and its key set from a file or a URL, which is read again at
 * intervals, and sooner when a token names a key that is not in it. The last good set is kept where
 * reading fails. The loop's thread only. */
#ifndef INGRESS_KEYSET_H
#define INGRESS_KEYSET_H

#include "auth/token.h"
#include "codec/json.h"
#include "config/config.h"
#include "fetch/fetch.h"

struct keyset;

enum {
    KEYSET_RETRY_MS = 10000,          /* after a failure, and between readings for unknown keys */
    KEYSET_WAIT_MS = 2000,            /* nobody waits longer for a key */
    KEYSET_BYTES_MAX = JSON_MAX_BYTES /* of a key set */
};

struct keyset_events {
    /* The keys are others now; the receiver owns them. Never called during keyset_new. */
    void (*renewed)(void *data, struct token_keys *keys);
    /* A fetch that keyset_ask said to wait for is over, or has taken too long. */
    void (*settled)(void *data);
};

/* The issuer, the fetcher and the events are borrowed until keyset_free. A file is read at once; a
 * URL is fetched from now on. 0 with the first keys, which the caller owns (without a key set's
 * where that has to be fetched); -EINVAL with a sentence in `error`; -ENOMEM. */
must_check int keyset_new(struct loop *loop, struct fetch *fetch,
                          const struct config_issuer *issuer, int64_t refresh_s,
                          const struct keyset_events *events, void *data,
                          struct keyset **ret_keyset, struct token_keys **ret_keys,
                          struct buf *error);
void keyset_free(struct keyset *keyset); /* NULL is allowed */

/* Can what is named without a URL be used? 0, or negative with a sentence in `error`. */
must_check int keyset_check(const struct config_issuer *issuer, struct buf *error);

/* Has the key set been read at least once? */
bool keyset_is_there(const struct keyset *keyset);

/* A token names a key that is not known: reads the set again, unless that was done a moment ago.
 * True: it is under way, and `settled` will say when to look again. A flood of such tokens causes
 * one reading in KEYSET_RETRY_MS. */
bool keyset_ask(struct keyset *keyset);

/* Reads it again now. */
void keyset_refresh(struct keyset *keyset);

#endif
