#include "runtime/process.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log/log.h"
#include "metrics/metrics.h"
#include "runtime/admin.h"
#include "runtime/health_check.h"
#include "runtime/lane.h"
#include "runtime/process_command.h"
#include "runtime/process_settings.h"
#include "runtime/version.h"

enum {
    MAX_LANES = 256,
    GRACE_MS = 1500,  /* more than the edge has; then the process ends, drained or not */
    LAST_WORDS_S = 2, /* and if even saying so hangs */
    WATCH_MS = 200,
    TIDY_MS = 60000,
    EXIT_FAULT = 1,
    EXIT_USAGE = 2,
    EXIT_ISOLATION = 3,
    EXIT_AWAY = 75, /* sysexits.h: EX_TEMPFAIL; a supervisor starts it again */
};

/* How long a lane's thread has given no sign of life, as this one has seen it. Counted in looks,
 * not read from a clock: where the whole process stood still, no thread of it hung. */
struct watched {
    uint64_t signs;
    int64_t silent_ms;
    bool hangs;
};

struct process {
    const struct process_options *options;
    struct process_settings *settings;
    const struct config *config; /* in force */
    struct lane *lanes[MAX_LANES];
    size_t lane_count;
    struct watched watched[MAX_LANES]; /* each lane */
    bool hangs;                        /* any of them */
    struct loop *loop;
    struct admin *admin;
    void *edge;
    struct loop_timer *watch, *tidy;
    struct loop_signal *term, *interrupt, *hangup;
    bool draining;
    int exit_code;
};

static int start_lane(struct process *process, size_t i, unsigned number)
{
    cleanup(buf_deinit) struct buf error = {0};
    const struct lane_options options = {
        .worker = workers[i],
        .number = number,
        .database_url = config_database_url(process->config, workers[i]->name),
        .settings = process_settings_of_worker(process->settings, i),
        .config = process->config,
    };
    struct lane *lane = process->lane_count < MAX_LANES ? lane_start(&options, &error) : NULL;

    if (!lane) {
        log_error(&(struct log_context){.worker = workers[i]->name, .error = error.data},
                  "a lane does not start");
        return -ENOMEM;
    }
    process->lanes[process->lane_count++] = lane;
    return 0;
}

static int start_lanes(struct process *process)
{
    int r = 0;

    for (size_t i = 0; workers[i] && r == 0; i++) {
        if (!config_runs(process->config, workers[i]->name))
            continue;
        for (unsigned number = 0; number < (unsigned)process->config->lanes && r == 0; number++)
            r = start_lane(process, i, number);
    }
    return r;
}

static bool is_ready(void *data, struct buf *away)
{
    const struct process *process = data;
    size_t waiting = 0, stopped = 0;
    bool ready = !process->draining;

    if (process->draining)
        buf_add_text(away, "draining");
    for (size_t i = 0; i < process->lane_count; i++) {
        waiting += lane_health(process->lanes[i]) != LANE_RUNNING;
        stopped += lane_stopped(process->lanes[i]);
    }
    if (waiting > 0)
        buf_printf(away, "%s%zu of %zu lanes", away->size > 0 ? ", " : "", waiting,
                   process->lane_count);
    if (stopped > 0) /* told, but the others work: who asks shall not take them away */
        buf_printf(away, "%s%zu stopped partitions", away->size > 0 ? ", " : "", stopped);
    if (process->edge && !process->options->edge->ready(process->edge, away))
        ready = false;
    return ready && waiting == 0;
}

static bool is_alive(void *data, struct buf *stuck)
{
    const struct process *process = data;

    for (size_t i = 0; i < process->lane_count; i++)
        if (process->watched[i].hangs)
            buf_printf(stuck, "%s%s", stuck->size > 0 ? ", " : "", lane_name(process->lanes[i]));
    return !process->hangs;
}

static void stop_loop(void *data)
{
    struct process *process = data;

    loop_stop(process->loop);
}

/* Asked twice: at once, whatever the threads do just now. */
static void end_at_once(int number)
{
    (void)number;
    _exit(EXIT_FAULT);
}

/* For the thread that watches a drain: it may outlive everything else of the process. */
static struct {
    int64_t ms;
    int exit_code;
} drain_bound;

/* Something hangs: what is in flight is left to those who come next, as after a kill -9. */
static void *end_in_time(void *data)
{
    struct timespec left = {.tv_sec = drain_bound.ms / 1000,
                            .tv_nsec = drain_bound.ms % 1000 * 1000000};

    (void)data;

    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        continue;
    log_warning(NULL,
                "not drained within %lld ms, for something that it needs does not answer: it ends "
                "as it is, and nothing is lost by that",
                (long long)drain_bound.ms);
    _exit(drain_bound.exit_code);
}

