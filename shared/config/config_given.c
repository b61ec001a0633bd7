/* What was given: by the environment, and by the file that it names. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "config/config_private.h"

static bool is_ours(const char *variable)
{
    return strncmp(variable, CONFIG_PREFIX, strlen(CONFIG_PREFIX)) == 0;
}

static size_t count_lines(const char *text)
{
    size_t count = 1;

    for (const char *at = text; at && *at; at++)
        count += *at == '\n';
    return count;
}

static int add_variable(struct config_own *own, const char *variable)
{
    size_t size = strcspn(variable, "=");
    char *name = arena_copy(own->arena, variable, size);

    if (!name)
        return -ENOMEM;
    own->given[own->given_count++] =
        (struct config_given){.name = name,
                              .value = variable[size] ? variable + size + 1 : variable + size,
                              .place = CONFIG_ENVIRONMENT,
                              .where = ""};
    return 0;
}

static int add_environment(struct config_loader *loader)
{
    for (char *const *at = loader->source->environment; *at; at++)
        if (is_ours(*at) && add_variable(loader->own, *at) < 0)
            return -ENOMEM;
    return 0;
}

/* Room for what the environment has and, later, for the file's lines behind it. */
static int make_room(struct config_loader *loader, size_t lines)
{
    struct config_own *own = loader->own;
    struct config_given *given;
    size_t count = lines;

    for (char *const *at = loader->source->environment; *at; at++)
        count += is_ours(*at);
    given = arena_array(own->arena, count, sizeof *given);
    if (!given)
        return -ENOMEM;
    if (own->given_count > 0)
        memcpy(given, own->given, own->given_count * sizeof *given);
    own->given = given;
    return 0;
}

static bool is_secret(const char *name, const struct config_own *own)
{
    for (size_t i = 0; i < own->setting_count; i++)
        if (strcmp(own->settings[i].name, name) == 0)
            return config_setting_hidden(&own->settings[i]);
    return strlen(name) > strlen(CONFIG_URL_SUFFIX) &&
           strcmp(name + strlen(name) - strlen(CONFIG_URL_SUFFIX), CONFIG_URL_SUFFIX) == 0;
}

static void warn_of_secrets(struct config_loader *loader, const char *path, mode_t mode)
{
    if (!(mode & (S_IROTH | S_IWOTH | S_IWGRP)))
        return;
    for (size_t i = 0; i < loader->own->given_count; i++) {
        const struct config_given *given = &loader->own->given[i];

        if (given->place != CONFIG_FILE || !is_secret(given->name, loader->own))
            continue;
        buf_printf(loader->said,
                   "%s%s is a secret, and others may read or write %s; chmod 600 it\n",
                   given->where, given->name, path);
        return;
    }
}

static int add_file(struct config_loader *loader, const char *path)
{
    const char *text, *why;
    mode_t mode;
    int r = config_file_read(path, loader->own->arena, &text, &mode, &why);

    if (r == -EINVAL) {
        config_wrong(loader,
                     "%s is \"%s\", which cannot be used (%s); name a file of NAME=value lines",
                     CONFIG_FILE_NAME, path, why);
        return 0;
    }
    if (r == 0)
        r = make_room(loader, count_lines(text));
    if (r == 0)
        r = config_lines_read(loader, path, text);
    if (r == 0)
        warn_of_secrets(loader, path, mode);
    return r;
}

int config_given_collect(struct config_loader *loader)
{
    const struct config_given *file;
    int r = make_room(loader, 0);

    if (r == 0)
        r = add_environment(loader);
    if (r < 0)
        return r;
    file = config_given_find(loader->own, CONFIG_FILE_NAME, "", CONFIG_ENVIRONMENT);
    return file ? add_file(loader, file->value) : 0;
}

const struct config_given *config_given_find(const struct config_own *own, const char *name,
                                             const char *suffix, enum config_place place)
{
    size_t size = strlen(name);

    for (size_t i = 0; i < own->given_count; i++) {
        const struct config_given *given = &own->given[i];

        if (given->place == place && given->value[0] && strncmp(given->name, name, size) == 0 &&
            strcmp(given->name + size, suffix) == 0)
            return given;
    }
    return NULL;
}
