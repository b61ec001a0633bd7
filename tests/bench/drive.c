#include "drive.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "process.h"
#include "stage.h"

enum { LOOK_MS = 3, COUNTED_MS = 2000, SETTLE_MS = 100, SETTLE_TRIES = 20 };

static double wal_now(struct bench *bench)
{
    return (double)bench_number(bench, "select (pg_current_wal_lsn() - '0/0')::int8");
}

static double now_s(void)
{
    return (double)monotonic_us() / 1e6;
}

/* What a worker tells of its batches. One is counted a moment after its commit can be seen. */
static void count_batches(struct bench *bench, struct sample *sample)
{
    const int64_t end_ms = monotonic_ms() + COUNTED_MS;

    do {
        cleanup(buf_deinit) struct buf metrics = bench_page(bench, "/metrics");

        if (!metrics.data)
            return; /* a limit has none */
        sample->batches = metrics_sum(&metrics, "idpmc_batch_messages_count", NULL);
        sample->messages = metrics_sum(&metrics, "idpmc_batch_messages_sum", NULL);
        sample->round_trips = metrics_sum(&metrics, "idpmc_database_round_trips_total", NULL);
        sample->statements = metrics_sum(&metrics, "idpmc_database_statements_total", NULL);
        sample->deleted = metrics_sum(&metrics, "idpmc_inbox_deleted_total", NULL);
    } while (sample->messages < sample->position && monotonic_ms() < end_ms);
}

/* When the program's commits cover so many commands. */
static struct sample take_sample(struct bench *bench, pid_t program, size_t count)
{
    const int64_t position = bench_wait_position(bench, program, (int64_t)count);
    struct sample sample = {
        .position = (double)position,
        .time = now_s(),
        .program = cpu_of(program),
        .postgres = cpu_of_family(bench->postgres),
        .broker = cpu_of(bench->broker),
        .wal = wal_now(bench),
        .memory = process_now(program).rss_mb,
    };

    count_batches(bench, &sample);
    return sample;
}

struct sample sample_between(const struct sample *from, const struct sample *to)
{
    struct sample between;
    const double *a = (const double *)from, *b = (const double *)to;
    double *out = (double *)&between;

    for (size_t i = 0; i < sizeof between / sizeof(double); i++)
        out[i] = b[i] - a[i];
    return between;
}

double rate_between(const struct sample *from, const struct sample *to)
{
    const double seconds = to->time - from->time;

    return seconds > 0 ? (to->position - from->position) / seconds : 0;
}

/* Kafka gives everything to the first lane, and divides it when the others have come. Who writes at
 * this moment has partitions. False: so many commands were done before. */
static bool lanes_come(struct bench *bench, pid_t program, int lanes, size_t before)
{
    static const char at_work[] = "select count(*) from pg_stat_activity"
                                  " where usename = 'idpmc_mc' and backend_xid is not null";

    while (bench_number(bench, at_work) < lanes) {
        if (bench_reached(bench) >= (int64_t)before || !bench_runs(program))
            return false;
        nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
    }
    return true;
}

/* Of the whole server, up to now. */
struct server {
    double fsyncs, pages;
};

static struct server read_counters(struct bench *bench)
{
    static const char before_17[] = "select (buffers_checkpoint + buffers_clean + buffers_backend)"
                                    "::int8 from pg_stat_bgwriter";
    static const char since_17[] =
        "select ((select buffers_written from pg_stat_checkpointer)"
        "      + (select buffers_clean from pg_stat_bgwriter)"
        "      + (select coalesce(sum(writes), 0) from pg_stat_io"
        "          where backend_type = 'client backend' and object = 'relation'))::int8";
    static const char wal_fsyncs[] = "select wal_sync from pg_stat_wal";
    static const char wal_fsyncs_since_18[] =
        "select sum(fsyncs)::int8 from pg_stat_io where object = 'wal'";
    const int64_t version =
        bench_number(bench, "select current_setting('server_version_num')::int8");

