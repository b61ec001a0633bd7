#include "runtime/process_settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log/log.h"
#include "runtime/worker.h"

enum { MAX_WORKERS = 32, MAX_EXTRAS = 64 };

/* What was read at some time. */
struct reading {
    struct reading *earlier;
    struct config *config;
};

struct process_settings {
    struct config_module modules[MAX_WORKERS];
    struct config_extra *extras[MAX_WORKERS]; /* of the modules */
    struct config_source source;
    void *of_workers[MAX_WORKERS];
    struct reading *last;
};

static int describe_worker(struct process_settings *settings, const struct worker *worker)
{
    struct config_module *module = &settings->modules[settings->source.module_count];
    struct config_extra *extras;

    if (settings->source.module_count == MAX_WORKERS)
        return -ENOMEM;
    extras = calloc(MAX_EXTRAS, sizeof *extras);
    if (!extras)
        return -ENOMEM;
    settings->extras[settings->source.module_count] = extras;
    *module = (struct config_module){.name = worker->name, .extras = extras};
    for (const struct setting *setting = worker->settings;
         setting && setting->name && module->extra_count < MAX_EXTRAS; setting++)
        extras[module->extra_count++] = (struct config_extra){.name = setting->name,
                                                              .value = setting->value,
                                                              .min = setting->min,
                                                              .max = setting->max,
                                                              .sentence = setting->sentence};
    settings->source.module_count++;
    return 0;
}

static struct process_settings *describe_all(unsigned needs)
{
    struct process_settings *settings = calloc(1, sizeof *settings);
    int r = settings ? 0 : -ENOMEM;

    if (settings)
        settings->source = (struct config_source){
            .environment = environ, .modules = settings->modules, .needs = needs};
    for (size_t i = 0; workers[i] && r == 0; i++)
        r = describe_worker(settings, workers[i]);
    if (r == 0)
        return settings;
    process_settings_free(settings);
    return NULL;
}

/* The worker's own struct, filled with what was read. */
static int fill(struct process_settings *settings, size_t i)
{
    const struct worker *worker = workers[i];

    if (worker->settings_size == 0)
        return 0;
    settings->of_workers[i] = calloc(1, worker->settings_size);
    if (!settings->of_workers[i])
        return -ENOMEM;
    for (const struct setting *setting = worker->settings; setting->name; setting++)
        *(int64_t *)(void *)((char *)settings->of_workers[i] + setting->offset) =
            config_number(settings->last->config, worker->name, setting->name);
    return 0;
}

/* Puts a config in force. It is taken over in any case. */
static int keep(struct process_settings *settings, struct config *config)
{
    struct reading *reading = malloc(sizeof *reading);

    if (!reading) {
        config_free(config);
        return -ENOMEM;
    }
    *reading = (struct reading){.earlier = settings->last, .config = config};
    settings->last = reading;
    return 0;
}

int process_settings_read(unsigned needs, struct process_settings **ret_settings)
{
    cleanup(buf_deinit) struct buf said = {0};
    struct process_settings *settings = describe_all(needs);
    struct config *config;
    int r;

    if (!settings)
        return -ENOMEM;
    r = config_load(&settings->source, &config, &said);
    if (said.size > 0)
        fwrite(said.data, 1, said.size, stderr);
    if (r == 0)
        r = keep(settings, config);
    for (size_t i = 0; workers[i] && r == 0; i++)
        r = fill(settings, i);
    if (r < 0) {
        process_settings_free(settings);
        return r;
    }
    *ret_settings = settings;
    return 0;
}

static int check_files(const struct config_source *source,
                       int (*files)(const struct config *config, struct buf *said),
                       struct buf *said)
{
    cleanup(buf_deinit) struct buf again = {0};
    struct config *config;
    int r = config_load(source, &config, &again);

    if (r < 0)
        return r;
    r = files(config, said);
    config_free(config);
    return r;
}

int process_settings_check(unsigned needs,
                           int (*files)(const struct config *config, struct buf *said))
{
    cleanup(buf_deinit) struct buf said = {0}, out = {0};
    struct process_settings *settings = describe_all(needs);
    int r = settings ? config_check(&settings->source, &out, &said) : -ENOMEM;

    if (r == 0 && files)
        r = check_files(&settings->source, files, &said);
    if (out.size > 0)
        fwrite(out.data, 1, out.size, stdout);
    if (said.size > 0)
        fwrite(said.data, 1, said.size, stderr);
    process_settings_free(settings);
    return r;
}

int process_settings_describe(struct buf *out)
{
    struct process_settings *settings = describe_all(0);
    int r =
        settings ? config_describe(settings->modules, settings->source.module_count, out) : -ENOMEM;

    process_settings_free(settings);
    return r;
}

static void log_lines(struct buf *said, bool as_errors)
{
    char *rest;

    for (char *line = said->data ? strtok_r(said->data, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest)) {
        if (as_errors)
            log_error(NULL, "%s", line);
        else
            log_warning(NULL, "%s", line);
    }
}

int process_settings_reload(struct process_settings *settings)
{
    cleanup(buf_deinit) struct buf said = {0}, changed = {0};
    struct config *config;
    int r = config_reload(&settings->source, settings->last->config, &config, &changed, &said);

    log_lines(&said, r < 0);
    if (r == 0)
        r = keep(settings, config);
    if (r == -EINVAL)
        log_error(NULL, "the settings have mistakes, so none is changed");
    if (r == 0)
        log_info(NULL, "the settings are read again; changed: %s",
                 changed.size > 0 ? changed.data : "none");
    return r;
}

const struct config *process_settings_config(const struct process_settings *settings)
{
    return settings->last->config;
}

const void *process_settings_of_worker(const struct process_settings *settings, size_t i)
{
    return settings->of_workers[i];
}

void process_settings_free(struct process_settings *settings)
{
    if (!settings)
        return;
    while (settings->last) {
        struct reading *earlier = settings->last->earlier;

        config_free(settings->last->config);
        free(settings->last);
        settings->last = earlier;
    }
    for (size_t i = 0; i < settings->source.module_count; i++) {
        free(settings->extras[i]);
        free(settings->of_workers[i]);
    }
    free(settings);
}
