/* How far somebody has read: the next offset of each partition of the modules' events, sealed. It
 * is the `id` of a streamed event, and the same on every ingress. */
#ifndef INGRESS_EVENTS_CURSOR_H
#define INGRESS_EVENTS_CURSOR_H

#include "base/buf.h"
#include "base/id.h"

/* A partition of a module's events. Offsets of places are arrays beside theirs. */
struct events_place {
    const char *module; /* static text */
    int32_t partition;
};

struct events_places {
    const struct events_place *items; /* a module's behind one another, by their numbers from 0 */
    size_t count;
};

enum { EVENTS_UNKNOWN_OFFSET = -1 };

/* Appends base64url text that holds for this organization. 0 or -ENOMEM. */
must_check int events_cursor_write(struct tenant_id tenant, struct events_places places,
                                   const int64_t *offsets, const uint8_t seal_key[static 32],
                                   struct buf *out);

/* Fills an offset for each place: EVENTS_UNKNOWN_OFFSET for one that the cursor does not know; what
 * only the cursor knows is passed over. 0; -EBADMSG: forged, cut, of another form, or another
 * organization's; -ENOMEM. */
must_check int events_cursor_read(struct span text, struct tenant_id tenant,
                                  struct events_places places, const uint8_t seal_key[static 32],
                                  int64_t *ret_offsets);

#endif
