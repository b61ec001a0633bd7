/* The secrets that sign and prove messages, by key id: the fleet's own and those of outside
 * producers. A ring is filled, then only read; whoever reloads makes a new one and swaps it in. It
 * belongs to one thread, so there are no locks. */
#ifndef AUTH_KEYRING_H
#define AUTH_KEYRING_H

#include <stdbool.h>

#include "auth/digest.h"
#include "base/date.h"

enum { KEY_ID_BYTES = 64, KEYRING_MAX_KEYS = 4096 };

enum keyring_kind { KEYRING_FLEET, KEYRING_PRODUCER };

struct keyring_key {
    char id[KEY_ID_BYTES + 1];
    enum keyring_kind kind;
    struct mac_key mac;
    struct tenant_id *tenants; /* PRODUCER: those it may speak for */
    size_t tenant_count;
    char **types; /* PRODUCER: the types it may send */
    size_t type_count;
    bool revoked;
    struct timestamp revoked_at;
};

struct keyring;

struct keyring *keyring_new(void); /* NULL without memory */
void keyring_free(struct keyring *ring);

/* A key id: 1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-". */
bool keyring_id_is_valid(struct span id);

/* One of the fleet's keys, copied; the first that is added signs. 0; -EINVAL: the id is no key id;
 * -EEXIST; -ENOSPC; -ENOMEM. */
must_check int keyring_add_fleet(struct keyring *ring, struct span id,
                                 const uint8_t secret[static MAC_KEY_BYTES]);

/* A producer's credential, as platform.producers has it; everything is copied. 0;
 * -EINVAL: the id is no key id, or the secret not of
 * MAC_KEY_BYTES; -EEXIST; -ENOSPC; -ENOMEM. */
struct keyring_producer {
    struct span id, secret;
    const struct tenant_id *tenants;
    size_t tenant_count;
    const struct span *types;
    size_t type_count;
    bool revoked;
    struct timestamp revoked_at;
};
must_check int keyring_add_producer(struct keyring *ring, const struct keyring_producer *producer);

/* NULL: no such key. */
const struct keyring_key *keyring_find(const struct keyring *ring, struct span id);

/* The fleet's key that signs; NULL in a ring without one. */
const struct keyring_key *keyring_signer(const struct keyring *ring);

/* May the key speak for this tenant with this type ("mc.record-check.v1")? The fleet's always. */
bool keyring_allows(const struct keyring_key *key, struct tenant_id tenant, struct span type);

/* Was the key in force when the broker appended the message? */
bool keyring_in_force(const struct keyring_key *key, struct timestamp appended);

#endif
