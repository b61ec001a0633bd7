/* An event as a live stream tells it: a CloudEvent in JSON, in the lines of a server-sent event. */
#ifndef INGRESS_EVENTS_TEXT_H
#define INGRESS_EVENTS_TEXT_H

#include "base/arena.h"
#include "base/buf.h"
#include "events_ring.h"

/* Appends the `event` and `data` lines; the cursor's line and the blank one are the caller's. What
 * it needs meanwhile lies in the arena. 0; -EBADMSG: the body breaks its contract; -ENOMEM. On
 * failure nothing was appended. */
must_check int events_text_write(const struct event *event, struct arena *arena, struct buf *out);

#endif
