/* What the subcommands of fleetctl share. Each stands in a file of its name. */
#ifndef FLEETCTL_H
#define FLEETCTL_H

#include "base/attr.h"
#include "base/buf.h"
#include "pg/pg.h"

/* docs/reference/wire.md, "Operating". A function that answers one of them has said why. */
enum {
    EXIT_DONE = 0,
    EXIT_FAULT = 1,
    EXIT_MISUSE = 2,
    EXIT_UNAVAILABLE = 75,
};

int cmd_migrate(int argc, char **argv);
int cmd_topics(int argc, char **argv);
int cmd_token(int argc, char **argv);
int cmd_producer(int argc, char **argv);
int cmd_sign(int argc, char **argv);
int cmd_decode(int argc, char **argv);
int cmd_describe(int argc, char **argv);
int cmd_dlq(int argc, char **argv);
int cmd_parked(int argc, char **argv);

/* One line on standard error, after "fleetctl: ". Returns `code`. */
int complain(int code, const char *format, ...) printf_like(2, 3);

/* Digits of an option, and nothing else: a number up to `max`. 0 or -EINVAL. */
must_check int parse_number(const char *text, int64_t max, int64_t *ret_number);

/* The setting `name`, or what the file that <name>_FILE names has in its first line; empty where
 * neither is set. EXIT_DONE or another exit code. */
must_check int setting_read(const char *name, struct buf *ret_text);

/* Logs in as the operator whom IDPMC_DATABASE_URL or DATABASE_URL names. EXIT_DONE, with a
 * connection that the caller closes, or another exit code. */
must_check int operator_connect(struct pg **ret_pg);

/* Says what the connection's last failure was, with `about` in front. Returns the exit code. */
int complain_of_database(struct pg *pg, const char *about);

#endif
