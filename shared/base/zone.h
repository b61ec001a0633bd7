/* Time zones: what day it is somewhere. Reads the system's TZif files (RFC 8536), since glibc
 * converts only in the process's own zone. A zone that was read once is kept for the life of the
 * process. Any thread. */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdint.h>

#include "base/attr.h"
#include "base/date.h"
#include "base/span.h"

struct zone;

/* The zone of an IANA name ("Europe/Oslo"). 0; -ENOENT: no such zone, or a name with anything but
 * letters, digits and "_+-/"; another negative: it could not be read now (-ENOMEM, -EMFILE, -EIO).
 */
must_check int zone_find(struct span name, const struct zone **ret_zone);

int32_t zone_offset(const struct zone *zone,
                    struct timestamp at); /* seconds east of UTC at that instant */
struct date zone_date(const struct zone *zone, struct timestamp at);

/* The first instant of a local date: midnight, or the end of the gap where clocks jump over
 * midnight. */
struct timestamp zone_day_start(const struct zone *zone, struct date date);

#endif
