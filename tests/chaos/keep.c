/* keep NAME FOLDER PROGRAM [ARGUMENT]...: starts a program again whenever it ended, as a supervisor
 * does, until it is told to stop. FOLDER/NAME.pid names the process; what stands in FOLDER/NAME.arm
 * (NAME=value lines) is in the environment of the next start only, where NOFILE= and AS= (MB) are
 * limits; FOLDER/NAME.ends says how each one ended. Whoever starts this may be killed: it and its
 * program go with them. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "chaos.h"

enum { REST_MS = 300, DRAIN_MS = 25000, LOOK_MS = 10 };

struct keeper {
    const char *name, *folder;
    char **command;
};

static volatile sig_atomic_t stopped;

static void on_stop(int number)
{
    (void)number;
    stopped = 1;
}

static void rest(int ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

static FILE *open_file(const struct keeper *keeper, const char *ending, const char *mode)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s.%s", keeper->folder, keeper->name, ending);
    return fopen(path, mode);
}

static void limit_to(__rlimit_resource_t resource, const char *most, unsigned shift)
{
    const rlim_t value = strtoul(most, NULL, 10) << shift;
    const struct rlimit limit = {value, value};

    if (setrlimit(resource, &limit) < 0)
        _exit(126);
}

static void arm(const struct keeper *keeper)
{
    char path[4096], line[1024];
    FILE *file = open_file(keeper, "arm", "re");

    if (!file)
        return;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "NOFILE=", 7) == 0)
            limit_to(RLIMIT_NOFILE, line + 7, 0);
        else if (strncmp(line, "AS=", 3) == 0)
            limit_to(RLIMIT_AS, line + 3, 20);
        else if (strchr(line, '='))
            putenv(strdup(line));
    }
    fclose(file);
    snprintf(path, sizeof path, "%s/%s.arm", keeper->folder, keeper->name);
    unlink(path);
}

static _Noreturn void become(const struct keeper *keeper)
{
    char path[4096];
    int fd;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(path, sizeof path, "%s/%s.log", keeper->folder, keeper->name);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd >= 0) {
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
    }
    arm(keeper);
    execv(keeper->command[0], keeper->command);
    perror(keeper->command[0]);
    _exit(127);
}

static pid_t start(const struct keeper *keeper)
{
    pid_t pid = fork();
    FILE *file;

    if (pid < 0)
        give_up("fork: %s", strerror(errno));
    if (pid == 0)
        become(keeper);
    file = open_file(keeper, "pid.new", "we");
    if (file) {
        char from[4096], to[4096];

        fprintf(file, "%d\n", (int)pid);
        fclose(file);
        snprintf(from, sizeof from, "%s/%s.pid.new", keeper->folder, keeper->name);
        snprintf(to, sizeof to, "%s/%s.pid", keeper->folder, keeper->name);
        rename(from, to);
    }
    return pid;
}

static void note_end(const struct keeper *keeper, pid_t pid, int status)
{
    FILE *file = open_file(keeper, "ends", "ae");

    if (!file)
        return;
    fprintf(file, "%d %s %d\n", (int)pid, WIFSIGNALED(status) ? "signal" : "exit",
            WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    fclose(file);
}

/* Waits for its end; once we are told to stop it is told too, and at last killed. */
static void outlive(const struct keeper *keeper, pid_t pid)
{
    int64_t killed_ms = 0;
    int status;

    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (stopped && killed_ms == 0) {
            kill(pid, SIGTERM);
            killed_ms = monotonic_ms() + DRAIN_MS;
        } else if (stopped && monotonic_ms() > killed_ms) {
            kill(pid, SIGKILL);
        }
        rest(LOOK_MS);
    }
    note_end(keeper, pid, status);
}

int chaos_keep(int argc, char **argv)
{
    const struct sigaction action = {.sa_handler = on_stop};
    struct keeper keeper;

    if (argc < 3)
        give_up("usage: chaos keep NAME FOLDER PROGRAM [ARGUMENT]...");
    keeper = (struct keeper){argv[0], argv[1], argv + 2};
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    if (getppid() == 1)
        return 1;
    while (!stopped) {
        outlive(&keeper, start(&keeper));
        if (!stopped)
            rest(REST_MS);
    }
    return 0;
}
