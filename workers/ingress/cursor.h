/* Where the next page of a query begins, sealed: opaque to its bearer, and of no use with another
 * tenant, query or parameters. */
#ifndef INGRESS_CURSOR_H
#define INGRESS_CURSOR_H

#include "auth/digest.h"
#include "base/buf.h"
#include "base/id.h"

/* `about` is the digest of what is asked, `from` the key of the next page's first row. Appends
 * base64url text. 0 or -ENOMEM. */
must_check int cursor_write(const struct digest *about, struct uuid from,
                            const uint8_t seal_key[static 32], struct buf *out);

/* 0; -EBADMSG: forged, cut, or of another question; -ENOMEM. */
must_check int cursor_read(struct span text, const struct digest *about,
                           const uint8_t seal_key[static 32], struct uuid *ret_from);

#endif
