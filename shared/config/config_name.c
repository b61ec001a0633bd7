/* Names that nobody knows, and what may have been meant by them. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "config/config_private.h"

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* Levenshtein's distance, row by row; names that are too long are as far as can be. */
static size_t edit_distance(const char *a, const char *b)
{
    enum { MAX_NAME = 100 };
    size_t row[MAX_NAME + 1], length = strlen(b);

    if (length > MAX_NAME)
        return SIZE_MAX;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t above = row[j];

            row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[length];
}

const char *config_setting_closest(const char *name, const struct config_setting *settings,
                                   size_t count)
{
    enum { FAR = 4 };
    const char *closest = NULL;
    size_t least = FAR;

    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(name, settings[i].name);

        if (distance < least) {
            least = distance;
            closest = settings[i].name;
        }
    }
    return closest;
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

static bool is_given(const struct config_own *own, const char *name)
{
    static const char *const suffixes[] = {"", CONFIG_FILE_SUFFIX};

    for (size_t i = 0; i < COUNT_OF(suffixes); i++)
        if (config_given_find(own, name, suffixes[i], CONFIG_ENVIRONMENT) ||
            config_given_find(own, name, suffixes[i], CONFIG_FILE))
            return true;
    return false;
}

/* One file of settings may serve the whole fleet: a program that runs alone passes over the names
 * of workers that it does not contain. Such a worker is known by its database. */
static bool is_of_another_worker(const struct config_loader *loader, struct span name)
{
    size_t start = strlen(CONFIG_PREFIX), end = start;

    if (loader->source->needs & CONFIG_COLOCATED)
        return false;
    while (end < name.size) {
        char url[128];
        const char *next = memchr(name.data + end + 1, '_', name.size - end - 1);
        int size;

        if (!next)
            return false;
        end = (size_t)(next - name.data);
        size = snprintf(url, sizeof url, "%.*s%s", (int)end, name.data, CONFIG_URL_SUFFIX);
        if (size < 0 || (size_t)size >= sizeof url)
            return false;
        if (!is_known(loader, span_text(url)) && is_given(loader->own, url))
            return true;
    }
    return false;
}

static void check_name(struct config_loader *loader, const struct config_given *given)
{
    const struct config_own *own = loader->own;
    struct span name = span_text(given->name);
    const char *meant;

    if (is_known(loader, name) || is_of_another_worker(loader, name))
        return;
    meant = config_setting_closest(given->name, own->settings, own->setting_count);
    if (meant)
        config_wrong(loader, "%s%s is not a setting; did you mean %s?", given->where, given->name,
                     meant);
    else
        config_wrong(loader, "%s%s is not a setting; take it away", given->where, given->name);
}

void config_names_check(struct config_loader *loader)
{
    for (size_t i = 0; i < loader->own->given_count; i++)
        check_name(loader, &loader->own->given[i]);
}
