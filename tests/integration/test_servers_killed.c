/* PostgreSQL and Kafka are killed under load and come back: the worker goes on by itself, and
 * nothing is lost or doubled. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/counters.h"
#include "support/database.h"
#include "support/program.h"

enum { LOAD = 1000 };

/* Until all its threads have ended: while one is left, a start says that it runs. */
static void kill_server(const char *name, const char *signal)
{
    char command[256];

    snprintf(command, sizeof command,
             "bash -c '. ops/local/common.sh; running \"$RUN_ROOT/%s.pid\";"
             " terminate \"$RUN_ROOT/%s.pid\" %s 20'",
             name, name, signal);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
}

static void start_servers(void)
{
    CU_ASSERT_EQUAL_FATAL(system("ops/local/servers start \"$RUN_ROOT\" >/dev/null"), 0);
}

/* Commands before, while the server is away, and after. */
static void survives(const char *server, const char *signal)
{
    struct counters counters = counters_new();
    struct program worker = program_run("worker-tally", NULL);

    counters_send(&counters, LOAD);
    for (int i = 0; i < LOAD; i++) {
        struct letter letter = counters_next(&counters, (size_t)i % COUNTERS);

        letter_post(&letter);
        if (i == LOAD / 2)
            kill_server(server, signal);
    }
    start_servers();
    counters_send(&counters, LOAD);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

void test_a_worker_survives_the_death_of_postgresql(void)
{
    survives("postgres", "QUIT"); /* its "immediate" stop */
}

void test_a_worker_survives_the_death_of_kafka(void)
{
    survives("kafka", "KILL");
}
