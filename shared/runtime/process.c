#include "runtime/process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log/log.h"
#include "metrics/metrics.h"
#include "runtime/admin.h"
#include "runtime/lane.h"
#include "runtime/version.h"

enum {
    MAX_WORKERS = 32,
    MAX_LANES = 256,
    MAX_EXTRAS = 64,
    DRAIN_MS = 8000,    /* of the edge, while the lanes drain beside it */
    LAST_RESORT_S = 20, /* then the process ends, drained or not */
    WATCH_MS = 200,
    EXIT_FAULT = 1,
    EXIT_USAGE = 2,
    EXIT_ISOLATION = 3,
};

struct process {
    const struct process_options *options;
    struct config *config;
    struct config_module modules[MAX_WORKERS];
    size_t module_count;
    void *settings[MAX_WORKERS]; /* of workers[i] */
    struct lane *lanes[MAX_LANES];
    size_t lane_count;
    struct loop *loop;
    struct admin *admin;
    void *edge;
    struct loop_timer *watch;
    struct loop_signal *term, *interrupt;
    bool draining;
    int exit_code;
};

static int describe_worker(struct process *process, const struct worker *worker)
{
    struct config_module *module = &process->modules[process->module_count];
    struct config_extra *extras = calloc(MAX_EXTRAS, sizeof *extras);

    if (!extras || process->module_count == MAX_WORKERS)
        return -ENOMEM;
    *module = (struct config_module){.name = worker->name, .extras = extras};
    for (const struct setting *setting = worker->settings;
         setting && setting->name && module->extra_count < MAX_EXTRAS; setting++)
        extras[module->extra_count++] = (struct config_extra){.name = setting->name,
                                                              .value = setting->value,
                                                              .min = setting->min,
                                                              .max = setting->max,
                                                              .sentence = setting->sentence};
    process->module_count++;
    return 0;
}

static int read_config(struct process *process)
{
    cleanup(buf_deinit) struct buf said = {0};
    struct config_source source = {
        .environment = environ, .modules = process->modules, .needs = process->options->needs};
    int r = 0;

    for (size_t i = 0; workers[i] && r == 0; i++)
        r = describe_worker(process, workers[i]);
    source.module_count = process->module_count;
    if (r == 0)
        r = config_load(&source, &process->config, &said);
    if (said.size > 0)
        fprintf(stderr, "%.*s", (int)said.size, said.data);
    return r;
}

/* The worker's own settings struct, filled from the environment. */
static int read_settings(struct process *process, size_t i)
{
    const struct worker *worker = workers[i];

    if (worker->settings_size == 0)
        return 0;
    process->settings[i] = calloc(1, worker->settings_size);
    if (!process->settings[i])
        return -ENOMEM;
    for (const struct setting *setting = worker->settings; setting->name; setting++)
        *(int64_t *)(void *)((char *)process->settings[i] + setting->offset) =
            config_number(process->config, worker->name, setting->name);
    return 0;
}

static int start_lane(struct process *process, size_t i, unsigned number)
{
    cleanup(buf_deinit) struct buf error = {0};
    const struct lane_options options = {
        .worker = workers[i],
        .number = number,
        .brokers = process->config->kafka_brokers,
        .database_url = config_database_url(process->config, workers[i]->name),
        .fleet_keys = &process->config->fleet_keys,
        .settings = process->settings[i],
        .batch_max = (unsigned)process->config->batch_max,
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
        r = read_settings(process, i);
        for (unsigned number = 0; number < (unsigned)process->config->lanes && r == 0; number++)
            r = start_lane(process, i, number);
    }
    return r;
}

static bool is_ready(void *data, struct buf *away)
{
    const struct process *process = data;
    size_t waiting = 0;
    bool ready = !process->draining;

    if (process->draining)
        buf_add_text(away, "draining");
    for (size_t i = 0; i < process->lane_count; i++)
        waiting += lane_health(process->lanes[i]) != LANE_RUNNING;
    if (waiting > 0)
        buf_printf(away, "%s%zu of %zu lanes", away->size > 0 ? ", " : "", waiting,
                   process->lane_count);
    if (process->edge && !process->options->edge->ready(process->edge, away))
        ready = false;
    return ready && waiting == 0;
}

