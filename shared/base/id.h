/* UUIDs (RFC 9562), and the struct types that keep one kind of id from being taken for another. */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"
#include "base/span.h"

enum { UUID_TEXT = 36 }; /* characters of a UUID's text, without a NUL */

struct uuid {
    uint8_t bytes[16];
};

/* The ids that the shared code itself speaks of. Contracts add their own (`of: habit` makes struct
 * habit_id); all have this one member, so that `x.uuid` is the way out of the type. */
struct tenant_id {
    struct uuid uuid;
};
struct user_id {
    struct uuid uuid;
};
struct message_id {
    struct uuid uuid;
};

/* Reads 36 characters in lower case only. 0, or -EINVAL (then *ret_uuid is untouched). */
must_check int uuid_parse(struct span text, struct uuid *ret_uuid);

/* Writes 36 lower-case characters and a NUL. Returns `text`. */
char *uuid_format(struct uuid uuid, char text[static UUID_TEXT + 1]);

/* A fresh UUIDv7: 48 bits of `now_ms` (Unix time), 74 random bits from getrandom(2), buffered a
 * thread. Any thread. */
struct uuid uuid_v7(int64_t now_ms);

/* Sets version 8 and the variant in 16 bytes that came from a digest. */
struct uuid uuid_v8(const uint8_t digest[static 16]);

static inline int uuid_cmp(struct uuid a, struct uuid b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes);
}

static inline bool uuid_equal(struct uuid a, struct uuid b)
{
    return uuid_cmp(a, b) == 0;
}

static inline bool uuid_is_nil(struct uuid a)
{
    return uuid_equal(a, (struct uuid){{0}});
}

#endif
