/* How fast one lane of worker-mc works a backlog off, and at what price. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

enum {
    LEAST_RATE = 12000,
    LEAST_BATCH = 100,
    MOST_ROUND_TRIPS = 5,
};

/* Everything that grows while it runs. */
struct sample {
    double time, worker, postgres, broker; /* seconds, those of a CPU but for the first */
    double position, wal, commits;
    double batches, messages, round_trips, statements;
};

static double now_s(void)
{
    return (double)monotonic_us() / 1e6;
}

/* When the worker's commits cover so many commands. */
static struct sample take_sample(struct bench *bench, pid_t worker, size_t count)
{
    const int64_t position = bench_wait_position(bench, worker, (int64_t)count);
    struct sample sample = {
        .position = (double)position,
        .time = now_s(),
        .worker = cpu_of(worker),
        .postgres = cpu_of_family(bench->postgres),
        .broker = cpu_of(bench->broker),
    };
    cleanup(buf_deinit) struct buf metrics = bench_page(bench, "/metrics");

    sample.wal = (double)bench_number(bench, "select (pg_current_wal_lsn() - '0/0')::int8");
    sample.batches = metrics_sum(&metrics, "idpmc_batch_messages_count", NULL);
    sample.messages = metrics_sum(&metrics, "idpmc_batch_messages_sum", NULL);
    sample.round_trips = metrics_sum(&metrics, "idpmc_database_round_trips_total", NULL);
    sample.statements = metrics_sum(&metrics, "idpmc_database_statements_total", NULL);
    return sample;
}

static struct sample difference(const struct sample *from, const struct sample *to)
{
    struct sample between;
    const double *a = (const double *)from, *b = (const double *)to;
    double *out = (double *)&between;

    for (size_t i = 0; i < sizeof between / sizeof(double); i++)
        out[i] = b[i] - a[i];
    return between;
}

/* What the database holds is what the commands asked for, once each. */
static void check_truth(struct bench *bench, struct report *report, const struct course *course)
{
    const int64_t distinct = (int64_t)course->distinct;

    report_bound(report,
                 bench_number(bench, "select count(*) from mc.inbox") == distinct &&
                     bench_number(bench, "select count(*) from mc.inbox where outcome = 0") ==
                         distinct,
                 "every command is in the inbox once, and applied");
    report_bound(report, bench_number(bench, "select count(*) from mc.dead") == 0,
                 "there is no dead letter");
    report_bound(
        report,
        bench_number(bench, "select sum(bit_count(said::bit(64)))::int8 from mc.days") ==
                (int64_t)course_marks(course, false) &&
            bench_number(bench, "select sum(bit_count(done::bit(64)))::int8 from mc.days") ==
                (int64_t)course_marks(course, true),
        "the days' marks are those that were asked for last");
}

static void tell_costs(struct report *report, const struct sample *used, double client)
{
    const double thousands = used->position / 1000;

    report_figure(report, "commands a second", used->position / used->time, "/s");
    report_figure(report, "CPU of the worker", used->worker / thousands, "s per 1,000");
    report_figure(report, "CPU of PostgreSQL", used->postgres / thousands, "s per 1,000");
    report_figure(report, "CPU of the broker", used->broker / thousands, "s per 1,000");
    report_figure(report, "CPU of the client, to fill the topic", client, "s per 1,000");
    report_figure(report, "commands in a batch", used->messages / used->batches, "");
    report_figure(report, "round trips in a batch", used->round_trips / used->batches, "");
    report_figure(report, "round trips", used->round_trips / thousands, "per 1,000");
    report_figure(report, "statements", used->statements / thousands, "per 1,000");
    report_figure(report, "WAL", used->wal / thousands, "bytes per 1,000");
}

/* Transactions that wrote to the inbox, by their own numbers. */
static double count_commits(struct bench *bench)
{
    return (double)bench_number(bench, "select count(distinct xmin::text) from mc.inbox");
}

static int tell(struct bench *bench, const struct course *course, const struct sample *used,
                double client, double batches)
{
    struct report report;
    const double commits = count_commits(bench);

    report_begin(&report, "drain", bench);
    report_figure(&report, "commands", (double)course->distinct, "");
    report_figure(&report, "sent again", (double)course->repeated, "");
    tell_costs(&report, used, client);
    report_figure(&report, "commits",
                  commits / (double)(course->distinct + course->repeated) * 1000, "per 1,000");
    report_bound(&report, commits <= batches, "at most one commit a batch");
    report_bound(&report, used->round_trips <= MOST_ROUND_TRIPS * used->batches,
                 "at most 5 round trips a batch");
    report_bound(&report, used->messages >= LEAST_BATCH * used->batches,
                 "100 commands a batch or more");
    report_bound(&report, used->position >= LEAST_RATE * used->time, "12,000 commands a second");
    check_truth(bench, &report, course);
    return report_end(&report);
}

int bench_drain(struct bench *bench, size_t count)
{
    struct course *course = course_begin(bench->population);
    struct sample first, last, used;
    double client = cpu_of(getpid());
    pid_t worker;
    int code;

    if (!course)
        give_up("no memory");
    bench_preload(bench, course, count);
    client = (cpu_of(getpid()) - client) / (double)count * 1000;
    worker = bench_start("worker-mc");
    first = take_sample(bench, worker, 1);
    last = take_sample(bench, worker, count);
    used = difference(&first, &last);
    bench_stop(worker);
    code = tell(bench, course, &used, client, last.batches);
    free(course);
    return code;
}
