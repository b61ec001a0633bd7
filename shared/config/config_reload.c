/* Settings that are read again while the program runs. */
#include <string.h>

#include "config/config_private.h"

static size_t value_size(enum config_kind kind)
{
    switch (kind) {
    case CONFIG_KIND_INTEGER:
        return sizeof(int64_t);
    case CONFIG_KIND_LEVEL:
        return sizeof(enum log_level);
    case CONFIG_KIND_MODE:
        return sizeof(enum config_mode);
    case CONFIG_KIND_ALGORITHMS:
        return sizeof(unsigned);
    case CONFIG_KIND_KEYS:
        return sizeof(struct config_keys);
    case CONFIG_KIND_KEY:
        return CONFIG_SECRET_BYTES;
    default:
        return sizeof(char *);
    }
}

static const struct config_setting *find(const struct config *config, const char *name)
{
    const struct config_own *own = config->own;

    for (size_t i = 0; i < own->setting_count; i++)
        if (strcmp(own->settings[i].name, name) == 0)
            return &own->settings[i];
    return NULL;
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static void take_over(struct config_setting *setting, const struct config_setting *old)
{
    memcpy(setting->value, old->value, value_size(setting->kind));
    setting->text = old->text;
    setting->origin = old->origin;
}

static void compare(struct config_setting *setting, const struct config_setting *old,
                    struct buf *changed, struct buf *said)
{
    if (is_same(setting->text, old ? old->text : NULL))
        return;
    if (setting->reloadable) {
        buf_printf(changed, "%s%s", changed->size > 0 ? ", " : "", setting->name);
        return;
    }
    buf_printf(said, "needs a restart: %s\n", setting->name);
    if (old)
        take_over(setting, old);
}

/* Whose tokens are taken is known from the start on; their keys may change (RFC 7517). */
static void keep_issuers(struct config *config, const struct config *old)
{
    memcpy(config->issuers, old->issuers, sizeof config->issuers);
    config->issuer_count = old->issuer_count;
}

int config_reload(const struct config_source *source, const struct config *old,
                  struct config **ret_config, struct buf *changed, struct buf *said)
{
    int r = config_load(source, ret_config, said);
    const struct config_own *own = r == 0 ? (*ret_config)->own : NULL;

    for (size_t i = 0; own && i < own->setting_count; i++)
        compare(&own->settings[i], find(old, own->settings[i].name), changed, said);
    if (r == 0)
        keep_issuers(*ret_config, old);
    return r;
}
