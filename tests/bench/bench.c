#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    QUERY_MS = 300000,
    CONNECT_MS = 5000,
    PAGE_BYTES = 16384,
    POLL_MS = 10,
    LIMIT_S = 60,
    LEAST_A_S = 500, /* commands, of a lane beside whatever else the machine does */
};

_Noreturn void give_up(const char *format, ...)
{
    va_list args;

    fputs("bench: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static const char *setting(const char *name)
{
    const char *value = getenv(name);

    if (!value)
        give_up("%s is not set; start it with: make bench", name);
    return value;
}

static pid_t server_pid(const char *name)
{
    char path[4096];
    FILE *file;
    int pid = 0;

    snprintf(path, sizeof path, "%s/%s.pid", setting("RUN_ROOT"), name);
    file = fopen(path, "re");
    if (!file || fscanf(file, "%d", &pid) != 1)
        give_up("%s does not say which process %s is", path, name);
    fclose(file);
    return pid;
}

static void load_settings(struct bench *bench)
{
    static const struct config_module modules[] = {{.name = "core"}, {.name = "mc"}};
    const struct config_source source = {
        .environment = environ,
        .modules = modules,
        .module_count = COUNT_OF(modules),
        .needs = CONFIG_KAFKA | CONFIG_OPERATOR_DATABASE | CONFIG_FLEET_KEYS | CONFIG_TOKENS,
    };
    cleanup(buf_deinit) struct buf said = {0};

    if (config_load(&source, &bench->config, &said) < 0)
        give_up("%.*s", (int)said.size, said.data);
}

void bench_open(struct bench *bench)
{
    const struct config_keys *keys;

    load_settings(bench);
    keys = &bench->config->fleet_keys;
    bench->keys = keyring_new();
    bench->population = population_make();
    if (!bench->keys || !bench->population ||
        keyring_add_fleet(bench->keys, span_text(keys->items[0].keyid), keys->items[0].secret) < 0)
        give_up("no memory");
    bench->pg = pg_connect(bench->config->database_url, "bench");
    if (!bench->pg || pg_wait(bench->pg, CONNECT_MS) < 0)
        give_up("PostgreSQL does not answer");
    bench->postgres = server_pid("postgres");
    bench->broker = server_pid("kafka");
    bench->redis = server_pid("redis");
}

void bench_close(struct bench *bench)
{
    pg_close(bench->pg);
    keyring_free(bench->keys);
    config_free(bench->config);
    free(bench->population);
}

int64_t bench_number(struct bench *bench, const char *sql)
{
    int answer = pg_add(bench->pg, sql, NULL, 0);
    const struct pg_rows *rows;

    if (answer < 0 || pg_wait(bench->pg, QUERY_MS) < 0)
        give_up("%s: %s", sql, pg_failure(bench->pg)->message);
    rows = pg_rows(bench->pg, answer);
    return pg_row_count(rows) == 1 ? pg_get_int8(rows, 0, 0) : 0;
}

void bench_script(struct bench *bench, const char *sql)
{
    if (pg_script(bench->pg, sql, QUERY_MS) < 0)
        give_up("%s: %s", sql, pg_failure(bench->pg)->message);
}

/* With its output in RUN_ROOT/<name>.log; `arguments` begin with the program. */
static pid_t start(const char *name, const char *const *arguments)
{
    char log[4096];
    pid_t pid;
    int fd;

    snprintf(log, sizeof log, "%s/%s.log", setting("RUN_ROOT"), name);
    pid = fork();
    if (pid < 0)
        give_up("fork: %s", strerror(errno));
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* it has no use for anybody where the bench gave up */
    fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0 && dup2(fd, STDERR_FILENO) >= 0) {
        unsetenv("IDPMC_DATABASE_URL"); /* the operator's */
        execv(arguments[0], (char *const *)(uintptr_t)arguments);
    }
    perror(arguments[0]);
    _exit(127);
}

pid_t bench_start(const char *name)
{
    char program[4096];

    snprintf(program, sizeof program, "%s/%s", setting("BIN"), name);
    return start(name, (const char *const[]){program, NULL});
}

/* The limits stand beside this program, in a folder of their own. */
pid_t bench_start_limit(const char *name, const char *const *arguments)
{
    enum { ARGUMENTS_MAX = 16 };
    const char *all[ARGUMENTS_MAX + 2] = {NULL}, *own = setting("BENCH");
    char program[4096], log[64];

    snprintf(program, sizeof program, "%.*s/limits/%s", (int)(strrchr(own, '/') - own), own, name);
    snprintf(log, sizeof log, "limit-%s", name);
    all[0] = program;
    for (size_t i = 0; i < ARGUMENTS_MAX && arguments[i]; i++)
        all[i + 1] = arguments[i];
    return start(log, all);
}

pid_t bench_start_recorded(const char *folder)
{
    const char *own = setting("BENCH");
    char program[4096];
    pid_t pid;

    snprintf(program, sizeof program, "%.*s/worker-mc-recorded", (int)(strrchr(own, '/') - own),
             own);
    setenv("BENCH_RECORDING", folder, 1);
    pid = start("worker-mc-recorded", (const char *const[]){program, NULL});
    unsetenv("BENCH_RECORDING");
    return pid;
}

double bench_said(const char *limit, const char *name)
{
    char path[4096], line[256];
    double value = 0;
    FILE *file;

    snprintf(path, sizeof path, "%s/limit-%s.log", setting("RUN_ROOT"), limit);
    file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ' ')
            value = strtod(line + strlen(name), NULL);
    if (file)
        fclose(file);
    return value;
}

