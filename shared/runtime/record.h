/* Messages as Kafka records: how one is made, signed, and kept in the outbox. The wire's names are
 * those of docs/reference/wire.md. */
#ifndef RUNTIME_RECORD_H
#define RUNTIME_RECORD_H

#include "auth/keyring.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/date.h"
#include "bus/bus.h"
#include "codec/message.h"
#include "trace/trace.h"

#define CONTENT_MSGPACK "application/vnd.msgpack"
#define CONTENT_JSON "application/json"

/* What a message says of itself. Borrowed until record_build returns. */
struct record_fields {
    const struct message *message;
    struct tenant_id tenant;
    struct uuid aggregate;
    struct message_id id;
    const char *worker; /* who publishes: "ingress", "mc" */
    struct span actor;  /* "user:<uuid>", ... */
    struct timestamp time;
    struct span value;                                /* MessagePack */
    const struct digest *digest;                      /* of the value; NULL: not known yet */
    const struct trace *trace;                        /* NULL: none */
    const struct message_id *causation, *correlation; /* NULL: none */
    int64_t source_offset; /* events: makes ce_sequence with `place`; -1: none */
    unsigned place;
};

/* A signed record in the arena. 0 or -ENOMEM. */
must_check int record_build(const struct record_fields *fields, const struct keyring_key *signer,
                            struct arena *arena, struct bus_record *ret_record);

/* "idpmc.mc.commands" or "idpmc.mc.events". */
char *record_topic(const struct message *message, char text[static BUS_TOPIC_BYTES]);

/* Records one behind the other, as the outbox keeps them, with ids and digests squeezed. Unpack: 1
 * with the next record (its headers, and what was squeezed, in the arena), 0 at the end, -EBADMSG,
 * -ENOMEM. `rest` moves on. */
void record_pack(const struct bus_record *record, struct buf *out);
must_check int record_unpack(struct span *rest, struct arena *arena, struct bus_record *ret_record);

/* Headers alone and as they are, as the tables of parked messages and of dead letters keep them.
 * Unpack gives headers in the arena that borrow from `packed`. Their number, -EBADMSG, or -ENOMEM.
 */
struct span record_keep_headers(const struct bus_header *headers, size_t count,
                                struct arena *arena); /* data NULL without memory */
must_check int record_unpack_headers(struct span packed, struct arena *arena,
                                     const struct bus_header **ret_headers);

#endif
