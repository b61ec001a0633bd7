#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "config/config_private.h"
#include "config/config_setting.h"

void config_free(struct config *config)
{
    if (config)
        arena_free(config->own->arena);
}

static const struct config_worker *worker_find(const struct config *config, const char *module)
{
    const struct config_own *own = config->own;

    for (size_t i = 0; i < own->worker_count; i++)
        if (strcmp(own->workers[i].module->name, module) == 0)
            return &own->workers[i];
    return NULL;
}

bool config_runs(const struct config *config, const char *module)
{
    const struct config_worker *worker = worker_find(config, module);

    return worker && worker->runs;
}

const char *config_database_url(const struct config *config, const char *module)
{
    const struct config_worker *worker = worker_find(config, module);

    return worker ? worker->database_url : NULL;
}

int64_t config_number(const struct config *config, const char *module, const char *name)
{
    const struct config_worker *worker = worker_find(config, module);

    for (size_t i = 0; worker && i < worker->module->extra_count; i++)
        if (strcmp(worker->module->extras[i].name, name) == 0)
            return worker->numbers[i];
    abort(); /* the caller's tables contradict each other */
}

void config_print(const struct config *config, struct buf *out)
{
    const struct config_own *own = config->own;

    for (size_t i = 0; i < own->setting_count; i++) {
        const struct config_setting *setting = &own->settings[i];
        const char *text = setting->text ? setting->text : "";

        buf_printf(out, "%s=%s\n", setting->name,
                   setting->text && config_setting_hidden(setting) ? "(hidden)" : text);
    }
}
