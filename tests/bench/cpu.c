/* What processes cost, from /proc: CPU and memory. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

enum { TRIES = 20 };

struct usage {
    pid_t parent;
    unsigned long own, children; /* clock ticks */
};

/* False: there is no such process. */
static bool read_usage(pid_t pid, struct usage *ret_usage)
{
    char path[64], line[1024];
    unsigned long user, system;
    long children_user, children_system;
    const char *fields;
    FILE *file;
    bool found;
    int parent;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (!file)
        return false;
    /* The name in parentheses may hold anything. */
    found = fgets(line, sizeof line, file) && (fields = strrchr(line, ')')) &&
            sscanf(fields + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld",
                   &parent, &user, &system, &children_user, &children_system) == 5;
    fclose(file);
    if (found)
        *ret_usage = (struct usage){.parent = parent,
                                    .own = user + system,
                                    .children = (unsigned long)(children_user + children_system)};
    return found;
}

static double seconds(unsigned long ticks)
{
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

double cpu_of(pid_t pid)
{
    struct usage usage = {0};

    return read_usage(pid, &usage) ? seconds(usage.own) : 0;
}

/* The living children. */
static unsigned long ticks_of_children(pid_t pid)
{
    struct usage usage;
    unsigned long ticks = 0;
    DIR *processes = opendir("/proc");
    const struct dirent *entry;

    while (processes && (entry = readdir(processes)))
        if (isdigit((unsigned char)entry->d_name[0]) &&
            read_usage((pid_t)atoi(entry->d_name), &usage) && usage.parent == pid)
            ticks += usage.own + usage.children;
    if (processes)
        closedir(processes);
    return ticks;
}

/* A child that ends meanwhile is neither among the living nor, yet, among what the parent knew of
 * the dead: then it is counted anew. */
double cpu_of_family(pid_t pid)
{
    struct usage before, after;
    unsigned long ticks;
    int tries = 0;

    do {
        if (!read_usage(pid, &before))
            return 0;
        ticks = ticks_of_children(pid);
        if (!read_usage(pid, &after))
            return 0;
    } while (after.children != before.children && ++tries < TRIES);
    return seconds(after.own + after.children + ticks);
}

double memory_of(pid_t pid)
{
    char path[64], line[256];
    double kilobytes = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kilobytes = strtod(line + 6, NULL);
    if (file)
        fclose(file);
    return kilobytes / 1024;
}
