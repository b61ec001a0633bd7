/* The fleet's programs as processes of a test: started, looked at, stopped, frozen, killed. */
#ifndef SUPPORT_PROGRAM_H
#define SUPPORT_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

struct program {
    pid_t pid; /* 0: it does not run */
    int admin_port;
};

/* Starts TEST_BIN/<name> with its log in RUN_ROOT/log; `setting` ("CRASH_AT=after-load:2", or NULL)
 * comes to the environment. The program dies with the test's. */
struct program program_start(const char *name, const char *setting);

/* Waits until it is ready to work. False: it ended, or is not ready within 60 s. */
bool program_ready(const struct program *program);

/* program_start and program_ready; fails the test. */
struct program program_run(const char *name, const char *setting);

/* SIGTERM, and its exit code; -1: it did not end by itself within 20 s, and was killed. */
int program_stop(struct program *program);

/* Waits for its end: the exit code, minus the signal that ended it, or -1000 where it still runs
 * after `timeout_ms`. */
int program_wait(struct program *program, int timeout_ms);

/* Waits until FREEZE_AT has stopped it. False: not within `timeout_ms`. */
bool program_freezes(const struct program *program, int timeout_ms);

void program_kill(struct program *program); /* SIGKILL; harmless when it does not run */
void program_signal(const struct program *program, int number);

/* Does the answer of the operator's port to that path contain the text? */
bool program_says(const struct program *program, const char *path, const char *text);

/* The sum of a metric's series whose name and labels begin so: idpmc_batch_messages_count{...}. */
double program_metric(const struct program *program, const char *prefix);

/* Waits until that sum is at least so much. False: not within `timeout_ms`. */
bool program_metric_reaches(const struct program *program, const char *prefix, double least,
                            int timeout_ms);

#endif
