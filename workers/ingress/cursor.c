#include "cursor.h"

#include <errno.h>

#include "auth/base64url.h"
#include "auth/seal.h"

/* As it is sealed. */
struct plain {
    struct digest about;
    struct uuid from;
};

int cursor_write(const struct digest *about, struct uuid from, const uint8_t seal_key[static 32],
                 struct buf *out)
{
    const struct plain plain = {.about = *about, .from = from};
    cleanup(buf_deinit) struct buf sealed = {0};
    int r = seal(seal_key, "page cursor", span_of(&plain, sizeof plain), &sealed);

    if (r < 0)
        return r;
    base64url_encode(buf_span(&sealed), out);
    return buf_failed(out) ? -ENOMEM : 0;
}

int cursor_read(struct span text, const struct digest *about, const uint8_t seal_key[static 32],
                struct uuid *ret_from)
{
    cleanup(buf_deinit) struct buf sealed = {0}, opened = {0};
    struct plain plain;
    int r;

    if (base64url_decode(text, &sealed) < 0)
        return -EBADMSG;
    r = seal_open(seal_key, "page cursor", buf_span(&sealed), &opened);
    if (r < 0)
        return r;
    if (opened.size != sizeof plain)
        return -EBADMSG;
    memcpy(&plain, opened.data, sizeof plain);
    if (!digest_equal(&plain.about, about))
        return -EBADMSG;
    *ret_from = plain.from;
    return 0;
}
