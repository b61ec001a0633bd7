/* One run of a worker, or of a limit that does what a worker did, over the commands that wait; and
 * what it cost. */
#ifndef BENCH_DRIVE_H
#define BENCH_DRIVE_H

#include "bench.h"

enum { POINTS = 3 };

/* Everything that grows while it runs. */
struct sample {
    double time, program, postgres, broker; /* seconds, those of a CPU but for the first */
    double position, wal;
    double memory;                                     /* MB, resident at this moment */
    double batches, messages, round_trips, statements; /* of a worker */
    double deleted;                                    /* rows of the inbox, by retention */
};

struct drive {
    int lanes;
    size_t points[POINTS]; /* samples are taken when commits cover so many commands */
    const char *recording; /* folder that takes the run's SQL, or NULL */
};

struct run {
    struct sample samples[POINTS];
    struct sample used;             /* from the first to the last one */
    double commits;                 /* of batches, in all */
    double fsyncs, pages;           /* of WAL, and pages written to tables, in all */
    double commands;                /* in all */
    double round_trips, statements; /* of the limit `replay`, in all */
    double memory;                  /* MB */
};

/* worker-mc on the stage. */
struct run drive_worker(struct bench *bench, const struct drive *drive);

/* The recording's statements on the stage. */
struct run drive_replay(struct bench *bench, const struct drive *drive);

/* So many commands' rows on so many connections, in batches of `batch`. The figures of one round go
 * into the report. */
void drive_rows(struct bench *bench, struct report *report, size_t count, size_t batch,
                int connections);

/* Figures of one round. */
void tell_run(struct report *report, const struct run *run);

/* Fills the topic with commands of the population, and tells what that costs. The caller frees the
 * course. */
struct course *drive_fill(struct bench *bench, struct report *report,
                          const struct population *population, enum course_kind kind, size_t count);

/* What the database holds is what the commands asked for, once each. */
void drive_check(struct bench *bench, struct report *report, const struct course *course);

/* Of what a run used between two of its points. */
struct sample sample_between(const struct sample *from, const struct sample *to);
double rate_between(const struct sample *from, const struct sample *to);

#endif
