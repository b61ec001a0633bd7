/* A benchmark's report: settings, figures of every round, bounds and goals. At its end it is
 * printed as a table, and kept as JSON and as a picture in BENCH_OUT. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "figure.h"

struct bench;

enum { VERDICTS = 40 };

/* What a report tells of the machine and of what was measured; PostgreSQL's own settings first. */
#define REPORT_SERVER                                                                              \
    "server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_level",              \
        "shared_buffers"
#define REPORT_SETTINGS REPORT_SERVER, "machine", "cores", "commit", "number", "repeat"

enum verdict_kind { BOUND, GOAL };

struct verdict {
    char sentence[160];
    enum verdict_kind kind;
    bool holds;
};

struct report {
    const char *name;
    const char *of; /* whose figures come now */
    struct buf settings, table;
    struct figures *figures;
    struct verdict verdicts[VERDICTS];
    size_t verdict_count;
};

void report_begin(struct report *report, const char *name, struct bench *bench);

/* Whose figures the following ones are: "fleet", "rows". Borrowed. At the beginning nobody's. */
void report_of(struct report *report, const char *of);

/* A figure; said again it is that of one more round. */
void report_figure(struct report *report, const char *name, double value, const char *unit);

/* Its median so far; 0 where there is none. */
double report_median(const struct report *report, const char *of, const char *name);

/* Divides this figure of one by that of another, round by round, and returns the ratios' median; 0
 * where that is not possible. */
double report_ratio(struct report *report, const char *name, const char *of, const char *than);

/* What has to hold. Said again it is that of one more round, and holds if all did. */
void report_bound(struct report *report, bool holds, const char *sentence);

/* What we want: `value` at least, or at most, `goal`. A goal that is missed is shown, and an error
 * only with STRICT=yes. */
void report_goal_least(struct report *report, double value, double goal, const char *sentence);
void report_goal_most(struct report *report, double value, double goal, const char *sentence);

int report_end(struct report *report); /* the program's exit code */

#endif
