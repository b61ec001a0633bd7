/* A worker whose table or role breaks a rule of isolation does not run: it ends with 3, and its log
 * names the breach. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/database.h"
#include "support/program.h"

enum { END_MS = 15000, EXIT_ISOLATION = 3 };

static bool log_names(const char *what)
{
    char command[4096];

    snprintf(command, sizeof command, "tail -n 8 \"$RUN_ROOT/log/worker-tally.log\" | grep -q '%s'",
             what);
    return system(command) == 0;
}

static void refuses_after(const char *breach, const char *repair, const char *named)
{
    struct program worker;

    database_ready();
    sql("%s", breach);
    worker = program_start("worker-tally", NULL);
    CU_ASSERT_EQUAL(program_wait(&worker, END_MS), EXIT_ISOLATION);
    sql("%s", repair);
    program_kill(&worker);
    CU_ASSERT_TRUE(log_names(named));
}

void test_a_table_without_row_level_security_stops_the_worker(void)
{
    refuses_after("alter table tally.counters disable row level security",
                  "alter table tally.counters enable row level security", "tally.counters");
}

void test_a_table_whose_owner_is_not_bound_stops_the_worker(void)
{
    refuses_after("alter table tally.counters no force row level security",
                  "alter table tally.counters force row level security", "tally.counters");
}

void test_a_role_that_bypasses_row_level_security_stops_the_worker(void)
{
    refuses_after("alter role idpmc_tally bypassrls", "alter role idpmc_tally nobypassrls",
                  "idpmc_tally");
}

void test_the_worker_runs_when_nothing_is_broken(void)
{
    struct program worker;

    database_ready();
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}
