/* What a config holds beside its public members, and what loads it. Private to shared/config. */
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
    const char *issuer_prefixes[CONFIG_ISSUERS_MAX]; /* "IDPMC_TOKEN_", "IDPMC_TOKEN_SCHOOL_" */
};

/* A config on its way. */
struct config_loader {
    const struct config_source *source;
    struct config *config;
    struct config_own *own;
    struct buf *said;
    bool wrong;
};

/* Says a mistake, with a line feed behind it. */
void config_wrong(struct config_loader *loader, const char *format, ...) printf_like(2, 3);

/* The settings of the issuers that IDPMC_TOKEN_ISSUERS names: adds them to the table, which has
 * room for them. 0 or -ENOMEM. */
must_check int config_issuers_add(struct config_loader *loader);
size_t config_issuers_room(void);

/* Sees that each issuer has keys and algorithms that fit them. */
void config_issuers_check(struct config_loader *loader);

#endif
