/* A worker whose allocations fail again and again, at each place in turn, while commands flow:
 * counters come out exact. It goes on, or ends to be started again. */
#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/date.h"
#include "support/counters.h"
#include "support/database.h"
#include "support/program.h"

enum { STARVING_MS = 120000, ROUND_MS = 200 };

struct starved {
    struct program worker;
    char file[256], setting[320];
    unsigned ended; /* how often it ended and was started again */
};

static void start(struct starved *starved)
{
    starved->worker = program_start("worker-tally-malloc", starved->setting);
}

static struct starved starve(unsigned failures)
{
    struct starved starved = {.ended = 0};

    snprintf(starved.file, sizeof starved.file, "%s/starved.%d", getenv("RUN_ROOT"), getpid());
    snprintf(starved.setting, sizeof starved.setting, "FAILING_MALLOC=%u:%s", failures,
             starved.file);
    unlink(starved.file);
    start(&starved);
    return starved;
}

/* An end that a supervisor would mend: by itself, not by a signal. */
static void supervise(struct starved *starved)
{
    int code = program_wait(&starved->worker, 0);

    if (starved->worker.pid > 0)
        return;
    if (code < 0)
        printf("# it ended by signal %d\n", -code);
    CU_ASSERT_FATAL(code >= 0);
    starved->ended++;
    start(starved);
}

/* Half of it comes from an outside producer, whose credential is read every second. */
static void send(struct counters *counters, const struct producer *producer, int count)
{
    for (int i = 0; i < count; i++) {
        struct letter letter = counters_next(counters, (size_t)counters->total % COUNTERS);

        if (i % 2)
            letter_from(&letter, producer);
        letter_post(&letter);
    }
    letters_arrive();
}

/* So many allocations fail while so many commands a round flow. */
static void starve_and_check(unsigned failures, int load)
{
    struct counters counters = counters_new();
    struct producer producer = producer_make(counters.tenant, "tally.count.v1");
    struct starved starved = starve(failures);
    int64_t end_ms = monotonic_ms() + STARVING_MS;

    while (access(starved.file, F_OK) != 0 && monotonic_ms() < end_ms) {
        send(&counters, &producer, load);
        supervise(&starved);
        sleep_ms(ROUND_MS);
    }
    CU_ASSERT_EQUAL(access(starved.file, F_OK), 0);
    send(&counters, &producer, load);
    counters_check(&counters);
    CU_ASSERT_EQUAL(sql_number("select count(*) from tally.dead where tenant = '%s'",
                               id_text(counters.tenant.uuid)),
                    0);
    CU_ASSERT_EQUAL(program_stop(&starved.worker), 0);
    printf("# note: memory ran out %u times, it ended %u times, %lld commands\n", failures,
           starved.ended, (long long)counters.total);
    unlink(starved.file);
}

void test_a_worker_that_runs_out_of_memory_anywhere_neither_loses_nor_doubles(void)
{
    setenv("IDPMC_CREDENTIALS_S", "1", 1);
    starve_and_check(240, 80);
}

/* The producer's share is small, so that most of its commands are parked and tried again. */
void test_neither_does_one_that_parks(void)
{
    setenv("IDPMC_CREDENTIALS_S", "1", 1);
    setenv("IDPMC_PRODUCER_PER_S", "100", 1);
    setenv("IDPMC_PRODUCER_BURST", "10", 1);
    setenv("IDPMC_PARK_FIRST_MS", "50", 1);
    setenv("IDPMC_PARK_MOST_MS", "500", 1);
    starve_and_check(80, 40);
}
