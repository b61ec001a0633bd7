#include "base/id.h"

#include <errno.h>

#include "base/hex.h"
#include "base/random.h"

/* RFC 9562's text: five groups of digits with hyphens between them. */
int uuid_parse(struct span text, struct uuid *ret_uuid)
{
    char digits[2 * sizeof ret_uuid->bytes];
    const char *at = text.data;
    struct uuid uuid;

    if (text.size != UUID_TEXT || at[8] != '-' || at[13] != '-' || at[18] != '-' || at[23] != '-')
        return -EINVAL;
    memcpy(digits, at, 8);
    memcpy(digits + 8, at + 9, 4);
    memcpy(digits + 12, at + 14, 4);
    memcpy(digits + 16, at + 19, 4);
    memcpy(digits + 20, at + 24, 12);
    if (hex_parse(digits, uuid.bytes, sizeof uuid.bytes) < 0)
        return -EINVAL;
    *ret_uuid = uuid;
    return 0;
}

char *uuid_format(struct uuid uuid, char text[static UUID_TEXT + 1])
{
    char digits[2 * sizeof uuid.bytes];

    hex_format(uuid.bytes, sizeof uuid.bytes, digits);
    text[8] = text[13] = text[18] = text[23] = '-';
    memcpy(text, digits, 8);
    memcpy(text + 9, digits + 8, 4);
    memcpy(text + 14, digits + 12, 4);
    memcpy(text + 19, digits + 16, 4);
    memcpy(text + 24, digits + 20, 12);
    text[UUID_TEXT] = '\0';
    return text;
}

static struct uuid with_version(struct uuid uuid, unsigned version)
{
    uuid.bytes[6] = (uint8_t)((uuid.bytes[6] & 0x0f) | version << 4);
    uuid.bytes[8] = (uint8_t)((uuid.bytes[8] & 0x3f) | 0x80);
    return uuid;
}

struct uuid uuid_v7(int64_t now_ms)
{
    struct uuid uuid;

    for (int i = 0; i < 6; i++)
        uuid.bytes[i] = (uint8_t)(now_ms >> (40 - 8 * i));
    random_fill(uuid.bytes + 6, 10);
    return with_version(uuid, 7);
}

struct uuid uuid_v8(const uint8_t digest[static 16])
{
    struct uuid uuid;

    memcpy(uuid.bytes, digest, sizeof uuid.bytes);
    return with_version(uuid, 8);
}
