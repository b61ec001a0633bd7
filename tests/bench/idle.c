/* What a co-located fleet costs that has nothing to do: the ingress and a lane of each module in
 * one process. */
#include <time.h>

#include "bench.h"
#include "process.h"

enum { SETTLE_S = 10 };

static void wait_s(double seconds)
{
    const struct timespec time = {.tv_sec = (time_t)seconds,
                                  .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};

    nanosleep(&time, NULL);
}

static void measure(struct report *report, pid_t fleet, double seconds)
{
    const struct process before = process_now(fleet);
    const int64_t began_us = monotonic_us();
    struct process after;
    double elapsed_s;

    wait_s(seconds);
    after = process_now(fleet);
    elapsed_s = (double)(monotonic_us() - began_us) / 1e6;
    report_figure(report, "CPU", (after.cpu_s - before.cpu_s) / elapsed_s * 100, "% of a core");
    report_figure(report, "waits", (after.waits - before.waits) / elapsed_s, "/s");
    report_figure(report, "memory, PSS", after.pss_mb, "MB");
    report_figure(report, "memory, RSS", after.rss_mb, "MB");
    report_figure(report, "threads", after.threads, "");
    report_figure(report, "descriptors", after.descriptors, "");
}

int bench_idle(struct bench *bench, int seconds)
{
    pid_t fleet = bench_start("fleet");
    struct report report;

    bench_wait_ready(bench, fleet);
    wait_s(SETTLE_S);
    report_begin(&report, "idle", bench);
    for (int round = 0; round < bench->repeat; round++)
        measure(&report, fleet, (double)seconds / bench->repeat);
    report_goal_most(&report, report_median(&report, "", "CPU"), 1, "CPU, in % of a core");
    report_goal_most(&report, report_median(&report, "", "memory, RSS"), 40, "memory (RSS), in MB");
    bench_stop(fleet);
    return report_end(&report);
}
