/* What the kernel tells of a process. */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include <sys/types.h>

struct process {
    double cpu_s;          /* of its threads that live; finer than cpu_of */
    double waits;          /* how often they went to sleep */
    double pss_mb, rss_mb; /* shared pages by their share, and in full */
    double threads, descriptors;
};

/* Gives up where there is no such process. */
struct process process_now(pid_t pid);

/* Memory of its own of it and of its children, in MB, but for what they share. */
double process_family_anon_mb(pid_t pid);

#endif
