/* The modules' events from Kafka into the ring: every partition of every module's topic, each
 * record verified as a worker verifies it. */
#ifndef INGRESS_EVENTS_READER_H
#define INGRESS_EVENTS_READER_H

#include "config/config.h"
#include "events_cursor.h"
#include "events_ring.h"
#include "loop/loop.h"

struct events_reader;

struct events_reader_owner {
    void (*placed)(void *data); /* it knows where it reads: the functions below may be called */
    void (*arrived)(void *data, const struct event *event); /* the newest of the ring */
    void (*paused)(void *data);                             /* after some that arrived */
    void (*failed)(void *data); /* it is of no use any more: free it, also from within */
    void *data;
};

/* Begins with what was appended config->events_replay_s ago. NULL: it could not be made; the log
 * says why. `owner` is copied. */
struct events_reader *events_reader_new(struct loop *loop, const struct config *config,
                                        const struct events_reader_owner *owner);
/* Waits `wait_ms` at most for the client's threads. NULL is allowed. */
void events_reader_free(struct events_reader *reader, int wait_ms);

/* What comes from here on is proved by these keys. 0; negative: by those that it had. */
must_check int events_reader_set_keys(struct events_reader *reader, const struct config_keys *keys);

bool events_reader_is_placed(const struct events_reader *reader);
struct events_ring *events_reader_ring(const struct events_reader *reader);

/* What is read, and beside it the offsets up to which it was. */
struct events_places events_reader_places(const struct events_reader *reader);
const int64_t *events_reader_offsets(const struct events_reader *reader);

/* The end of a partition: nothing that was appended before and has been heard of is behind it. */
int64_t events_reader_end(const struct events_reader *reader, size_t place);

#endif
