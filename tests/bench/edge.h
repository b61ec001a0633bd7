/* What the cases share that go through HTTP: their requests, and what their parts cost. */
#ifndef BENCH_EDGE_H
#define BENCH_EDGE_H

#include "bench.h"
#include "load.h"

/* Seconds of CPU that the parts have used; those of `server`, which is the ingress, the fleet or a
 * limit. */
struct costs {
    double server, broker, postgres, redis, client;
};
struct costs costs_now(const struct bench *bench, pid_t server);
struct costs costs_since(const struct bench *bench, pid_t server, const struct costs *before);
void costs_add(struct costs *sum, const struct costs *used);

/* As figures of one more round. */
void costs_tell(struct report *report, const char *server, const struct costs *used,
                double requests);

/* The same as shares of a core over so many seconds. */
void costs_tell_share(struct report *report, const char *server, const struct costs *used,
                      double seconds);

/* Checks of `senders` players, each with a token: first everybody's first habit, and so on; each
 * says something else than the one before about the same habit, also when all begins anew. They end
 * with the program. */
struct buf *edge_checks(const struct bench *bench, size_t senders, size_t *ret_count);

/* Other answers than the expected ones. */
void edge_tell_others(struct report *report, const struct load_result *result,
                      const char *sentence);

/* Every 202 has its outcome, and that is "applied". */
void edge_check_applied(struct bench *bench, struct report *report, size_t accepted);

#endif
