/* The fleet's keys change under a worker that runs: SIGHUP makes it take the new one, at once and
 * without a message lost. */
#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/date.h"
#include "support/counters.h"
#include "support/database.h"
#include "support/program.h"

enum { LOAD = 200, SOON_MS = 10000 };

#define NEXT_KEY "next:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static char path[] = "/tmp/test_key_rotation.XXXXXX";

static void write_keys(const char *keys)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, keys, strlen(keys)), (ssize_t)strlen(keys));
    close(fd);
}

/* The worker gets its keys from the file; the test's own letters are signed as before. */
static struct program run_with_file(const char *keys)
{
    struct program worker;

    close(mkstemp(path));
    write_keys(keys);
    unsetenv("IDPMC_FLEET_KEYS");
    setenv("IDPMC_FLEET_KEYS_FILE", path, 1);
    worker = program_run("worker-tally", NULL);
    unsetenv("IDPMC_FLEET_KEYS_FILE");
    setenv("IDPMC_FLEET_KEYS", keys, 1);
    return worker;
}

static bool log_says(const char *words)
{
    char name[4096], line[4096];
    bool found = false;
    FILE *file;

    snprintf(name, sizeof name, "%s/log/worker-tally.log", getenv("RUN_ROOT"));
    file = fopen(name, "re");
    while (file && !found && fgets(line, sizeof line, file))
        found = strstr(line, words);
    if (file)
        fclose(file);
    return found;
}

static bool will_say(const char *words)
{
    int64_t end_ms = monotonic_ms() + SOON_MS;

    while (monotonic_ms() < end_ms) {
        if (log_says(words))
            return true;
        sleep_ms(20);
    }
    return false;
}

void test_a_new_key_is_taken_while_the_worker_runs(void)
{
    struct counters counters = counters_new();
    char old[1024], both[2048];
    struct program worker;

    snprintf(old, sizeof old, "%s", getenv("IDPMC_FLEET_KEYS"));
    snprintf(both, sizeof both, NEXT_KEY ",%s", old);
    worker = run_with_file(old);
    counters_send(&counters, LOAD);
    write_keys(both);
    program_signal(&worker, SIGHUP);
    CU_ASSERT_TRUE(will_say("the settings are read again; changed: IDPMC_FLEET_KEYS"));
    setenv("IDPMC_FLEET_KEYS", both, 1);
    counters_send(&counters, LOAD);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
    setenv("IDPMC_FLEET_KEYS", old, 1);
    unlink(path);
}