    return (struct server){
        .fsyncs = (double)bench_number(bench, version >= 180000 ? wal_fsyncs_since_18 : wal_fsyncs),
        .pages = (double)bench_number(bench, version >= 170000 ? since_17 : before_17),
    };
}

/* PostgreSQL's processes tell what they did when they are done with it, or end: a little later than
 * their clients know. */
static struct server read_server(struct bench *bench)
{
    struct server before, now = read_counters(bench);
    int tries = 0;

    do {
        before = now;
        nanosleep(&(struct timespec){.tv_nsec = SETTLE_MS * 1000000L}, NULL);
        now = read_counters(bench);
    } while ((now.fsyncs > before.fsyncs || now.pages > before.pages) && ++tries < SETTLE_TRIES);
    return now;
}

/* What this run has decided: rows that the database was given before are older than its server. */
#define DECIDED " from mc.inbox where decided_at > pg_postmaster_start_time()"

/* Transactions that wrote to the inbox, by their own numbers. */
static const char commits_sql[] = "select count(distinct xmin::text)" DECIDED;

static struct sample before_it_began(struct bench *bench)
{
    return (struct sample){
        .time = now_s(),
        .postgres = cpu_of_family(bench->postgres),
        .broker = cpu_of(bench->broker),
        .wal = wal_now(bench),
    };
}

/* Between the first and the last sample; of so few commands that all were one batch, the whole. */
static struct sample used_of(const struct run *run, const struct sample *began)
{
    const struct sample *last = &run->samples[POINTS - 1];

    return sample_between(last->position > run->samples[0].position ? &run->samples[0] : began,
                          last);
}

static struct run measure(struct bench *bench, const struct drive *drive, pid_t program,
                          const struct server *before)
{
    const struct sample began = before_it_began(bench);
    struct run run = {.commits = 0};
    struct server after;

    for (size_t i = 0; i < POINTS; i++) {
        run.samples[i] = take_sample(bench, program, drive->points[i]);
        if (i == 0 && drive->lanes > 1 &&
            lanes_come(bench, program, drive->lanes, drive->points[1]))
            run.samples[i] = take_sample(bench, program, drive->points[i]);
    }
    run.used = used_of(&run, &began);
    run.memory = memory_of(program);
    bench_stop(program);
    after = read_server(bench);
    run.commands = run.samples[POINTS - 1].position;
    run.fsyncs = after.fsyncs - before->fsyncs;
    run.pages = after.pages - before->pages;
    run.commits = (double)bench_number(bench, commits_sql);
    return run;
}

struct run drive_worker(struct bench *bench, const struct drive *drive)
{
    const struct server before = read_server(bench);
    char lanes[16];
    pid_t worker;

    snprintf(lanes, sizeof lanes, "%d", drive->lanes);
    setenv("IDPMC_LANES", lanes, 1);
    worker = drive->recording ? bench_start_recorded(drive->recording) : bench_start("worker-mc");
    return measure(bench, drive, worker, &before);
}

struct run drive_replay(struct bench *bench, const struct drive *drive)
{
    const struct server before = read_server(bench);
    struct run run;

    setenv("LIMIT_DATABASE_URL", stage_url(), 1);
    run = measure(bench, drive,
                  bench_start_limit("replay", (const char *const[]){drive->recording, NULL}),
                  &before);
    run.round_trips = bench_said("replay", "round_trips");
    run.statements = bench_said("replay", "statements");
    return run;
}

