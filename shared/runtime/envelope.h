/* A message as it came, proven and decoded: who says what, for whom, since when. */
#ifndef RUNTIME_ENVELOPE_H
#define RUNTIME_ENVELOPE_H

#include "auth/keyring.h"
#include "base/arena.h"
#include "bus/bus_consumer.h"
#include "codec/codec.h"
#include "runtime/worker.h"
#include "trace/trace.h"

/* Why a message is a dead letter. */
enum dead_cause {
    DEAD_NONE,
    DEAD_UNDECODABLE,   /* headers or body break the wire's or the contract's form */
    DEAD_MISSING_PROOF, /* no MAC, or no key id */
    DEAD_WRONG_PROOF,   /* unknown or revoked key, wrong MAC, or a key that may not say this */
    DEAD_WRONG_KEY,     /* the record key or partition is not the one that its body derives */
    DEAD_UNKNOWN_TYPE,  /* nobody here handles this type or version */
    DEAD_OVERSIZED,
    DEAD_TOO_OLD,   /* its time is before what the inbox remembers */
    DEAD_TOO_NEW,   /* its time is after the broker's by more than clocks may differ */
    DEAD_ID_REUSED, /* the same id came before with another payload */
    DEAD_CULPRIT,   /* its own data makes its transaction fail */
    DEAD_CRASH,     /* each time that it was tried, the process died */
    DEAD_EXHAUSTED, /* parked, and tried again in vain as often as the settings say */
};
const char *dead_cause_name(enum dead_cause cause); /* "undecodable", ... */

enum {
    INBOX_RETENTION_DAYS = 30,
    CLOCK_AHEAD_S = 300,
    DETAIL_BYTES = 320,
};

struct envelope {
    struct bus_header headers[BUS_MAX_HEADERS];
    size_t header_count;
    const struct message *message;
    struct tenant_id tenant;
    struct message_id id;
    struct message_id correlation; /* what started it all: its own id where no header says */
    struct actor actor;
    struct timestamp time;
    struct span content_type;
    struct trace trace;
    bool has_trace;
    bool unknown_key; /* ce_keyid names none of ours: one that was added a moment ago, perhaps */
    bool proven;      /* the MAC holds: tenant and id may be believed */
    struct digest digest; /* of the value */
    struct uuid aggregate;
    uint32_t key_hash; /* murmur2 of the record key */
    const void *body;
};

/* What an envelope is judged by. */
struct envelope_rules {
    const struct keyring *keys;
    int32_t partitions; /* of the topic */
    struct timestamp now;
    bool remembered; /* the inbox has it for certain: it is not too old */
    enum dead_cause condemned; /* not DEAD_NONE: it is a dead letter for this, and only proven: what
                                  is suspected of crashing its reader is not decoded */
};

/* The type header of a message, or an empty span; for topics whose other types are nobody's
 * business here. */
struct span envelope_type(const struct bus_message *message);

/* The inbox may have forgotten what was decided of a message with this time. */
static inline bool envelope_is_too_old(struct timestamp time, struct timestamp now)
{
    return now.us - time.us > (int64_t)INBOX_RETENTION_DAYS * 86400 * 1000000;
}

/* Checks everything and decodes. DEAD_NONE, or the cause with a sentence in `detail`; what could be
 * read and proven until then stands in *ret_envelope. The spans borrow from the message, the body
 * lies in the arena. -ENOMEM. */
must_check int envelope_open(const struct bus_message *message, const struct envelope_rules *rules,
                             struct arena *arena, struct envelope *ret_envelope,
                             char detail[static DETAIL_BYTES]);

#endif
