#include "events_cursor.h"

#include <errno.h>

#include "auth/base64url.h"
#include "auth/seal.h"

/* Sealed: the form's number, the organization, and for each module its name's length and text, the
 * number of its partitions, and their offsets; numbers in groups of seven bits, the lowest first.
 */
enum { FORM = 1, TEXT_MAX = 4096 };

static void add_number(struct buf *out, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        buf_add_char(out, (char)(number | 0x80));
    buf_add_char(out, (char)number);
}

static int take_number(struct span *rest, uint64_t *ret_number)
{
    uint64_t number = 0;

    for (unsigned shift = 0; rest->size && shift < 63; shift += 7) {
        uint8_t byte = (uint8_t)rest->data[0];

        *rest = span_of(rest->data + 1, rest->size - 1);
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_number = number;
            return 0;
        }
    }
    return -EBADMSG;
}

static size_t same_module(struct events_places places, size_t first)
{
    size_t count = 1;

    while (first + count < places.count &&
           strcmp(places.items[first + count].module, places.items[first].module) == 0)
        count++;
    return count;
}

int events_cursor_write(struct tenant_id tenant, struct events_places places,
                        const int64_t *offsets, const uint8_t seal_key[static 32], struct buf *out)
{
    cleanup(buf_deinit) struct buf plain = {0}, sealed = {0};
    size_t count;
    int r;

    buf_add_char(&plain, FORM);
    buf_add(&plain, &tenant, sizeof tenant);
    for (size_t at = 0; at < places.count; at += count) {
        count = same_module(places, at);
        add_number(&plain, strlen(places.items[at].module));
        buf_add_text(&plain, places.items[at].module);
        add_number(&plain, count);
        for (size_t i = 0; i < count; i++)
            add_number(&plain, (uint64_t)offsets[at + i]);
    }
    if (buf_failed(&plain))
        return -ENOMEM;
    r = seal(seal_key, "event cursor", buf_span(&plain), &sealed);
    if (r < 0)
        return r;
    base64url_encode(buf_span(&sealed), out);
    return buf_failed(out) ? -ENOMEM : 0;
}

static size_t find_place(struct events_places places, struct span module, uint64_t partition)
{
    size_t at = 0;

    while (at < places.count && !(span_is(module, places.items[at].module) &&
                                  (uint64_t)places.items[at].partition == partition))
        at++;
    return at;
}

static int take_module(struct span *rest, struct events_places places, int64_t *offsets)
{
    uint64_t size, count, offset;
    struct span module;
    size_t place;

    if (take_number(rest, &size) < 0 || size > rest->size)
        return -EBADMSG;
    module = span_of(rest->data, (size_t)size);
    *rest = span_of(rest->data + size, rest->size - (size_t)size);
    if (take_number(rest, &count) < 0)
        return -EBADMSG;
    for (uint64_t partition = 0; partition < count; partition++) {
        if (take_number(rest, &offset) < 0)
            return -EBADMSG;
        place = find_place(places, module, partition);
        if (place < places.count)
            offsets[place] = (int64_t)offset;
    }
    return 0;
}

int events_cursor_read(struct span text, struct tenant_id tenant, struct events_places places,
                       const uint8_t seal_key[static 32], int64_t *ret_offsets)
{
    cleanup(buf_deinit) struct buf sealed = {0}, plain = {0};
    struct span rest;
    int r = text.size > TEXT_MAX ? -EBADMSG : base64url_decode(text, &sealed);

    if (r == 0)
        r = seal_open(seal_key, "event cursor", buf_span(&sealed), &plain);
    if (r < 0)
        return r == -ENOMEM ? r : -EBADMSG;
    if (plain.size < 1 + sizeof tenant || plain.data[0] != FORM ||
        memcmp(plain.data + 1, &tenant, sizeof tenant) != 0)
        return -EBADMSG;
    for (size_t i = 0; i < places.count; i++)
        ret_offsets[i] = EVENTS_UNKNOWN_OFFSET;
    rest = span_of(plain.data + 1 + sizeof tenant, plain.size - 1 - sizeof tenant);
    while (rest.size && r == 0)
        r = take_module(&rest, places, ret_offsets);
    return r;
}
