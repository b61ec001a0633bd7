/* The ingress: HTTP in, commands out to Kafka, outcomes and queries from PostgreSQL. It lives on
 * one loop: sockets, delivery reports, database answers and Redis replies are its events, and
 * nothing waits for a thread to wake. The loop's thread only. */
#ifndef INGRESS_INGRESS_H
#define INGRESS_INGRESS_H

#include "base/attr.h"
#include "base/buf.h"
#include "config/config.h"
#include "loop/loop.h"

struct ingress;

/* Reads the files that the settings name, and asks nobody. 0, or negative with a line in `said` for
 * each that cannot be used. */
must_check int ingress_check(const struct config *config, struct buf *said);

/* Serves on config->http_listen; the config is borrowed until ingress_free. Kafka, PostgreSQL and
 * Redis may be away: it says 503 where it needs them, and tries again. 0, or negative with a
 * sentence in `error`. */
must_check int ingress_start(struct loop *loop, const struct config *config,
                             struct ingress **ret_ingress, struct buf *error);

/* The port that it listens on, where the setting asks for a free one. */
int ingress_port(const struct ingress *ingress);

/* Can it do its work? If not, what is away is appended, with commas between. */
bool ingress_ready(const struct ingress *ingress, struct buf *away);

/* Takes over what may change while it runs: the fleet's keys, the certificate; the issuers' key
 * sets are read again. `config` is borrowed from now on, and the earlier one still is. 0, or
 * negative with a sentence in `error`: what cannot be used stays as it was. */
must_check int ingress_reload(struct ingress *ingress, const struct config *config,
                              struct buf *error);

/* Takes nothing new and answers what has begun; then `stopped` is called, later than this call and
 * once, after `timeout_ms` at the most. */
void ingress_stop(struct ingress *ingress, int64_t timeout_ms, void (*stopped)(void *data),
                  void *data);

/* Closes everything; waits some seconds at most for commands that are on their way to Kafka. NULL
 * is allowed, and so is one that was not stopped. */
void ingress_free(struct ingress *ingress);

#endif
