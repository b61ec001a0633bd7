/* One setting: what is known of it, and how its text becomes a value. Private to shared/config. */
#ifndef CONFIG_CONFIG_SETTING_H
#define CONFIG_CONFIG_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "config/config.h"

#define CONFIG_PREFIX "IDPMC_"
#define CONFIG_FILE_SUFFIX "_FILE"
#define CONFIG_URL_SUFFIX "_DATABASE_URL"
#define CONFIG_FILE_NAME "IDPMC_CONFIG_FILE"

enum config_kind {
    CONFIG_KIND_TEXT,       /* const char * */
    CONFIG_KIND_SECRET,     /* const char *; hidden, may stand in a file */
    CONFIG_KIND_DATABASE,   /* const char *: hidden password, may stand in a file */
    CONFIG_KIND_REDIS,      /* const char *: redis://...; the same */
    CONFIG_KIND_FILE,       /* const char *: a file that can be read */
    CONFIG_KIND_ADDRESSES,  /* const char *: host:port[,host:port...] */
    CONFIG_KIND_LISTEN,     /* const char *: address:port, port 0 for a free one */
    CONFIG_KIND_URL,        /* const char *: http:// or https:// */
    CONFIG_KIND_ORIGINS,    /* const char *: scheme://host[:port][,...], or * */
    CONFIG_KIND_ALGORITHMS, /* unsigned: enum config_algorithm, or'd */
    CONFIG_KIND_NAMES,      /* const char *: words with commas between them */
    CONFIG_KIND_INTEGER,    /* int64_t */
    CONFIG_KIND_LEVEL,      /* enum log_level */
    CONFIG_KIND_MODE,       /* enum config_mode */
    CONFIG_KIND_KEYS,       /* struct config_keys; hidden */
    CONFIG_KIND_KEY,        /* uint8_t[CONFIG_SECRET_BYTES]; hidden */
};

struct config_setting {
    const char *name; /* with its prefix */
    enum config_kind kind;
    size_t offset;       /* of the value in struct config, for those that every program knows */
    unsigned needs;      /* required where one of these is needed */
    const char *initial; /* the default's text, or NULL */
    int64_t min, max;    /* of an integer; a secret's bytes */
    bool reloadable;     /* SIGHUP changes it; anything else needs a restart */
    const char *sentence;
    void *value;        /* where it goes */
    const char *text;   /* what was found or is the default; NULL: not set */
    const char *origin; /* where it was found; NULL: nowhere */
    bool wrong;         /* a mistake was told */
};

/* The settings that every program knows, copied and pointed into `config`, with room for so many
 * more behind them; NULL without memory. */
struct config_setting *config_table(struct arena *arena, struct config *config, size_t more);
size_t config_table_size(void);

bool config_setting_is_url(const struct config_setting *setting);
bool config_setting_hidden(const struct config_setting *setting);

/* Turns setting->text into the value. A mistake goes to `said`. 0, -EINVAL or -ENOMEM. */
must_check int config_setting_parse(const struct config_setting *setting, struct arena *arena,
                                    struct buf *said);

/* Reads the text of a secret from a file and drops one line feed at its end. What is wrong goes to
 * `said`, and a warning where others may read it. 0, -EINVAL or -ENOMEM. Blocks. */
must_check int config_secret_read(struct config_setting *setting, const char *path,
                                  struct arena *arena, struct buf *said);

/* One word of a list with commas: moves `list` behind it. false: there is none left. */
bool config_next_word(struct span *list, struct span *ret_word);

#endif
