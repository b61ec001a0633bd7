/* Reads every setting from where it is given, and checks all of them before it gives up. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_private.h"
#include "config/config_setting.h"

enum { MAX_BYTES = 16 << 20 };

void config_wrong(struct config_loader *loader, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buf_vprintf(loader->said, format, args);
    va_end(args);
    buf_add_char(loader->said, '\n');
    loader->wrong = true;
}

/* ---- where a value comes from ---- */

/* Of NAME and NAME_FILE in one place only one may be set. */
static const struct config_given *
choose(struct config_loader *loader, const struct config_setting *setting, enum config_place place)
{
    const struct config_given *text = config_given_find(loader->own, setting->name, "", place);
    const struct config_given *path =
        config_setting_hidden(setting)
            ? config_given_find(loader->own, setting->name, CONFIG_FILE_SUFFIX, place)
            : NULL;

    if (text && path)
        config_wrong(loader, "%s%s and %s%s are both set; keep one of them", text->where,
                     text->name, path->where, path->name);
    return text ? text : path;
}

static const struct config_given *find(struct config_loader *loader,
                                       const struct config_setting *setting)
{
    const struct config_given *first = choose(loader, setting, CONFIG_ENVIRONMENT);
    const struct config_given *second = choose(loader, setting, CONFIG_FILE);

    if (first && second)
        buf_printf(loader->said, "%s%s is passed over, for the environment sets %s\n",
                   second->where, second->name, first->name);
    return first ? first : second;
}

/* "environment", "/etc/idpmc/env:12", and of a secret in a file with the file's name. */
static const char *origin_of(struct arena *arena, const struct config_given *given, bool is_path)
{
    size_t size = strlen(given->where);
    const char *place =
        size > 0 ? arena_copy(arena, given->where, size - strlen(": ")) : "environment";

    return is_path ? arena_printf(arena, "%s in %s", given->value, place) : place;
}

static int take(struct config_loader *loader, struct config_setting *setting,
                const struct config_given *given)
{
    struct arena *arena = loader->own->arena;
    bool is_path = strcmp(given->name, setting->name) != 0;

    setting->origin = origin_of(arena, given, is_path);
    if (!setting->origin)
        return -ENOMEM;
    if (is_path)
        return config_secret_read(setting, given->value, arena, loader->said);
    setting->text = given->value;
    return 0;
}

static int setting_read(struct config_loader *loader, struct config_setting *setting)
{
    const struct config_given *given = find(loader, setting);
    int r = 0;

    if (given)
        r = take(loader, setting, given);
    else
        setting->text = setting->initial;
    if (r < 0)
        return r;
    if (setting->text) {
        if (given)
            buf_add_text(loader->said, given->where);
        r = config_setting_parse(setting, loader->own->arena, loader->said);
        if (r == 0 && given)
            buf_truncate(loader->said, loader->said->size - strlen(given->where));
        return r;
    }
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
        own->settings[i].wrong = r < 0;
        loader->wrong |= r < 0;
    }
    return 0;
}

/* ---- what must hold between settings ---- */

/* ---- all of it ---- */

static void check_tls(struct config_loader *loader)
{
    const struct config *config = loader->config;

    if (!config->tls_certificate_file != !config->tls_key_file)
        config_wrong(loader, "%s is set, and %s is not; set both, or neither",
                     config->tls_key_file ? "IDPMC_TLS_KEY_FILE" : "IDPMC_TLS_CERTIFICATE_FILE",
                     config->tls_key_file ? "IDPMC_TLS_CERTIFICATE_FILE" : "IDPMC_TLS_KEY_FILE");
}

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
    r = config_given_collect(loader);
    if (r == 0)
        r = settings_read(loader, 0);
    if (r == 0)
        r = config_issuers_add(loader);
    for (size_t i = 0; r == 0 && i < source->module_count; i++)
        r = config_worker_add(loader, &source->modules[i]);
    if (r == 0)
        r = settings_read(loader, common);
    if (r < 0)
        return r;
    config_workers_check(loader);
    config_issuers_check(loader);
    check_tls(loader);
    config_names_check(loader);
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

static bool is_in_environment(const struct config_own *own, const char *name)
{
    size_t size = strlen(name), suffix_size = strlen(CONFIG_FILE_SUFFIX);
    bool is_path = size > suffix_size && strcmp(name + size - suffix_size, CONFIG_FILE_SUFFIX) == 0;
    char *other = is_path ? arena_copy(own->arena, name, size - suffix_size) : NULL;

    return config_given_find(own, name, "", CONFIG_ENVIRONMENT) ||
           config_given_find(own, name, CONFIG_FILE_SUFFIX, CONFIG_ENVIRONMENT) ||
           (other && config_given_find(own, other, "", CONFIG_ENVIRONMENT));
}

int config_file_export(char *const *environment, struct buf *said)
{
    const struct config_source source = {.environment = environment};
    struct config_loader loader = {.source = &source, .config = config_new(), .said = said};
    const struct config_own *own = loader.config ? loader.config->own : NULL;
    int r = -ENOMEM;

    loader.own = loader.config ? loader.config->own : NULL;
    if (own)
        r = config_given_collect(&loader);
    if (r == 0 && loader.wrong)
        r = -EINVAL;
    for (size_t i = 0; r == 0 && i < own->given_count; i++) {
        const struct config_given *given = &own->given[i];

        if (given->place == CONFIG_FILE && given->value[0] &&
            !is_in_environment(own, given->name) && setenv(given->name, given->value, 1) < 0)
            r = -ENOMEM;
    }
    config_free(loader.config);
    return r;
}

int config_check(const struct config_source *source, struct buf *out, struct buf *said)
{
    struct config_loader loader = {.source = source, .config = config_new(), .said = said};
    int r;

    if (!loader.config)
        return -ENOMEM;
    loader.own = loader.config->own;
    r = load(&loader);
    if (r != -ENOMEM)
        config_print(loader.config, out);
    config_free(loader.config);
    return r == 0 && (buf_failed(said) || buf_failed(out)) ? -ENOMEM : r;
}
