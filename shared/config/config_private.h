/* What a config holds beside its public members. Private to shared/config. */
#ifndef CONFIG_CONFIG_PRIVATE_H
#define CONFIG_CONFIG_PRIVATE_H

#include "config/config_setting.h"

/* A worker that the program contains, and what was read for it. */
struct config_worker {
    const struct config_module *module;
    bool runs;
    const char *database_url;
    int64_t *numbers; /* as many as the module has extras, in their order */
};

struct config_own {
    struct arena *arena; /* holds the config too */
    struct config_setting *settings;
    size_t setting_count;
    struct config_worker *workers;
    size_t worker_count;
};

#endif
