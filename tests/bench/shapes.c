/* How the rate of one lane depends on what the commands are about, and on the database: a fresh
 * one, one player, a tenant for each command, row-level security. Each has a goal in shares of the
 * other thing that it is measured in turns with. */
#include <stdio.h>
#include <stdlib.h>

#include "drive.h"
#include "stage.h"

enum { WARM_PART = 10, TURN_BATCH = 750 };

static const char rate[] = "commands a second";

static struct drive drive_of(size_t count)
{
    return (struct drive){.lanes = 1, .points = {count / WARM_PART + 1, count / 2 + 1, count}};
}

/* The database is as migrations left it, with the population and nobody's statistics: its first
 * commands meet plans that were made on empty tables. */
int bench_ramp(struct bench *bench, int count)
{
    const struct drive drive = {.lanes = 1, .points = {1, (size_t)count, 2 * (size_t)count}};
    struct report report;
    struct course *course;

    report_begin(&report, "ramp", bench);
    course = drive_fill(bench, &report, bench->population, COURSE_MIXED, 2 * (size_t)count);
    for (int round = 0; round < bench->repeat; round++) {
        struct run run;

        stage_new(bench);
        run = drive_worker(bench, &drive);
        report_of(&report, "fleet");
        tell_run(&report, &run);
        report_of(&report, "first");
        report_figure(&report, rate, rate_between(&run.samples[0], &run.samples[1]), "/s");
        report_of(&report, "later");
        report_figure(&report, rate, rate_between(&run.samples[1], &run.samples[2]), "/s");
        drive_check(bench, &report, course);
    }
    stage_close(bench);
    report_goal_least(&report, report_ratio(&report, rate, "first", "later"), 0.8,
                      "first commands after migrate / later ones");
    free(course);
    return report_end(&report);
}

/* A backlog of its own, worked off at once: the topic holds one of them at a time as far as the
 * worker's positions tell. */
static void round_of(struct bench *bench, struct report *report, const char *of,
                     const struct population *population, enum course_kind kind, size_t count)
{
    const struct drive drive = drive_of(count);
    struct course *course = drive_fill(bench, report, population, kind, count);
    struct run run;

    stage_new(bench);
    run = drive_worker(bench, &drive);
    report_of(report, of);
    tell_run(report, &run);
    report_figure(report, "commands of a tenant in a batch",
                  (double)course->distinct /
                      (double)bench_number(bench, "select count(*) from (select distinct"
                                                  " xmin::text, tenant from mc.inbox) i"),
                  "");
    drive_check(bench, report, course);
    free(course);
}

int bench_one_player(struct bench *bench, int count)
{
    struct report report;

    report_begin(&report, "one-player", bench);
    for (int round = 0; round < bench->repeat; round++) {
        round_of(bench, &report, "mixed", bench->population, COURSE_MIXED, (size_t)count);
        round_of(bench, &report, "one player", bench->population, COURSE_ONE_PLAYER, (size_t)count);
    }
    stage_close(bench);
    report_goal_least(&report, report_ratio(&report, rate, "one player", "mixed"), 1.5,
                      "all commands of a batch for one player / mixed");
    return report_end(&report);
}

static void replay_of(struct bench *bench, struct report *report, const char *of, bool secure,
                      const struct drive *drive, const struct truth *truth)
{
    struct truth now;
    struct run run;

    stage_new(bench);
    if (!secure)
        stage_drop_rls(bench);
    run = drive_replay(bench, drive);
    now = stage_truth(bench);
    report_of(report, of);
    tell_run(report, &run);
    report_bound(report, truth_equal(&now, truth),
                 "the replay ends with the rows of the run that it repeats");
}

/* What the database takes for the statements of a lone run of the course in the topic. */
static void replay_alone(struct bench *bench, struct report *report, size_t count)
{
    struct drive drive = drive_of(count);
    struct truth truth;

    drive.recording = getenv("RUN_ROOT");
    stage_new(bench);
    drive_worker(bench, &drive);
    truth = stage_truth(bench);
    replay_of(bench, report, "replay", true, &drive, &truth);
}

/* As many tenants as players, in a circle that is longer in each partition than a batch; in turns
 * also with the statements of such a run by bare libpq. */
int bench_tenants(struct bench *bench, int count)
{
    struct population *alone = population_make_alone();
    struct report report;
    char batch[16];

    if (!alone)
        give_up("no memory");
    snprintf(batch, sizeof batch, "%d", TURN_BATCH);
    setenv("IDPMC_BATCH_MAX", batch, 1);
    report_begin(&report, "tenants", bench);
    for (int round = 0; round < bench->repeat; round++) {
        round_of(bench, &report, "mixed", bench->population, COURSE_MIXED, (size_t)count);
        round_of(bench, &report, "a tenant each", alone, COURSE_IN_TURN, (size_t)count);
        replay_alone(bench, &report, (size_t)count);
    }
    stage_close(bench);
    report_ratio(&report, rate, "a tenant each", "replay");
    report_ratio(&report, rate, "replay", "mixed");
    report_goal_least(&report, report_ratio(&report, rate, "a tenant each", "mixed"), 0.5,
                      "each command of a batch for another tenant / mixed");
    free(alone);
    return report_end(&report);
}

/* No worker starts without row-level security, so its statements are repeated without it. */
int bench_rls(struct bench *bench, int count)
{
    struct drive drive = drive_of((size_t)count);
    struct report report;
    struct course *course;
    struct truth truth;

    report_begin(&report, "rls", bench);
    course = drive_fill(bench, &report, bench->population, COURSE_MIXED, (size_t)count);
    drive.recording = getenv("RUN_ROOT");
    stage_new(bench);
    drive_worker(bench, &drive);
    truth = stage_truth(bench);
    for (int round = 0; round < bench->repeat; round++) {
        replay_of(bench, &report, "RLS on", true, &drive, &truth);
        replay_of(bench, &report, "RLS off", false, &drive, &truth);
    }
    stage_close(bench);
    report_goal_least(&report, report_ratio(&report, rate, "RLS on", "RLS off"), 0.85,
                      "row-level security on / off");
    free(course);
    return report_end(&report);
}