static void bound_drain(struct process *process)
{
    const struct sigaction at_once = {.sa_handler = end_at_once};
    pthread_t thread;

    drain_bound.ms = process->config->drain_ms + GRACE_MS;
    drain_bound.exit_code = process->exit_code ? process->exit_code : EXIT_AWAY;
    sigaction(SIGTERM, &at_once, NULL);
    sigaction(SIGINT, &at_once, NULL);
    alarm((unsigned)(drain_bound.ms / 1000) + LAST_WORDS_S);
    if (pthread_create(&thread, NULL, end_in_time, NULL) == 0)
        pthread_detach(thread);
}

static void drain(struct process *process)
{
    if (process->draining)
        return;
    process->draining = true;
    bound_drain(process); /* before anything else: who reads the log may hang, too */
    log_info(NULL, "%s drains", process->options->program);
    for (size_t i = 0; i < process->lane_count; i++)
        lane_stop(process->lanes[i]);
    if (process->edge)
        process->options->edge->stop(process->edge, process->config->drain_ms, stop_loop, process);
    else
        loop_stop(process->loop);
}

static void on_signal(void *data)
{
    drain(data);
}

/* What the edge cannot take over it goes on without, and says why. */
static void reload_edge(struct process *process)
{
    cleanup(buf_deinit) struct buf error = {0};
    int r = process->options->edge->reload(process->edge, process->config, &error);

    if (r < 0)
        log_error(&(struct log_context){.error = error.data},
                  "the ingress keeps what it had of its files and keys");
}

static void reload(void *data)
{
    struct process *process = data;

    if (process->draining || process_settings_reload(process->settings) < 0)
        return;
    process->config = process_settings_config(process->settings);
    log_set_level(process->config->log_level);
    for (size_t i = 0; i < process->lane_count; i++) {
        lane_set_fleet_keys(process->lanes[i], &process->config->fleet_keys);
        lane_look_again(process->lanes[i]);
    }
    if (process->edge)
        reload_edge(process);
}

/* The others finish what they have, if they can within a drain's time. */
static void end_for_supervisor(struct process *process)
{
    process->exit_code = EXIT_AWAY;
    drain(process);
}

static bool hangs(struct process *process, size_t i)
{
    const int64_t patience_ms = process->config->lane_hang_ms + process->config->database_lane_ms;
    struct watched *watched = &process->watched[i];
    uint64_t signs = lane_signs(process->lanes[i]);

    watched->silent_ms = signs == watched->signs ? watched->silent_ms + WATCH_MS : 0;
    watched->signs = signs;
    watched->hangs |= watched->silent_ms >= patience_ms;
    return watched->hangs;
}

/* A lane that found a rule of isolation broken takes the whole process with it; so does one whose
 * thread hangs, or whose consumer cannot be made to deliver. */
static void watch_lanes(void *data)
{
    struct process *process = data;

    for (size_t i = 0; i < process->lane_count && !process->draining; i++) {
        if (lane_health(process->lanes[i]) == LANE_BREACH) {
            process->exit_code = EXIT_ISOLATION;
            drain(process);
        } else if (lane_gave_up(process->lanes[i])) {
            end_for_supervisor(process);
        } else if (hangs(process, i)) {
            process->hangs = true;
            end_for_supervisor(process);
            log_error(NULL,
                      "the thread of lane %s hangs: the process ends, for its supervisor to "
                      "start another",
                      lane_name(process->lanes[i]));
        }
    }
}

/* The C library gives back only the end of its heaps by itself: what one batch of a backlog took
 * would be the process's for good. */
static void give_back_memory(void *data)
{
    (void)data;
    malloc_trim(0);
}

