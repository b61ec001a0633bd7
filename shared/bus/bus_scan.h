/* Reads a stretch of one partition again, outside of any consumer group: for tools. Blocks. */
#ifndef BUS_BUS_SCAN_H
#define BUS_BUS_SCAN_H

#include "bus/bus_consumer.h"

struct bus_scan;

/* A reader of this partition, and the first offset that the broker still has and the one that the
 * next record will get. NULL with a sentence in `error`. */
struct bus_scan *bus_scan_open(const char *brokers, const char *client_id, const char *topic,
                               int32_t partition, int timeout_ms, int64_t *ret_low,
                               int64_t *ret_high, char error[static 256]);

/* Reading begins here. Once. 0 or -EIO. */
must_check int bus_scan_start(struct bus_scan *scan, int64_t offset);

/* The next message before `until`, which may grow from call to call. 1 with the message (release
 * it); 0: there are no more before it; -ETIMEDOUT; -ERANGE: the broker does not have the offset any
 * more; -EIO. */
must_check int bus_scan_next(struct bus_scan *scan, int64_t until, int timeout_ms,
                             struct bus_message *ret_message);

void bus_scan_close(struct bus_scan *scan); /* NULL is allowed */

#endif
