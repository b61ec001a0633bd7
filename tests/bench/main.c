/* The benchmarks' program; tests/bench/run prepares what it needs. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

static int seed(void)
{
    struct population *population = population_make();

    if (!population)
        give_up("no memory");
    population_write(population);
    free(population);
    return fflush(stdout) == 0 ? 0 : 1;
}

static bool is_case(const char *name)
{
    return strcmp(name, "drain") == 0 || strcmp(name, "edge") == 0 || strcmp(name, "slow") == 0 ||
           strcmp(name, "fair") == 0;
}

int main(int argc, char **argv)
{
    struct bench bench = {0};
    const char *name = argc > 1 ? argv[1] : "";
    const int number = argc > 2 ? atoi(argv[2]) : 0;
    int code;

    if (strcmp(name, "seed") == 0)
        return seed();
    if (!is_case(name) || number < 1) {
        fputs("usage: bench seed | drain COMMANDS | edge SECONDS | slow SECONDS | fair SECONDS\n",
              stderr);
        return 2;
    }
    bench_open(&bench);
    if (strcmp(name, "drain") == 0)
        code = bench_drain(&bench, (size_t)number);
    else if (strcmp(name, "edge") == 0)
        code = bench_edge(&bench, number);
    else if (strcmp(name, "slow") == 0)
        code = bench_slow(&bench, number);
    else
        code = bench_fair(&bench, number);
    bench_close(&bench);
    return code;
}
