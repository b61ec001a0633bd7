#include "base/id.h"

#include <errno.h>

#include "base/hex.h"
#include "base/random.h"

/* RFC 9562's text: groups of so many bytes, with hyphens between them. */
static const size_t groups[] = {4, 2, 2, 2, 6};

int uuid_parse(struct span text, struct uuid *ret_uuid)
{
    const char *at = text.data;
    struct uuid uuid;
    uint8_t *to = uuid.bytes;

    if (text.size != UUID_TEXT)
        return -EINVAL;
    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        if ((i > 0 && *at++ != '-') || hex_parse(at, to, groups[i]) < 0)
            return -EINVAL;
        at += 2 * groups[i];
        to += groups[i];
    }
    *ret_uuid = uuid;
    return 0;
}

char *uuid_format(struct uuid uuid, char text[static UUID_TEXT + 1])
{
    char digits[2 * sizeof uuid.bytes], *at = text;
    const char *from = digits;

    hex_format(uuid.bytes, sizeof uuid.bytes, digits);
    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        if (i > 0)
            *at++ = '-';
        memcpy(at, from, 2 * groups[i]);
        at += 2 * groups[i];
        from += 2 * groups[i];
    }
    *at = '\0';
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
