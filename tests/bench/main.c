/* The benchmarks' program; tests/bench/run prepares what it needs. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "flame.h"

enum { COMMANDS, SECONDS };

/* A case, how large it is by default, and whether that is a number of commands or of seconds. */
static const struct {
    const char *name;
    int (*run)(struct bench *bench, int number);
    int number, kind;
} cases[] = {
    {"drain", bench_drain, 80000, COMMANDS},
    {"drain-2", bench_drain_2, 150000, COMMANDS},
    {"ramp", bench_ramp, 100000, COMMANDS},
    {"one-player", bench_one_player, 30000, COMMANDS},
    {"tenants", bench_tenants, 30000, COMMANDS},
    {"rls", bench_rls, 40000, COMMANDS},
    {"edge", bench_edge, 10, SECONDS},
    {"slow", bench_slow, 10, SECONDS},
    {"fair", bench_fair, 10, SECONDS},
    {"fair-fans", bench_fair_fans, 10, SECONDS},
    {"http", bench_http, 10, SECONDS},
    {"latency", bench_latency, 30, SECONDS},
    {"reads", bench_reads, 10, SECONDS},
    {"idle", bench_idle, 20, SECONDS},
    {"soak", bench_soak, 1800, SECONDS},
    {"crowd", bench_crowd, 60, SECONDS},
    {"million", bench_million, 1000000, COMMANDS},
    {"retention", bench_retention, 20000000, COMMANDS},
};

static int usage(void)
{
    fputs("usage: bench seed [CASE] | compare A.json B.json | flame TITLE | CASE; of these:",
          stderr);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        fprintf(stderr, " %s", cases[i].name);
    fputs("\nwith SIZE= commands (retention: rows) or FOR_S= seconds, REPEAT= rounds\n", stderr);
    return 2;
}

/* The population as SQL. Before the case `ramp` the database stays as migrations leave it: nobody
 * has looked at its tables. Beside the clubs of the cases `tenants` and `crowd` the usual ones are
 * there. */
static int seed(const char *name)
{
    const bool alone = strcmp(name, "tenants") == 0, crowd = strcmp(name, "crowd") == 0;
    struct population *population = population_make();
    struct population *more = alone   ? population_make_alone()
                              : crowd ? population_make_more()
                                      : NULL;

    if (!population || ((alone || crowd) && !more))
        give_up("no memory");
    population_write(population);
    if (more)
        population_write(more);
    puts(strcmp(name, "ramp") == 0 ? "checkpoint;" : "vacuum analyze;\ncheckpoint;");
    free(population);
    free(more);
    return fflush(stdout) == 0 ? 0 : 1;
}

/* From `perf script` to a picture. */
static int flame(const char *title)
{
    struct flame *flame = flame_new();
    cleanup(buf_deinit) struct buf svg = {0};
    char line[4096];

    if (!flame)
        give_up("no memory");
    while (fgets(line, sizeof line, stdin))
        if (!flame_read(flame, line))
            give_up("no memory");
    if (flame_samples(flame) == 0)
        give_up("there is no sample");
    flame_plot(flame, title, &svg);
    flame_free(flame);
    return fwrite(svg.data, 1, svg.size, stdout) == svg.size && fflush(stdout) == 0 ? 0 : 1;
}

/* A setting of the environment; what is empty is not set. */
static int setting_or(const char *name, int otherwise, int most)
{
    const char *text = getenv(name);
    int value = text && *text ? atoi(text) : otherwise;

    if (value < 1 || value > most)
        give_up("%s=%s: it is a number from 1 to %d", name, text, most);
    return value;
}

int main(int argc, char **argv)
{
    struct bench bench = {0};
    const char *name = argc > 1 ? argv[1] : "";
    size_t i = 0;
    int code;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (strcmp(name, "seed") == 0)
        return seed(argc > 2 ? argv[2] : "");
    if (strcmp(name, "flame") == 0 && argc == 3)
        return flame(argv[2]);
    if (strcmp(name, "compare") == 0 && argc == 4)
        return bench_compare(argv[2], argv[3]);
    while (i < COUNT_OF(cases) && strcmp(name, cases[i].name) != 0)
        i++;
    if (i == COUNT_OF(cases) || argc != 2)
        return usage();
    bench.repeat = setting_or("REPEAT", 5, FIGURE_ROUNDS);
    bench.number = cases[i].kind == COMMANDS ? setting_or("SIZE", cases[i].number, 100000000)
                                             : setting_or("FOR_S", cases[i].number, 3600);
    bench_open(&bench);
    code = cases[i].run(&bench, bench.number);
    bench_close(&bench);
    return code;
}