void tell_run(struct report *report, const struct run *run)
{
    const struct sample *used = &run->used;
    const double commands = used->position, thousands = commands / 1000;

    report_figure(report, "commands a second", commands / used->time, "/s");
    report_figure(report, "CPU of the program", used->program * 1e6 / commands, "us a command");
    report_figure(report, "CPU of PostgreSQL", used->postgres * 1e6 / commands, "us a command");
    report_figure(report, "CPU of the broker", used->broker * 1e6 / commands, "us a command");
    if (used->batches > 0) {
        report_figure(report, "commands in a batch", used->messages / used->batches, "");
        report_figure(report, "round trips in a batch", used->round_trips / used->batches, "");
        report_figure(report, "round trips", used->round_trips / thousands, "per 1,000");
        report_figure(report, "statements", used->statements / thousands, "per 1,000");
    }
    if (run->statements > 0) {
        report_figure(report, "round trips", run->round_trips / run->commands * 1000, "per 1,000");
        report_figure(report, "statements", run->statements / run->commands * 1000, "per 1,000");
    }
    report_figure(report, "commits of batches", run->commits / run->commands * 1000, "per 1,000");
    report_figure(report, "WAL", used->wal / commands, "bytes a command");
    report_figure(report, "fsyncs of WAL", run->fsyncs / run->commands * 1000, "per 1,000");
    report_figure(report, "pages written", run->pages / run->commands * 1000, "per 1,000");
    report_figure(report, "memory of the program", run->memory, "MB");
}

static void tell_rows(struct report *report, const struct server *from, const struct server *to,
                      double postgres, double wal, double count)
{
    report_figure(report, "commands a second", bench_said("rows", "commands_a_second"), "/s");
    report_figure(report, "CPU of the program", bench_said("rows", "cpu_us_a_command"),
                  "us a command");
    report_figure(report, "CPU of PostgreSQL", postgres * 1e6 / count, "us a command");
    report_figure(report, "commands in a batch", bench_said("rows", "commands_in_a_batch"), "");
    report_figure(report, "round trips", bench_said("rows", "round_trips") / count * 1000,
                  "per 1,000");
    report_figure(report, "statements", bench_said("rows", "statements") / count * 1000,
                  "per 1,000");
    report_figure(report, "WAL", wal / count, "bytes a command");
    report_figure(report, "fsyncs of WAL", (to->fsyncs - from->fsyncs) / count * 1000, "per 1,000");
    report_figure(report, "pages written", (to->pages - from->pages) / count * 1000, "per 1,000");
}

void drive_rows(struct bench *bench, struct report *report, size_t count, size_t batch,
                int connections)
{
    char texts[3][24];
    struct server before, after;
    double postgres, wal;
    pid_t rows;

    snprintf(texts[0], sizeof texts[0], "%zu", count);
    snprintf(texts[1], sizeof texts[1], "%zu", batch);
    snprintf(texts[2], sizeof texts[2], "%d", connections);
    before = read_server(bench);
    postgres = cpu_of_family(bench->postgres);
    wal = wal_now(bench);
    rows = bench_start_limit("rows", (const char *const[]){texts[0], texts[1], texts[2], NULL});
    bench_wait_end(rows);
    postgres = cpu_of_family(bench->postgres) - postgres;
    wal = wal_now(bench) - wal;
    after = read_server(bench);
    tell_rows(report, &before, &after, postgres, wal, (double)count);
    report_bound(report,
                 bench_number(bench, "select count(*) from rows.inbox") == (int64_t)count &&
                     bench_number(bench, "select count(*) from rows.outbox") == 0 &&
                     bench_number(bench, "select count(*) from rows.checks") ==
                         bench_number(bench, "select sum(bit_count(said::bit(64)))::int8"
                                             " from rows.days"),
                 "the limit wrote a row for each command, and deleted what it had sent");
}

void drive_check(struct bench *bench, struct report *report, const struct course *course)
{
    const int64_t distinct = (int64_t)course->distinct;

    report_bound(report,
                 bench_number(bench, "select count(*)" DECIDED) == distinct &&
                     bench_number(bench, "select count(*)" DECIDED " and outcome = 0") == distinct,
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

struct course *drive_fill(struct bench *bench, struct report *report,
                          const struct population *population, enum course_kind kind, size_t count)
{
    struct course *course = course_begin(population, kind);
    double client;

    if (!course)
        give_up("no memory");
    client = bench_preload(bench, course, count);
    report_of(report, "client");
    report_figure(report, "sent once", (double)course->distinct, "");
    report_figure(report, "sent again", (double)course->repeated, "");
    report_figure(report, "CPU of the client", client * 1e6 / (double)count, "us a command");
    return course;
}
