/* How the rate of one lane depends on how much there is: of a backlog, and of an inbox that has
 * reached its retention. Each is measured in turns with a usual one. */
#include <stdio.h>
#include <stdlib.h>

#include "drive.h"
#include "stage.h"

enum { WARM_PART = 10, USUAL = 80000, USUAL_PART = 4, FLAT_MB = 16 };

static const char rate[] = "commands a second";

static struct drive drive_of(size_t count)
{
    return (struct drive){.lanes = 1, .points = {count / WARM_PART + 1, count / 2 + 1, count}};
}

static size_t usual_of(int number)
{
    return number / USUAL_PART < USUAL ? (size_t)(number / USUAL_PART) : USUAL;
}

/* A backlog that is worked off at once, on the stage as it is now. */
static struct run run_of(struct bench *bench, struct report *report, const char *of,
                         const struct course *course, size_t count)
{
    const struct drive drive = drive_of(count);
    const struct run run = drive_worker(bench, &drive);

    report_of(report, of);
    tell_run(report, &run);
    drive_check(bench, report, course);
    return run;
}

static struct run fill_and_run(struct bench *bench, struct report *report, const char *of,
                               size_t count)
{
    struct course *course = drive_fill(bench, report, bench->population, COURSE_MIXED, count);
    struct run run;

    stage_new(bench);
    run = run_of(bench, report, of, course, count);
    free(course);
    return run;
}

/* At the tenth everything has found its size, and at the end nothing waits any more. */
static void tell_memory(struct report *report, const struct run *run)
{
    static const char *const names[POINTS] = {"memory at a tenth", "memory at the half",
                                              "memory at the end"};

    for (int i = 0; i < POINTS; i++)
        report_figure(report, names[i], run->samples[i].memory, "MB");
    report_figure(report, "memory grew by", run->samples[1].memory - run->samples[0].memory, "MB");
}

int bench_million(struct bench *bench, int count)
{
    struct report report;

    report_begin(&report, "million", bench);
    for (int round = 0; round < bench->repeat; round++) {
        struct run run;

        fill_and_run(bench, &report, "usual", usual_of(count));
        run = fill_and_run(bench, &report, "million", (size_t)count);
        tell_memory(&report, &run);
    }
    stage_close(bench);
    report_goal_least(&report, report_ratio(&report, rate, "million", "usual"), 0.9,
                      "a backlog of a million / a usual one");
    report_goal_most(&report, report_median(&report, "million", "memory grew by"), FLAT_MB,
                     "MB that the worker's memory grew by from a tenth to the half");
    return report_end(&report);
}

static void tell_deletion(struct bench *bench, struct report *report, const struct run *run,
                          int rows)
{
    const double deleted = run->samples[POINTS - 1].deleted;

    report_figure(report, "rows in the inbox", rows, "");
    report_figure(report, "deleted by retention", run->used.deleted / run->used.time,
                  "rows a second");
    report_bound(report, deleted > 0, "retention deletes meanwhile");
    report_bound(report,
                 bench_number(bench,
                              "select count(*) from mc.inbox"
                              " where decided_at < pg_postmaster_start_time()"
                              "   and decided_at > now() - interval '31 days'") == rows - rows / 2,
                 "and nothing that is young");
}

int bench_retention(struct bench *bench, int rows)
{
    const size_t count = usual_of(rows);
    struct report report;
    struct course *course;

    report_begin(&report, "retention", bench);
    course = drive_fill(bench, &report, bench->population, COURSE_MIXED, count);
    stage_make_old(bench, rows);
    for (int round = 0; round < bench->repeat; round++) {
        struct run run;

        stage_new(bench);
        run_of(bench, &report, "fresh inbox", course, count);
        stage_new_old(bench);
        run = run_of(bench, &report, "full inbox", course, count);
        tell_deletion(bench, &report, &run, rows);
    }
    stage_close(bench);
    free(course);
    report_goal_least(&report, report_ratio(&report, rate, "full inbox", "fresh inbox"), 0.75,
                      "an inbox whose retention is reached, and deletion / a fresh one");
    return report_end(&report);
}
