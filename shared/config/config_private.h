/* What a config holds beside its public members, and what loads it. Private to shared/config. */
#ifndef CONFIG_CONFIG_PRIVATE_H
#define CONFIG_CONFIG_PRIVATE_H

#include <sys/types.h>

#include "config/config_setting.h"

/* A worker that the program contains, and what was read for it. */
struct config_worker {
    const struct config_module *module;
    bool runs;
    const char *database_url;
    int64_t *numbers; /* as many as the module has extras, in their order */
};

enum config_place { CONFIG_ENVIRONMENT, CONFIG_FILE };

/* A NAME=value that somebody gave. */
struct config_given {
    const char *name, *value;
    enum config_place place;
    const char *where; /* "file:line: ", or empty for the environment */
    unsigned line;
};

struct config_own {
    struct arena *arena; /* holds the config too */
    struct config_setting *settings;
    size_t setting_count;
    struct config_given *given;
    size_t given_count;
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

/* Collects what the environment and the file that it names give. Mistakes in the file are told.
 * 0 or -ENOMEM. */
must_check int config_given_collect(struct config_loader *loader);

/* What is given for this name, with the suffix behind it, in this place; NULL: nothing, or an empty
 * value. */
const struct config_given *config_given_find(const struct config_own *own, const char *name,
                                             const char *suffix, enum config_place place);

/* Adds what the text of a settings file gives to own->given, which has room for as many as it has
 * lines. 0 or -ENOMEM. */
must_check int config_lines_read(struct config_loader *loader, const char *path, const char *text);

/* Reads a file of text that ends with a null character. 0; -EINVAL, with what is wrong with it in
 * *ret_why; or -ENOMEM. Blocks. */
must_check int config_file_read(const char *path, struct arena *arena, const char **ret_text,
                                mode_t *ret_mode, const char **ret_why);

/* Tells the names that are no settings. */
void config_names_check(struct config_loader *loader);

/* The settings of a worker: adds them to the table, which has room for them. 0 or -ENOMEM. */
must_check int config_worker_add(struct config_loader *loader, const struct config_module *module);

/* Sees that the workers that shall run are there. */
void config_workers_check(struct config_loader *loader);

/* The settings of the issuers that IDPMC_TOKEN_ISSUERS names: adds them to the table, which has
 * room for them. 0 or -ENOMEM. */
must_check int config_issuers_add(struct config_loader *loader);
size_t config_issuers_room(void);

/* Sees that each issuer has keys and algorithms that fit them. */
void config_issuers_check(struct config_loader *loader);

#endif
