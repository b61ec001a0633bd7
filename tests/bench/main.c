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

int main(int argc, char **argv)
{
    struct bench bench = {0};
    const char *name = argc > 1 ? argv[1] : "";
    const int number = argc > 2 ? atoi(argv[2]) : 0;
    int code;

    if (strcmp(name, "seed") == 0)
        return seed();
    if ((strcmp(name, "drain") != 0 && strcmp(name, "edge") != 0) || number < 1) {
        fputs("usage: bench seed | drain COMMANDS | edge SECONDS\n", stderr);
        return 2;
    }
    bench_open(&bench);
    code = strcmp(name, "drain") == 0 ? bench_drain(&bench, (size_t)number)
                                      : bench_edge(&bench, number);
    bench_close(&bench);
    return code;
}
