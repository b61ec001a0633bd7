/* SHA-256 and HMAC-SHA256 over framed text, and the ids that derive from them
 * (docs/reference/wire.md). Any thread. A process whose OpenSSL cannot hash, for want of memory,
 * ends: a wrong digest would be worse. */
#ifndef AUTH_DIGEST_H
#define AUTH_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/id.h"
#include "base/span.h"

enum { DIGEST_BYTES = 32, DIGEST_TEXT = 64, MAC_KEY_BYTES = 32 };

struct digest {
    uint8_t bytes[DIGEST_BYTES];
};

struct digest digest_of(struct span bytes); /* SHA-256 */
char *digest_format(const struct digest *digest,
                    char text[static DIGEST_TEXT + 1]); /* lower-case hex */
must_check int digest_parse(struct span text,
                            struct digest *ret_digest); /* 64 lower-case hex digits; 0 or -EINVAL */

/* What a MAC proves, in this order, each part preceded by its length as a 4-byte big-endian number;
 * the text begins with "idpmc1". */
struct mac_fields {
    struct span topic, key, id, type, tenant, actor, time, content_type;
    struct digest payload;
};

/* HMAC-SHA256 over the fields with a secret of MAC_KEY_BYTES. */
struct digest mac_of(const uint8_t secret[static MAC_KEY_BYTES], const struct mac_fields *fields);

/* A secret that is made ready once, for who signs or verifies many messages: mac_with then costs
 * the hashing and no key schedule. Belongs to one thread at a time. */
struct mac_key {
    struct evp_mac_ctx_st *context; /* owned */
};
must_check int mac_key_init(struct mac_key *key,
                            const uint8_t secret[static MAC_KEY_BYTES]); /* 0 or -ENOMEM */
void mac_key_deinit(struct mac_key *key); /* legal twice, and on a zeroed key */
struct digest mac_with(const struct mac_key *key, const struct mac_fields *fields);

/* Compares in constant time. */
bool digest_equal(const struct digest *a, const struct digest *b);

/* A derived id: UUIDv8 of the first 16 bytes of SHA-256 over "idpmc1", `word` and the parts, framed
 * as for the MAC. */
struct uuid derive_id(const char *word, const struct span *parts, size_t count);

/* The id of a keyed command, of what a message caused (event or command; `place` counts from 0 in
 * order of emission), of a tick and of an organization. `module`, `type` and `actor` are the wire's
 * texts. */
struct message_id derive_command(const char *module, struct tenant_id tenant, struct span actor,
                                 const char *type, struct span key);
struct message_id derive_caused(const char *module, struct tenant_id tenant,
                                struct message_id cause, unsigned place);
struct message_id derive_tick(const char *module, struct tenant_id tenant, const char *type,
                              struct span about);
struct tenant_id derive_organization(struct span issuer, struct user_id subject,
                                     struct message_id command);

#endif