static int start(struct process *process)
{
    cleanup(buf_deinit) struct buf error = {0};
    const struct process_edge *edge = process->options->edge;
    int r;

    process->loop = loop_new();
    process->watch = process->loop ? loop_timer_new(process->loop, watch_lanes, process) : NULL;
    process->tidy = process->loop ? loop_timer_new(process->loop, give_back_memory, NULL) : NULL;
    process->term =
        process->loop ? loop_signal_new(process->loop, SIGTERM, on_signal, process) : NULL;
    process->interrupt =
        process->loop ? loop_signal_new(process->loop, SIGINT, on_signal, process) : NULL;
    process->hangup =
        process->loop ? loop_signal_new(process->loop, SIGHUP, reload, process) : NULL;
    if (!process->watch || !process->tidy || !process->term || !process->interrupt ||
        !process->hangup)
        return -ENOMEM;
    loop_timer_start(process->watch, WATCH_MS, WATCH_MS);
    loop_timer_start(process->tidy, TIDY_MS, TIDY_MS);
    r = admin_start(process->loop, process->config->admin_listen,
                    &(struct admin_asks){.ready = is_ready, .alive = is_alive, .data = process},
                    &process->admin, &error);
    if (r == 0 && edge)
        r = edge->start(process->loop, process->config, &process->edge, &error);
    if (r < 0)
        log_error(&(struct log_context){.error = error.data}, "%s does not start",
                  process->options->program);
    if (r == 0 && process->options->lanes)
        r = start_lanes(process);
    return r;
}

static void stop_lanes(struct process *process)
{
    for (size_t i = 0; i < process->lane_count; i++) {
        if (process->watched[i].hangs)
            continue;
        lane_stop(process->lanes[i]);
        lane_join(process->lanes[i]);
    }
    if (process->hangs)
        _exit(EXIT_AWAY); /* what its thread still uses cannot be freed */
}

static void stop(struct process *process)
{
    stop_lanes(process);
    if (process->edge)
        process->options->edge->free(process->edge);
    admin_free(process->admin);
    loop_timer_free(process->watch);
    loop_timer_free(process->tidy);
    loop_signal_free(process->term);
    loop_signal_free(process->interrupt);
    loop_signal_free(process->hangup);
    loop_free(process->loop);
    process_settings_free(process->settings);
}

static void tell_build(void)
{
    static const char *const labels[] = {"version", "commit", NULL};

    metrics_set(metrics_series(metrics_gauge("idpmc_build_info", "What runs here.", labels),
                               (const char *[]){IDPMC_VERSION, version_commit, NULL}),
                1);
}

static int run(struct process *process)
{
    int r;

    log_set_level(process->config->log_level);
    tell_build();
    if (process->config->mode == CONFIG_DEVELOPMENT)
        log_warning(NULL,
                    "DEVELOPMENT MODE: a shared secret may sign tokens, and key sets may come "
                    "unencrypted; never run real data like this");
    r = start(process);
    if (r < 0)
        return r == -EINVAL ? EXIT_USAGE : EXIT_FAULT; /* -EINVAL: a setting that cannot be used */
    log_info(NULL, "%s runs with %zu lanes; health and metrics on %s", process->options->program,
             process->lane_count, process->config->admin_listen);
    loop_run(process->loop);
    return process->exit_code;
}

static int start_and_run(const struct process_options *options)
{
    struct process process = {.options = options};
    int code = EXIT_USAGE;

    if (process_settings_read(options->needs, &process.settings) == 0) {
        process.config = process_settings_config(process.settings);
        code = run(&process);
    }
    stop(&process);
    if (code == 0)
        log_info(NULL, "%s is drained", options->program);
    return code;
}

/* Asks whoever runs with the same settings; those that it would need to run are not asked for. */
static int check_health(const struct process_options *options, const char *path)
{
    cleanup(buf_deinit) struct buf why = {0};
    struct process_settings *settings;
    bool healthy;

    if (process_settings_read(options->needs & CONFIG_COLOCATED, &settings) < 0)
        return EXIT_USAGE;
    healthy = health_check(process_settings_config(settings)->admin_listen, path, &why);
    process_settings_free(settings);
    if (!healthy)
        fprintf(stderr, "%s: %s\n", options->program, why.data ? why.data : "out of memory");
    return healthy ? 0 : EXIT_FAULT;
}

int process_run(const struct process_options *options, int argc, char **argv)
{
    switch (process_command_parse(options->program, argc, argv)) {
    case PROCESS_RUN:
        return start_and_run(options);
    case PROCESS_CHECK_CONFIG:
        return process_settings_check(options->needs, options->edge ? options->edge->check : NULL) <
                       0
                   ? EXIT_USAGE
                   : 0;
    case PROCESS_CHECK_READY:
        return check_health(options, "/readyz");
    case PROCESS_CHECK_LIVE:
        return check_health(options, "/healthz");
    case PROCESS_VERSION:
        printf("idpmc-%s %s (commit %s)\n", options->program, IDPMC_VERSION, version_commit);
        return 0;
    case PROCESS_HELP:
        process_command_help(options->program);
        return 0;
    case PROCESS_MISUSE:
        break;
    }
    return EXIT_USAGE;
}
