#include "process.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

static FILE *open_file(pid_t pid, const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return fopen(path, "re");
}

/* The number behind a name at the beginning of a line; 0 where there is none. */
static double number_of(pid_t pid, const char *file_name, const char *name)
{
    FILE *file = open_file(pid, file_name);
    char line[256];
    double number = 0;

    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            number = strtod(line + strlen(name), NULL);
    if (file)
        fclose(file);
    return number;
}

static double on_cpu_s(pid_t pid, const char *thread)
{
    char name[280];
    unsigned long long ns = 0;
    FILE *file;

    snprintf(name, sizeof name, "task/%s/schedstat", thread);
    file = open_file(pid, name);
    if (file && fscanf(file, "%llu", &ns) != 1)
        ns = 0;
    if (file)
        fclose(file);
    return (double)ns / 1e9;
}

static void add_thread(pid_t pid, const char *thread, struct process *process)
{
    char name[280];

    snprintf(name, sizeof name, "task/%s/status", thread);
    process->waits += number_of(pid, name, "voluntary_ctxt_switches:");
    process->cpu_s += on_cpu_s(pid, thread);
    process->threads++;
}

static void add_descriptor(pid_t pid, const char *descriptor, struct process *process)
{
    (void)pid;
    (void)descriptor;
    process->descriptors++;
}

static void each_number(pid_t pid, const char *folder, struct process *process,
                        void (*add)(pid_t pid, const char *name, struct process *process))
{
    char path[64];
    const struct dirent *entry;
    DIR *directory;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, folder);
    directory = opendir(path);
    if (!directory)
        give_up("there is no process %d any more", (int)pid);
    while ((entry = readdir(directory)))
        if (isdigit((unsigned char)entry->d_name[0]))
            add(pid, entry->d_name, process);
    closedir(directory);
}

struct process process_now(pid_t pid)
{
    struct process process = {.pss_mb = number_of(pid, "smaps_rollup", "Pss:") / 1024,
                              .rss_mb = number_of(pid, "smaps_rollup", "Rss:") / 1024};

    each_number(pid, "task", &process, add_thread);
    each_number(pid, "fd", &process, add_descriptor);
    return process;
}

double process_family_anon_mb(pid_t pid)
{
    double mb = number_of(pid, "smaps_rollup", "Pss_Anon:") / 1024;
    DIR *processes = opendir("/proc");
    const struct dirent *entry;

    while (processes && (entry = readdir(processes))) {
        const pid_t child = (pid_t)atoi(entry->d_name);

        if (isdigit((unsigned char)entry->d_name[0]) &&
            number_of(child, "status", "PPid:") == (double)pid)
            mb += number_of(child, "smaps_rollup", "Pss_Anon:") / 1024;
    }
    if (processes)
        closedir(processes);
    return mb;
}
