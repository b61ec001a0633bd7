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

/* scheme://user:(hidden)@host/...: a password may stand in the query, too, and what is no URL may
 * have one anywhere. */
static void print_url(const char *url, struct buf *out)
{
    const char *start = strstr(url, "://"), *at, *colon;

    if (!start || strcasestr(url, "password")) {
        buf_add_text(out, "(hidden)");
        return;
    }
    start += strlen("://");
    at = memrchr(start, '@', strcspn(start, "/?"));
    colon = at ? memchr(start, ':', (size_t)(at - start)) : NULL;
    if (colon)
        buf_printf(out, "%.*s(hidden)%s", (int)(colon + 1 - url), url, at);
    else
        buf_add_text(out, url);
}

static void print_value(const struct config_setting *setting, struct buf *out)
{
    if (setting->wrong && setting->origin)
        buf_add_text(out, "(wrong)");
    else if (!setting->text)
        return;
    else if (config_setting_is_url(setting))
        print_url(setting->text, out);
    else
        buf_add_text(out, config_setting_hidden(setting) ? "(hidden)" : setting->text);
}

void config_print(const struct config *config, struct buf *out)
{
    const struct config_own *own = config->own;

    for (size_t i = 0; i < own->setting_count; i++) {
        const struct config_setting *setting = &own->settings[i];
        const char *origin = setting->text ? "default" : "not set";

        buf_printf(out, "%s=", setting->name);
        print_value(setting, out);
        buf_printf(out, "  # %s\n", setting->origin ? setting->origin : origin);
    }
}
