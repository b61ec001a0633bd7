/* What the benchmarks share: settings, the database as the operator sees it, what processes cost,
 * and the cases. They are programs that end at the first thing that goes wrong. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <sys/types.h>

#include "auth/keyring.h"
#include "config/config.h"
#include "pg/pg.h"
#include "population.h"
#include "report.h"

enum { PARTITIONS = 12, DAYS_OF_WEEK = 7 };

/* Prints what went wrong and ends the program. */
_Noreturn void give_up(const char *format, ...) printf_like(1, 2);

/* The servers that this run has to itself. */
struct bench {
    struct config *config;
    struct keyring *keys;
    struct pg *pg; /* the operator's */
    struct population *population;
    pid_t postgres, broker, redis;
    int number, repeat;       /* how large the case is, and how many rounds it has */
    int64_t base[PARTITIONS]; /* where in the topic the commands begin that wait */
};
void bench_open(struct bench *bench);
void bench_close(struct bench *bench);

/* The one number that a query gives, as int8; 0 where it is null. */
int64_t bench_number(struct bench *bench, const char *sql);
void bench_script(struct bench *bench, const char *sql);

/* Starts BIN/<name> with one lane and its own log; its process is gone after bench_stop. */
pid_t bench_start(const char *name);

/* The same with a program of tests/bench/limits and its arguments, the last of which is NULL. */
pid_t bench_start_limit(const char *name, const char *const *arguments);

/* worker-mc again, as one that writes every statement into the folder. */
pid_t bench_start_recorded(const char *folder);

/* A number that a limit said last, in a line "name number". */
double bench_said(const char *limit, const char *name);

void bench_stop(pid_t pid);
void bench_wait_end(pid_t pid); /* of one that ends by itself */
bool bench_runs(pid_t pid);

/* CPU seconds that a process has used; those of PostgreSQL with all of its children. */
double cpu_of(pid_t pid);
double cpu_of_family(pid_t pid);
double memory_of(pid_t pid); /* most that was resident, in MB */

/* A connection to "address:port"; blocking. */
int bench_connect(const char *address);

/* A page of the program's admin address with its head, read now; empty where it does not answer. */
struct buf bench_page(const struct bench *bench, const char *path);

/* How many of the commands that wait in mc's topic commits cover. */
int64_t bench_reached(struct bench *bench);

/* Waits until the worker's commits cover so many of the commands that wait in mc's topic. Returns
 * how many. */
int64_t bench_wait_position(struct bench *bench, pid_t worker, int64_t position);

/* The sum of a family's series that hold `label` (NULL: all). */
double metrics_sum(const struct buf *metrics, const char *name, const char *label);

/* Puts so many commands of the course into the topic, and waits until Kafka has them. They are what
 * waits now: a worker on a fresh database begins with them. Returns its CPU seconds. */
double bench_preload(struct bench *bench, struct course *course, size_t count);

/* The cases: the exit code. */
int bench_drain(struct bench *bench, int count);
int bench_drain_2(struct bench *bench, int count);
int bench_ramp(struct bench *bench, int count);
int bench_one_player(struct bench *bench, int count);
int bench_tenants(struct bench *bench, int count);
int bench_rls(struct bench *bench, int count);
int bench_million(struct bench *bench, int count);
int bench_retention(struct bench *bench, int rows);
int bench_edge(struct bench *bench, int seconds);
int bench_slow(struct bench *bench, int seconds);
int bench_fair(struct bench *bench, int seconds);
int bench_fair_fans(struct bench *bench, int seconds);
int bench_http(struct bench *bench, int seconds);
int bench_latency(struct bench *bench, int seconds);
int bench_reads(struct bench *bench, int seconds);
int bench_idle(struct bench *bench, int seconds);
int bench_soak(struct bench *bench, int seconds);
int bench_crowd(struct bench *bench, int seconds);

/* Compares two reports. */
int bench_compare(const char *a, const char *b);

/* Empty ones, to be filled. They end with the program. */
struct buf *bench_new_requests(size_t count);

/* An authenticated POST of a command; the sender's club and user count. */
void bench_command(const struct bench *bench, const struct bench_player *sender,
                   const struct message *message, const void *body, struct buf *request);

/* An authenticated POST: the player's i-th check, which says something else than the one before of
 * the same habit. */
void bench_request(const struct bench *bench, const struct bench_player *player, size_t i,
                   struct buf *request);

/* Authenticated POSTs, all different. They end with the program. */
struct buf *bench_requests(const struct bench *bench, size_t *ret_count);

/* A GET of the player's week, so many weeks ago; with an If-None-Match where there is a tag. */
void bench_week_request(const struct bench *bench, const struct bench_player *player,
                        size_t weeks_back, struct span etag, struct buf *request);

/* Appends a token of the player. */
void bench_add_token(const struct bench *bench, const struct bench_player *player,
                     struct buf *request);
void bench_wait_ready(const struct bench *bench, pid_t ingress);

#endif
