/* Reads a TZif file (RFC 8536), version 1 to 4. Pure: bytes in, a table out. */
#ifndef BASE_TZIF_H
#define BASE_TZIF_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"
#include "base/tz_rule.h"

struct tzif_change {
    int64_t at;       /* seconds since 1970 */
    int32_t offset_s; /* from then on, east of UTC */
};

struct tzif {
    struct tzif_change *changes; /* owned; ascending */
    size_t count;
    int32_t first_offset_s; /* before the first change */
    bool has_rule;
    struct tz_rule rule; /* after the last change */
};

/* 0, -EINVAL (no such file, or one that counts leap seconds) or -ENOMEM; on failure nothing is left
 * to free. */
must_check int tzif_parse(struct span bytes, struct tzif *ret_tzif);
void tzif_deinit(struct tzif *tzif);

/* The period with one offset that holds `at`. */
struct tz_period tzif_period(const struct tzif *tzif, int64_t at);

#endif