void bench_stop(pid_t pid)
{
    kill(pid, SIGTERM);
    bench_wait_end(pid);
}

void bench_wait_end(pid_t pid)
{
    int status;

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        give_up("a program did not end as it should; its log is in RUN_ROOT");
}

bool bench_runs(pid_t pid)
{
    return waitpid(pid, NULL, WNOHANG) == 0;
}

int bench_connect(const char *address)
{
    char host[256];
    const char *colon = strrchr(address, ':');
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int fd;

    if (!colon)
        return -1;
    snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
    if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
        return -1;
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) < 0) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

struct buf bench_page(const struct bench *bench, const char *path)
{
    struct buf page = {0};
    char bytes[PAGE_BYTES];
    ssize_t size;
    int fd = bench_connect(bench->config->admin_listen);

    if (fd < 0)
        return page;
    if (dprintf(fd, "GET %s HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n", path) > 0)
        while ((size = read(fd, bytes, sizeof bytes)) > 0)
            buf_add(&page, bytes, (size_t)size);
    close(fd);
    return page;
}

int64_t bench_reached(struct bench *bench)
{
    int64_t base = 0;

    for (size_t i = 0; i < PARTITIONS; i++)
        base += bench->base[i];
    return bench_number(bench, "select coalesce(sum(next), 0)::int8 from mc.position"
                               " where topic = 'idpmc.mc.commands'") -
           base;
}

int64_t bench_wait_position(struct bench *bench, pid_t worker, int64_t position)
{
    const int64_t limit_s = LIMIT_S + position / LEAST_A_S;
    int64_t end_ms = monotonic_ms() + limit_s * 1000, reached;

    while ((reached = bench_reached(bench)) < position) {
        if (!bench_runs(worker))
            give_up("the worker ended by itself; its log is in RUN_ROOT");
        if (monotonic_ms() > end_ms)
            give_up("the backlog was not worked off within %lld s", (long long)limit_s);
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
    }
    return reached;
}

double metrics_sum(const struct buf *metrics, const char *name, const char *label)
{
    double sum = 0;
    size_t size = strlen(name);

    for (const char *line = metrics->data; line; line = strchr(line, '\n')) {
        const char *end, *space;

        line += *line == '\n';
        end = strchrnul(line, '\n');
        space = memrchr(line, ' ', (size_t)(end - line));
        if (strncmp(line, name, size) != 0 || !strchr("{ ", line[size]) || !space)
            continue;
        if (!label || memmem(line, (size_t)(end - line), label, strlen(label)))
            sum += strtod(space, NULL);
    }
    return sum;
}