static void stop_loop(void *data)
{
    struct process *process = data;

    loop_stop(process->loop);
}

static void drain(struct process *process)
{
    if (process->draining)
        _exit(EXIT_FAULT); /* asked twice: at once */
    process->draining = true;
    log_info(NULL, "%s drains", process->options->program);
    alarm(LAST_RESORT_S);
    for (size_t i = 0; i < process->lane_count; i++)
        lane_stop(process->lanes[i]);
    if (process->edge)
        process->options->edge->stop(process->edge, DRAIN_MS, stop_loop, process);
    else
        loop_stop(process->loop);
}

static void on_signal(void *data)
{
    drain(data);
}

/* A lane that found a rule of isolation broken takes the whole process with it. */
static void watch_lanes(void *data)
{
    struct process *process = data;

    for (size_t i = 0; i < process->lane_count; i++) {
        if (lane_health(process->lanes[i]) != LANE_BREACH || process->draining)
            continue;
        process->exit_code = EXIT_ISOLATION;
        drain(process);
    }
}

static int start(struct process *process)
{
    cleanup(buf_deinit) struct buf error = {0};
    const struct process_edge *edge = process->options->edge;
    int r;

    process->loop = loop_new();
    process->watch = process->loop ? loop_timer_new(process->loop, watch_lanes, process) : NULL;
    process->term =
        process->loop ? loop_signal_new(process->loop, SIGTERM, on_signal, process) : NULL;
    process->interrupt =
        process->loop ? loop_signal_new(process->loop, SIGINT, on_signal, process) : NULL;
    if (!process->watch || !process->term || !process->interrupt)
        return -ENOMEM;
    loop_timer_start(process->watch, WATCH_MS, WATCH_MS);
    r = admin_start(process->loop, process->config->admin_listen, is_ready, process,
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

static void stop(struct process *process)
{
    for (size_t i = 0; i < process->lane_count; i++) {
        lane_stop(process->lanes[i]);
        lane_join(process->lanes[i]);
    }
    if (process->edge)
        process->options->edge->free(process->edge);
    admin_free(process->admin);
    loop_timer_free(process->watch);
    loop_signal_free(process->term);
    loop_signal_free(process->interrupt);
    loop_free(process->loop);
    for (size_t i = 0; i < process->module_count; i++) {
        free((void *)(uintptr_t)process->modules[i].extras);
        free(process->settings[i]);
    }
    config_free(process->config);
}

static void tell_build(void)
{
    static const char *const labels[] = {"version", NULL};

    metrics_set(metrics_series(metrics_gauge("idpmc_build_info", "What runs here.", labels),
                               (const char *[]){IDPMC_VERSION, NULL}),
                1);
}

static int run(struct process *process)
{
    log_set_level(process->config->log_level);
    tell_build();
    if (process->config->mode == CONFIG_DEVELOPMENT)
        log_warning(NULL, "DEVELOPMENT MODE: tokens signed with a shared secret are accepted; "
                          "never run real data like this");
    if (start(process) < 0)
        return EXIT_FAULT;
    log_info(NULL, "%s runs with %zu lanes; health and metrics on %s", process->options->program,
             process->lane_count, process->config->admin_listen);
    loop_run(process->loop);
    return process->exit_code;
}

int process_run(const struct process_options *options, int argc, char **argv)
{
    struct process process = {.options = options};
    int code = EXIT_USAGE;

    if (argc > 1) {
        bool version = argc == 2 && strcmp(argv[1], "--version") == 0;

        fprintf(version ? stdout : stderr,
                version ? "idpmc-%s %s\n"
                        : "usage: %s [--version]\nSettings come from the environment: "
                          "see docs/guides/operations.md\n",
                options->program, IDPMC_VERSION);
        return version ? 0 : EXIT_USAGE;
    }
    if (read_config(&process) == 0)
        code = run(&process);
    stop(&process);
    if (code == 0)
        log_info(NULL, "%s is drained", options->program);
    return code;
}
