/* Reads the settings from the environment, and checks all of them before it gives up. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/config_private.h"
#include "config/config_setting.h"

enum { MAX_BYTES = 16 << 20 };

static const char prefix[] = "IDPMC_", url_suffix[] = "_DATABASE_URL";

void config_wrong(struct config_loader *loader, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buf_vprintf(loader->said, format, args);
    va_end(args);
    buf_add_char(loader->said, '\n');
    loader->wrong = true;
}

/* ---- what there is to know ---- */

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
        .name = arena_printf(own->arena, "%s%s%s", prefix, module, url_suffix),
        .kind = CONFIG_KIND_SECRET,
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
        .name = arena_printf(own->arena, "%s%s_%s", prefix, module, extra->name),
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

static int add_worker(struct config_loader *loader, const struct config_module *module)
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

/* ---- where a value comes from ---- */

/* The value of a variable; one that is empty counts as not set. */
static const char *variable(const struct config_loader *loader, const char *name,
                            const char *suffix)
{
    size_t size = strlen(name), suffix_size = strlen(suffix);

    for (char *const *at = loader->source->environment; *at; at++) {
        const char *rest = *at + size;

        if (strncmp(*at, name, size) == 0 && strncmp(rest, suffix, suffix_size) == 0 &&
            rest[suffix_size] == '=')
            return rest[suffix_size + 1] ? rest + suffix_size + 1 : NULL;
    }
    return NULL;
}

static int find_secret(struct config_loader *loader, struct config_setting *setting)
{
    const char *path = variable(loader, setting->name, CONFIG_FILE_SUFFIX);

    if (!path)
        return 0;
    if (!setting->text)
        return config_secret_read(setting, path, loader->own->arena, loader->said);
    config_wrong(loader, "%s and %s%s are both set; keep one of them", setting->name, setting->name,
                 CONFIG_FILE_SUFFIX);
    return -EINVAL;
}

static int setting_read(struct config_loader *loader, struct config_setting *setting)
{
    int r = 0;

    setting->text = variable(loader, setting->name, "");
    if (config_setting_hidden(setting))
        r = find_secret(loader, setting);
    if (r < 0)
        return r;
    if (!setting->text)
        setting->text = setting->initial;
    if (setting->text)
        return config_setting_parse(setting, loader->own->arena, loader->said);
    if (!(setting->needs & loader->source->needs))
        return 0;
    config_wrong(loader, "%s is not set; wanted: %s", setting->name, setting->sentence);
    return -EINVAL;
}

/* Reads the settings from `first` on. A mistake was told, and the next setting is looked at. */
static int settings_read(struct config_loader *loader, size_t first)
{
    struct config_own *own = loader->own;

    for (size_t i = first; i < own->setting_count; i++) {
        int r = setting_read(loader, &own->settings[i]);

        if (r < 0 && r != -EINVAL)
            return r;
        loader->wrong |= r < 0;
    }
    return 0;
}

/* ---- what must hold between settings ---- */

static void check_workers(struct config_loader *loader)
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
                     prefix, (int)word.size, word.data);
        buf_truncate(loader->said, loader->said->size - 1);
        for (i = 0; i < source->module_count; i++)
            buf_printf(loader->said, " %s", source->modules[i].name);
        buf_add_char(loader->said, '\n');
    }
}

static bool is_known(const struct config_loader *loader, struct span name)
{
    const struct config_own *own = loader->own;

    for (size_t i = 0; i < own->setting_count; i++) {
        const struct config_setting *setting = &own->settings[i];
        size_t size = strlen(setting->name);

        if (span_is(name, setting->name))
            return true;
        if (config_setting_hidden(setting) && name.size > size &&
            memcmp(name.data, setting->name, size) == 0 &&
            span_is(span_of(name.data + size, name.size - size), CONFIG_FILE_SUFFIX))
            return true;
    }
    return false;
}

/* One file of settings may serve the whole fleet: a program that runs alone passes over the names
 * of workers that it does not contain. Such a worker is known by its database. */
static bool is_of_another_worker(const struct config_loader *loader, struct span name)
{
    size_t start = strlen(prefix), end = start;

    if (loader->source->needs & CONFIG_COLOCATED)
        return false;
    while (end < name.size) {
        char url[128];
        const char *next = memchr(name.data + end + 1, '_', name.size - end - 1);
        int size;

        if (!next)
            return false;
        end = (size_t)(next - name.data);
        size = snprintf(url, sizeof url, "%.*s%s", (int)end, name.data, url_suffix);
        if (size < 0 || (size_t)size >= sizeof url)
            return false;
        if (!is_known(loader, span_text(url)) &&
            (variable(loader, url, "") || variable(loader, url, CONFIG_FILE_SUFFIX)))
            return true;
    }
    return false;
}

static void check_name(struct config_loader *loader, struct span name)
{
    const struct config_own *own = loader->own;
    const char *text, *meant;

    if (name.size < strlen(prefix) || memcmp(name.data, prefix, strlen(prefix)) != 0 ||
        is_known(loader, name) || is_of_another_worker(loader, name))
        return;
    text = arena_copy(own->arena, name.data, name.size);
    meant = text ? config_setting_closest(text, own->settings, own->setting_count) : NULL;
    if (meant)
        config_wrong(loader, "%s is not a setting; did you mean %s?", text, meant);
    else
        config_wrong(loader, "%.*s is not a setting; take it away", (int)name.size, name.data);
}

static void check_names(struct config_loader *loader)
{
    for (char *const *at = loader->source->environment; *at; at++)
        check_name(loader, span_of(*at, strcspn(*at, "=")));
}

/* ---- all of it ---- */

static int load(struct config_loader *loader)
{
    const struct config_source *source = loader->source;
    struct config_own *own = loader->own;
    size_t more = config_issuers_room(), common = config_table_size();
    int r;

    for (size_t i = 0; i < source->module_count; i++)
        more += 1 + source->modules[i].extra_count;
    own->settings = config_table(own->arena, loader->config, more);
    own->workers = arena_array(own->arena, source->module_count, sizeof *own->workers);
    if (!own->settings || !own->workers)
        return -ENOMEM;
    own->setting_count = common;
    r = settings_read(loader, 0);
    if (r == 0)
        r = config_issuers_add(loader);
    for (size_t i = 0; r == 0 && i < source->module_count; i++)
        r = add_worker(loader, &source->modules[i]);
    if (r == 0)
        r = settings_read(loader, common);
    if (r < 0)
        return r;
    check_workers(loader);
    config_issuers_check(loader);
    check_names(loader);
    return loader->wrong ? -EINVAL : 0;
}

static struct config *config_new(void)
{
    struct arena *arena = arena_new(MAX_BYTES);
    struct config *config = arena ? arena_alloc(arena, sizeof *config) : NULL;
    struct config_own *own = config ? arena_alloc(arena, sizeof *own) : NULL;

    if (!own) {
        arena_free(arena);
        return NULL;
    }
    own->arena = arena;
    config->own = own;
    return config;
}

int config_load(const struct config_source *source, struct config **ret_config, struct buf *said)
{
    struct config_loader loader = {.source = source, .config = config_new(), .said = said};
    int r;

    if (!loader.config)
        return -ENOMEM;
    loader.own = loader.config->own;
    r = load(&loader);
    if (r == 0 && buf_failed(said))
        r = -ENOMEM;
    if (r < 0) {
        config_free(loader.config);
        return r;
    }
    *ret_config = loader.config;
    return 0;
}
