/* The load of a fault run: what it sends next, how it goes over HTTP, and the producer that writes
 * straight to the topic. One thread. */
#ifndef CHAOS_LOAD_H
#define CHAOS_LOAD_H

#include "base/buf.h"
#include "chaos.h"

enum { BATCH_MOST = 10, ADDRESSES_MOST = 4, WAIT_S = 5 };

/* Commands that travel together: one POST. */
struct parcel {
    uint32_t numbers[BATCH_MOST];
    size_t count;
    bool batch, waits;
    bool echo; /* a copy of what was sent before: whatever is answered, nobody sends it again */
};

struct load {
    struct population population;
    struct buf tokens[TENANTS];
    FILE *history;
    uint64_t random;
    struct command *commands;
    bool *settled; /* accepted, refused for good, or nothing to wait for */
    size_t count, capacity;
    bool busy[TENANTS][KEYS];
    int64_t sequences[TENANTS][KEYS];
    bool done[TENANTS][DAYS][HABITS]; /* as the last check of each said */
    int32_t first_day;
    size_t open; /* commands that are not settled */
    size_t answers[ANSWER_COUNT_OF];
    struct retry {
        struct parcel parcel;
        int64_t at_ms;
    } * retries;
    size_t retry_count, retry_capacity;
    uint32_t recent[1024]; /* accepted ones */
    size_t recent_count;
    struct http *http;
    struct direct *direct;
};

/* What came of a command; unknown ones are sent again after a while. */
void load_answered(struct load *load, uint32_t number, bool echo, enum answer answer, int status,
                   const char *id);

/* The next thing to be sent. False: nothing may be sent now. `fresh`: new ones too. */
bool load_next(struct load *load, bool fresh, struct parcel *ret_parcel);

/* A new command of this kind, in the history already. */
struct command *load_make(struct load *load, enum kind kind, unsigned tenant, unsigned key,
                          int64_t sequence);

/* ---- HTTP ---------------------------------------------------------------------------------------
 */
struct http *http_open(struct load *load, const char *addresses, size_t connections);
void http_turn(struct http *http, int timeout_ms, bool fresh, size_t *allowed);
size_t http_waiting(const struct http *http); /* requests under way that wait for an outcome */
void http_write(const struct load *load, const struct parcel *parcel, const char *host,
                struct buf *request);
/* Tells the load what the answer says of each command. */
void http_take_answer(struct load *load, const struct parcel *parcel, int status, const char *body);

/* ---- straight to the topic ------------------------------------------------------------------- */
struct direct *direct_open(struct load *load);
void direct_turn(struct direct *direct, bool fresh, size_t *allowed);
void direct_close(struct direct *direct);

#endif
