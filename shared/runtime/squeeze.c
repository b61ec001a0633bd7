#include "runtime/squeeze.h"

#include "base/hex.h"
#include "base/id.h"

/* What a shape consists of: words as they are, and $U for a UUID, $L for the digits of 32 bytes, $M
 * of 16, $S of 8, $C of one. Their numbers are in the outbox of every database: new ones come at
 * the end. */
static const struct shape {
    const char *form;
    size_t text_size, size;
} shapes[] = {
    {"", 0, 0},            /* SQUEEZE_PLAIN */
    {"$U", UUID_TEXT, 16}, /* ce_id, ce_tenant, ... */
    {"$U/$U", 2 * UUID_TEXT + 1, 32} /* a record's key */,
    {"user:$U", 5 + UUID_TEXT, 16}, /* ce_actor */
    {"$L", 64, 32},                 /* ce_mac */
    {"00-$M-$S-$C", 55, 25},        /* traceparent */
};

/* Bytes that a $ stands for. */
static size_t width_of(char kind)
{
    switch (kind) {
    case 'L':
        return 32;
    case 'M':
    case 'U':
        return 16;
    case 'S':
        return 8;
    default:
        return 1;
    }
}

static bool read_form(const char *form, const char *text, uint8_t *bytes)
{
    struct uuid uuid;

    for (; *form; form++) {
        if (*form != '$') {
            if (*text++ != *form)
                return false;
            continue;
        }
        form++;
        if (*form == 'U') {
            if (uuid_parse(span_of(text, UUID_TEXT), &uuid) < 0)
                return false;
            memcpy(bytes, uuid.bytes, sizeof uuid.bytes);
            text += UUID_TEXT;
        } else {
            if (hex_parse(text, bytes, width_of(*form)) < 0)
                return false;
            text += 2 * width_of(*form);
        }
        bytes += width_of(*form);
    }
    return true;
}

unsigned squeeze(struct span text, char bytes[static SQUEEZE_BYTES], size_t *ret_size)
{
    for (unsigned i = SQUEEZE_PLAIN + 1; i < COUNT_OF(shapes); i++) {
        if (text.size != shapes[i].text_size)
            continue;
        if (!read_form(shapes[i].form, text.data, (uint8_t *)bytes))
            return SQUEEZE_PLAIN;
        *ret_size = shapes[i].size;
        return i;
    }
    return SQUEEZE_PLAIN;
}

size_t squeeze_text_size(unsigned shape, size_t *ret_size)
{
    if (shape == SQUEEZE_PLAIN || shape >= COUNT_OF(shapes))
        return 0;
    *ret_size = shapes[shape].size;
    return shapes[shape].text_size;
}

void squeeze_stretch(unsigned shape, const char *bytes, char *text)
{
    char uuid_text[UUID_TEXT + 1];
    struct uuid uuid;

    for (const char *form = shapes[shape].form; *form; form++) {
        if (*form != '$') {
            *text++ = *form;
            continue;
        }
        form++;
        if (*form == 'U') {
            memcpy(uuid.bytes, bytes, sizeof uuid.bytes);
            memcpy(text, uuid_format(uuid, uuid_text), UUID_TEXT);
            text += UUID_TEXT;
        } else {
            text = hex_format((const uint8_t *)bytes, width_of(*form), text);
        }
        bytes += width_of(*form);
    }
}
