/* Strict base64url without padding (RFC 4648 section 5), for tokens. Any thread. */
#ifndef AUTH_BASE64URL_H
#define AUTH_BASE64URL_H

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"

/* Appends the bytes to `out`. 0, -EINVAL (padding, white space, another alphabet, a length that
 * cannot be, or bits behind the last byte that are not zero: one text for one value), -ENOMEM. On
 * failure nothing was appended. */
must_check int base64url_decode(struct span text, struct buf *out);

/* Appends the text to `out`, which tells whether memory was there. */
void base64url_encode(struct span bytes, struct buf *out);

#endif
