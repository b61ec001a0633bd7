/* PostgreSQL and Kafka are killed under load and come back: the worker goes on by itself, and
 * nothing is lost or doubled. */
#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/counters.h"
#include "support/database.h"
#include "support/program.h"

enum { LOAD = 1000 };

static void kill_server(const char *name, int number)
{
    char path[4096];
    FILE *file;
    int pid = 0;

    snprintf(path, sizeof path, "%s/%s.pid", getenv("RUN_ROOT"), name);
    file = fopen(path, "re");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_FATAL(fscanf(file, "%d", &pid) == 1 && pid > 1);
    fclose(file);
    CU_ASSERT_EQUAL_FATAL(kill(pid, number), 0);
    while (kill(pid, 0) == 0 && number != SIGKILL)
        sleep_ms(20);
}

static void start_servers(void)
{
    CU_ASSERT_EQUAL_FATAL(system("ops/local/servers start \"$RUN_ROOT\" >/dev/null"), 0);
}

/* Commands before, while the server is away, and after. */
static void survives(const char *server, int number)
{
    struct counters counters = counters_new();
    struct program worker = program_run("worker-tally", NULL);

    counters_send(&counters, LOAD);
    for (int i = 0; i < LOAD; i++) {
        struct letter letter = counters_next(&counters, (size_t)i % COUNTERS);

        letter_post(&letter);
        if (i == LOAD / 2)
            kill_server(server, number);
    }
    start_servers();
    counters_send(&counters, LOAD);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

void test_a_worker_survives_the_death_of_postgresql(void)
{
    survives("postgres", SIGQUIT); /* its "immediate" stop */
}

void test_a_worker_survives_the_death_of_kafka(void)
{
    survives("kafka", SIGKILL);
}
