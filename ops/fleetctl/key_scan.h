/* Has a key moved on? There is no row for each key: what a lane took of a partition after a dead
 * letter is read from the topic again, once for all keys that are asked about, and held against
 * the tables: a later message that is dead or parked itself has overtaken nobody. */
#ifndef KEY_SCAN_H
#define KEY_SCAN_H

#include "letters.h"

struct key_scan;

/* Opens the partition, to be read from behind `first`, the lowest offset that will be asked about,
 * up to the position, which is `next`. An exit code; the caller frees it by key_scan_close. */
must_check int key_scan_open(struct letters_desk *desk, const char *module, struct span topic,
                             int32_t part, int64_t first, int64_t next, struct key_scan **ret_scan);
void key_scan_close(struct key_scan **scan);

/* Watches a key. EXIT_DONE or EXIT_FAULT. */
must_check int key_scan_watch(struct key_scan *scan, struct span key);

/* Reads on until `next`. An exit code: EXIT_UNAVAILABLE where that takes longer. */
must_check int key_scan_read(struct key_scan *scan, int64_t next, int timeout_ms);

/* A later message that was dead or parked when it was read may have been decided since, and the
 * position does not tell. So before keys are judged, and under the lock of the position, a round
 * asks about them again: begin, a call for each key, whose first one has the lowest offset of those
 * that will be asked about from now on, and end. Exit codes. */
void key_scan_begin(struct key_scan *scan);
must_check int key_scan_judge(struct key_scan *scan, struct span key, int64_t at);
must_check int key_scan_end(struct key_scan *scan);

enum key_state {
    KEY_STANDS,
    KEY_MOVED,   /* a later message of it was decided: *ret_by is the last one's offset */
    KEY_UNKNOWN, /* the topic has no more what came after it */
};
enum key_state key_scan_state(const struct key_scan *scan, struct span key, int64_t at,
                              int64_t *ret_by);

#endif
