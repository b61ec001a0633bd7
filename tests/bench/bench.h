/* What the benchmarks share: settings, the database as the operator sees it, what processes cost,
 * and the report. They are programs that end at the first thing that goes wrong. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <sys/types.h>

#include "auth/keyring.h"
#include "config/config.h"
#include "pg/pg.h"
#include "population.h"

/* Prints what went wrong and ends the program. */
_Noreturn void give_up(const char *format, ...) printf_like(1, 2);

/* The servers that this run has to itself. */
struct bench {
    struct config *config;
    struct keyring *keys;
    struct pg *pg; /* the operator's */
    struct population *population;
    pid_t postgres, broker;
};
void bench_open(struct bench *bench);
void bench_close(struct bench *bench);

/* The one number that a query gives, as int8. */
int64_t bench_number(struct bench *bench, const char *sql);

/* Starts BIN/<name> with one lane and its own log; its process is gone after bench_stop. */
pid_t bench_start(const char *name);
void bench_stop(pid_t pid);
bool bench_runs(pid_t pid);

/* CPU seconds that a process has used; those of PostgreSQL with all of its children. */
double cpu_of(pid_t pid);
double cpu_of_family(pid_t pid);

/* A connection to "address:port"; blocking. */
int bench_connect(const char *address);

/* A page of the program's admin address with its head, read now; empty where it does not answer. */
struct buf bench_page(const struct bench *bench, const char *path);

/* Waits until the worker's commits cover so many commands of mc's topic. Returns how many. */
int64_t bench_wait_position(struct bench *bench, pid_t worker, int64_t position);

/* The sum of a family's series that hold `label` (NULL: all). */
double metrics_sum(const struct buf *metrics, const char *name, const char *label);

/* The report: figures in order, printed as a table and kept as JSON in BENCH_OUT. */
struct report {
    const char *name;
    struct buf json;
    unsigned broken; /* bounds */
};
void report_begin(struct report *report, const char *name, struct bench *bench);
void report_figure(struct report *report, const char *name, double value, const char *unit);
void report_bound(struct report *report, bool holds, const char *sentence);
int report_end(struct report *report); /* the program's exit code */

/* Puts so many commands of the course into the topic, and waits until Kafka has them. */
void bench_preload(struct bench *bench, struct course *course, size_t count);

/* The cases: the exit code. */
int bench_drain(struct bench *bench, size_t count);
int bench_edge(struct bench *bench, int seconds);
int bench_slow(struct bench *bench, int seconds);
int bench_fair(struct bench *bench, int seconds);

/* An authenticated POST: the player's i-th check, which says something else than the one before of
 * the same habit. */
void bench_request(const struct bench *bench, const struct bench_player *player, size_t i,
                   struct buf *request);

/* Authenticated POSTs, all different. They end with the program. */
struct buf *bench_requests(const struct bench *bench, size_t *ret_count);
void bench_wait_ready(const struct bench *bench, pid_t ingress);

#endif
