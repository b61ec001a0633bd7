/* Text that only the holder of a secret can read or make: an outcome's token carries ids through
 * the hands of clients. Any thread. */
#ifndef AUTH_SEAL_H
#define AUTH_SEAL_H

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"

enum { SEAL_SECRET_BYTES = 32, SEAL_EXTRA_BYTES = 32 }; /* sealed is so much longer than plain */

/* AES-256-GCM under a key of this text alone: HKDF-SHA256 (RFC 5869) of the secret, 16 random
 * bytes, which stand in front, and the purpose, so that what was sealed for one (a word or two)
 * opens for no other. Both append to `out`, and nothing on failure. 0 or -ENOMEM, resp. -EBADMSG
 * for anything forged, changed or cut, or sealed for another purpose. */
must_check int seal(const uint8_t secret[static SEAL_SECRET_BYTES], const char *purpose,
                    struct span plain, struct buf *out);
must_check int seal_open(const uint8_t secret[static SEAL_SECRET_BYTES], const char *purpose,
                         struct span sealed, struct buf *out);

#endif
