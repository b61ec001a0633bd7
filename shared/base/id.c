#include "base/id.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

/* Where the hyphens of RFC 9562's text stand. */
static bool is_hyphen_place(size_t place)
{
    return place == 8 || place == 13 || place == 18 || place == 23;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

int uuid_parse(struct span text, struct uuid *ret_uuid)
{
    struct uuid uuid;
    size_t at = 0;

    if (text.size != UUID_TEXT)
        return -EINVAL;
    for (size_t i = 0; i < sizeof uuid.bytes; i++) {
        int high, low;

        if (is_hyphen_place(at) && text.data[at++] != '-')
            return -EINVAL;
        high = hex_digit(text.data[at++]);
        low = hex_digit(text.data[at++]);
        if (high < 0 || low < 0)
            return -EINVAL;
        uuid.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *ret_uuid = uuid;
    return 0;
}

char *uuid_format(struct uuid uuid, char text[static UUID_TEXT + 1])
{
    static const char hex[] = "0123456789abcdef";
    size_t at = 0;

    for (size_t i = 0; i < sizeof uuid.bytes; i++) {
        if (is_hyphen_place(at))
            text[at++] = '-';
        text[at++] = hex[uuid.bytes[i] >> 4];
        text[at++] = hex[uuid.bytes[i] & 15];
    }
    text[at] = '\0';
    return text;
}

/* getrandom gives up to 256 bytes whole or not at all; without entropy an id would repeat. */
static void random_bytes(void *bytes, size_t size)
{
    static _Thread_local uint8_t pool[256];
    static _Thread_local size_t left;

    if (left < size) {
        while (getrandom(pool, sizeof pool, 0) != sizeof pool)
            if (errno != EINTR)
                abort();
        left = sizeof pool;
    }
    left -= size;
    memcpy(bytes, pool + left, size);
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
    random_bytes(uuid.bytes + 6, 10);
    return with_version(uuid, 7);
}

struct uuid uuid_v8(const uint8_t digest[static 16])
{
    struct uuid uuid;

    memcpy(uuid.bytes, digest, sizeof uuid.bytes);
    return with_version(uuid, 8);
}
