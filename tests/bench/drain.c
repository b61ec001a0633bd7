/* How fast the lanes of worker-mc work a backlog off, and at what price; in turns with its limits:
 * the same statements without the fleet (replay), and a few rows a command (rows). */
#include <stdio.h>
#include <stdlib.h>

#include "drive.h"
#include "stage.h"

enum {
    LEAST_RATE = 12000,
    LEAST_BATCH = 100,
    MOST_ROUND_TRIPS = 5,
    WARM_PART = 10, /* the first tenth is not measured */
};

static const char rate[] = "commands a second";

static struct drive drive_of(size_t count, int lanes)
{
    return (struct drive){.lanes = lanes, .points = {count / WARM_PART + 1, count / 2 + 1, count}};
}

/* The run whose statements the limit sends: everything is in the folder, and what it came to. */
static struct truth record(struct bench *bench, struct drive *drive, char folder[static 4096])
{
    snprintf(folder, 4096, "%s", getenv("RUN_ROOT"));
    drive->recording = folder;
    stage_new(bench);
    drive_worker(bench, drive);
    return stage_truth(bench);
}

static void fleet_round(struct bench *bench, struct report *report, const struct course *course,
                        const struct drive *drive, double *ret_batch)
{
    struct run run;

    stage_new(bench);
    run = drive_worker(bench, drive);
    report_of(report, "fleet");
    tell_run(report, &run);
    report_bound(report, run.commits <= run.samples[POINTS - 1].batches,
                 "at most one commit a batch");
    drive_check(bench, report, course);
    *ret_batch = run.samples[POINTS - 1].messages / run.samples[POINTS - 1].batches;
}

static void rows_round(struct bench *bench, struct report *report, const struct drive *drive,
                       double batch)
{
    stage_new(bench);
    stage_add_rows(bench);
    report_of(report, "rows");
    drive_rows(bench, report, drive->points[POINTS - 1], batch < 1 ? 1 : (size_t)(batch + 0.5),
               drive->lanes);
}

static void replay_round(struct bench *bench, struct report *report, const struct drive *drive,
                         const struct truth *truth)
{
    struct truth now;
    struct run run;

    stage_new(bench);
    run = drive_replay(bench, drive);
    now = stage_truth(bench);
    report_of(report, "replay");
    tell_run(report, &run);
    report_bound(report, truth_equal(&now, truth),
                 "the replay ends with the rows of the run that it repeats");
}

static void tell_bounds(struct report *report, int lanes)
{
    report_bound(report,
                 report_median(report, "fleet", "round trips in a batch") <= MOST_ROUND_TRIPS,
                 "at most 5 round trips a batch");
    report_bound(report, report_median(report, "fleet", "commands in a batch") >= LEAST_BATCH,
                 "100 commands a batch or more");
    if (lanes == 1)
        report_bound(report, report_median(report, "fleet", rate) >= LEAST_RATE,
                     "12,000 commands a second");
}

static void tell_goals(struct report *report, int lanes)
{
    const double replay = report_ratio(report, rate, "fleet", "replay");
    const double rows = report_ratio(report, rate, "fleet", "rows");
    const double reached = report_median(report, "fleet", rate);

    if (lanes == 1)
        report_goal_least(report, replay, 0.85, "drain, 1 lane / replay");
    report_goal_least(report, rows, 1.0, "drain / rows on as many connections");
    report_goal_least(report, rows, 1.4, "stretch: drain / rows on as many connections");
    report_goal_least(report, reached, lanes == 1 ? 16000 : 30000, "commands a second");
    report_goal_least(report, reached, lanes == 1 ? 20000 : 36000, "good: commands a second");
    if (lanes > 1)
        report_goal_least(report, reached, 42000, "stretch: commands a second");
    report_goal_most(report, report_median(report, "fleet", "CPU of the program"), 12,
                     "us of the worker's CPU a command");
    report_goal_most(report, report_median(report, "fleet", "CPU of PostgreSQL"), 45,
                     "us of PostgreSQL's CPU a command");
    report_goal_most(report, report_median(report, "fleet", "CPU of PostgreSQL"), 32,
                     "stretch: us of PostgreSQL's CPU a command");
    report_goal_most(report, report_median(report, "fleet", "WAL"), 700, "bytes of WAL a command");
    report_goal_most(report, report_median(report, "fleet", "round trips in a batch"), 4,
                     "round trips a batch");
}

static int drain(struct bench *bench, const char *name, size_t count, int lanes)
{
    struct drive drive = drive_of(count, lanes);
    struct report report;
    struct course *course;
    struct truth truth;
    char folder[4096];
    double batch;

    report_begin(&report, name, bench);
    course = drive_fill(bench, &report, bench->population, COURSE_MIXED, count);
    truth = record(bench, &drive, folder);
    for (int round = 0; round < bench->repeat; round++) {
        drive.recording = NULL;
        fleet_round(bench, &report, course, &drive, &batch);
        rows_round(bench, &report, &drive, batch);
        drive.recording = folder;
        replay_round(bench, &report, &drive, &truth);
    }
    stage_close(bench);
    tell_bounds(&report, lanes);
    tell_goals(&report, lanes);
    free(course);
    return report_end(&report);
}

int bench_drain(struct bench *bench, int count)
{
    return drain(bench, "drain", (size_t)count, 1);
}

int bench_drain_2(struct bench *bench, int count)
{
    return drain(bench, "drain-2", (size_t)count, 2);
}
