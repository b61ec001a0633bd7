#include "support/program.h"

#include <CUnit/CUnit.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/date.h"
#include "support/database.h"
#include "support/port.h"

enum { ANSWER_S = 10, READY_MS = 60000, DRAIN_MS = 20000, LOOK_MS = 10, STILL_RUNS = -1000 };

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void log_to_file(const char *name)
{
    char path[4096];
    int fd;

    snprintf(path, sizeof path, "%s/log/%s.log", getenv("RUN_ROOT"), name);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
}

static void become(const char *name, const char *setting, int admin_port)
{
    char path[4096], listen[64];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(path, sizeof path, "%s/%s", getenv("TEST_BIN"), name);
    snprintf(listen, sizeof listen, "127.0.0.1:%d", admin_port);
    setenv("IDPMC_ADMIN_LISTEN", listen, 1);
    if (setting)
        putenv(strdup(setting));
    log_to_file(name);
    execl(path, name, (char *)NULL);
    _exit(127);
}

struct program program_start(const char *name, const char *setting)
{
    struct program program = {.admin_port = port_new()};

    CU_ASSERT_FATAL(getenv("TEST_BIN") && getenv("RUN_ROOT"));
    program.pid = fork();
    CU_ASSERT_FATAL(program.pid >= 0);
    if (program.pid == 0)
        become(name, setting, program.admin_port);
    return program;
}

/* The answer of the operator's port; empty where nobody answers. */
static void get(const struct program *program, const char *path, struct buf *answer)
{
    struct sockaddr_in address = loopback(program->admin_port);
    const struct timeval patience = {.tv_sec = ANSWER_S}; /* it may have been stopped meanwhile */
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char bytes[4096];
    ssize_t size;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
        dprintf(fd, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
        while ((size = read(fd, bytes, sizeof bytes)) > 0)
            buf_add(answer, bytes, (size_t)size);
    }
    close(fd);
}

static bool has_ended(const struct program *program)
{
    siginfo_t info = {.si_pid = 0};

    waitid(P_PID, (id_t)program->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid != 0;
}

bool program_ready(const struct program *program)
{
    int64_t end_ms = monotonic_ms() + READY_MS;

    while (!has_ended(program) && monotonic_ms() < end_ms) {
        cleanup(buf_deinit) struct buf answer = {0};

        get(program, "/readyz", &answer);
        if (answer.data && strncmp(answer.data, "HTTP/1.1 200", 12) == 0)
            return true;
        sleep_ms(LOOK_MS);
    }
    return false;
}

struct program program_run(const char *name, const char *setting)
{
    struct program program = program_start(name, setting);

    if (!program_ready(&program)) {
        program_kill(&program);
        CU_FAIL_FATAL("a program is not ready; see its log");
    }
    return program;
}

int program_wait(struct program *program, int timeout_ms)
{
    int64_t end_ms = monotonic_ms() + timeout_ms;
    int status;

    while (waitpid(program->pid, &status, WNOHANG) == 0) {
        if (monotonic_ms() >= end_ms)
            return STILL_RUNS;
        sleep_ms(LOOK_MS);
    }
    program->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

bool program_freezes(const struct program *program, int timeout_ms)
{
    int64_t end_ms = monotonic_ms() + timeout_ms;
    siginfo_t info = {.si_pid = 0};

    while (info.si_pid == 0 && monotonic_ms() < end_ms) {
        waitid(P_PID, (id_t)program->pid, &info, WSTOPPED | WEXITED | WNOHANG | WNOWAIT);
        sleep_ms(LOOK_MS);
    }
    return info.si_pid != 0 && info.si_code == CLD_STOPPED;
}

int program_stop(struct program *program)
{
    int code;

    program_signal(program, SIGTERM);
    code = program_wait(program, DRAIN_MS);
    if (code != STILL_RUNS)
        return code;
    program_kill(program);
    return -1;
}

void program_kill(struct program *program)
{
    if (program->pid <= 0)
        return;
    kill(program->pid, SIGKILL);
    waitpid(program->pid, NULL, 0);
    program->pid = 0;
}

void program_signal(const struct program *program, int number)
{
    CU_ASSERT_FATAL(program->pid > 0);
    kill(program->pid, number);
}

bool program_says(const struct program *program, const char *path, const char *text)
{
    cleanup(buf_deinit) struct buf answer = {0};

    get(program, path, &answer);
    return answer.data && strstr(answer.data, text);
}

double program_metric(const struct program *program, const char *prefix)
{
    cleanup(buf_deinit) struct buf answer = {0};
    double sum = 0;
    char *rest;

    get(program, "/metrics", &answer);
    for (char *line = answer.data ? strtok_r(answer.data, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest))
        if (strncmp(line, prefix, strlen(prefix)) == 0)
            sum += strtod(strrchr(line, ' '), NULL);
    return sum;
}

bool program_metric_reaches(const struct program *program, const char *prefix, double least,
                            int timeout_ms)
{
    int64_t end_ms = monotonic_ms() + timeout_ms;

    while (program_metric(program, prefix) < least) {
        if (monotonic_ms() > end_ms)
            return false;
        sleep_ms(LOOK_MS);
    }
    return true;
}
