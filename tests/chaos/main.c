/* The fault suite's programs in one: tests/chaos/run starts them. */
#include <stdlib.h>
#include <string.h>

#include "chaos.h"

static int chaos_seed(int argc, char **argv)
{
    static struct population population;

    if (argc != 1)
        give_up("usage: chaos seed SEED");
    population_make(strtoull(argv[0], NULL, 10), &population);
    population_write_sql(&population);
    return fflush(stdout) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } programs[] = {
        {"seed", chaos_seed}, {"load", chaos_load},   {"judge", chaos_judge},
        {"keep", chaos_keep}, {"proxy", chaos_proxy}, {"set-clock", chaos_set_clock},
    };

    for (size_t i = 0; argc > 1 && i < COUNT_OF(programs); i++)
        if (strcmp(argv[1], programs[i].name) == 0)
            return programs[i].run(argc - 2, argv + 2);
    give_up("usage: chaos seed|load|judge|keep|proxy|set-clock ...");
}
