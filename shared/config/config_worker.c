/* The settings of the workers that a program contains, and which of them run. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "config/config_private.h"

static const char *in_capitals(struct arena *arena, const char *name)
{
    char *text = arena_copy(arena, name, strlen(name));

    for (char *at = text; at && *at; at++)
        *at = *at == '-' ? '_' : (char)toupper((unsigned char)*at);
    return text;
}

static int add_url(struct config_own *own, struct config_worker *worker, const char *module)
{
    struct config_setting *setting = &own->settings[own->setting_count++];

    *setting = (struct config_setting){
        .name = arena_printf(own->arena, "%s%s%s", CONFIG_PREFIX, module, CONFIG_URL_SUFFIX),
        .kind = CONFIG_KIND_DATABASE,
        .needs = worker->runs ? CONFIG_WORKER_DATABASES : 0,
        .sentence = "PostgreSQL as the worker's own role, as postgresql://user:password@host/db",
        .value = &worker->database_url,
    };
    return setting->name ? 0 : -ENOMEM;
}

static int add_number(struct config_own *own, const struct config_extra *extra, const char *module,
                      int64_t *value)
{
    struct config_setting *setting = &own->settings[own->setting_count++];

    *setting = (struct config_setting){
        .name = arena_printf(own->arena, "%s%s_%s", CONFIG_PREFIX, module, extra->name),
        .kind = CONFIG_KIND_INTEGER,
        .initial = arena_printf(own->arena, "%lld", (long long)extra->value),
        .min = extra->min,
        .max = extra->max,
        .sentence = extra->sentence,
        .value = value,
    };
    return setting->name && setting->initial ? 0 : -ENOMEM;
}

static bool lists(const char *list, const char *name)
{
    struct span rest = span_text(list), word;

    while (config_next_word(&rest, &word))
        if (span_is(word, name))
            return true;
    return false;
}

int config_worker_add(struct config_loader *loader, const struct config_module *module)
{
    struct config_own *own = loader->own;
    struct config_worker *worker = &own->workers[own->worker_count++];
    const char *name = in_capitals(own->arena, module->name);
    int r;

    worker->module = module;
    worker->runs = !(loader->source->needs & CONFIG_COLOCATED) || !loader->config->workers ||
                   lists(loader->config->workers, module->name);
    worker->numbers = arena_array(own->arena, module->extra_count, sizeof *worker->numbers);
    if (!name || !worker->numbers)
        return -ENOMEM;
    r = add_url(own, worker, name);
    for (size_t i = 0; r == 0 && i < module->extra_count; i++)
        r = add_number(own, &module->extras[i], name, &worker->numbers[i]);
    return r;
}

void config_workers_check(struct config_loader *loader)
{
    const struct config_source *source = loader->source;
    struct span rest = span_text(loader->config->workers), word;

    if (!(source->needs & CONFIG_COLOCATED))
        return;
    while (config_next_word(&rest, &word)) {
        size_t i = 0;

        while (i < source->module_count && !span_is(word, source->modules[i].name))
            i++;
        if (i < source->module_count)
            continue;
        config_wrong(loader,
                     "%sWORKERS names \"%.*s\", which this program does not contain; it has:",
                     CONFIG_PREFIX, (int)word.size, word.data);
        buf_truncate(loader->said, loader->said->size - 1);
        for (i = 0; i < source->module_count; i++)
            buf_printf(loader->said, " %s", source->modules[i].name);
        buf_add_char(loader->said, '\n');
    }
}
