/* One setting: what is known of it, and how its text becomes a value. Private to shared/config. */
#ifndef CONFIG_SETTING_H
#define CONFIG_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "config/config.h"

#define SETTING_FILE_SUFFIX "_FILE"

enum setting_kind {
    SETTING_TEXT,      /* const char * */
    SETTING_SECRET,    /* const char *; hidden, may stand in a file */
    SETTING_FILE,      /* const char *: a file that can be read */
    SETTING_ADDRESSES, /* const char *: host:port[,host:port...] */
    SETTING_LISTEN,    /* const char *: address:port, port 0 for a free one */
    SETTING_NAMES,     /* const char *: words with commas between them */
    SETTING_INTEGER,   /* int64_t */
    SETTING_LEVEL,     /* enum log_level */
    SETTING_MODE,      /* enum config_mode */
    SETTING_KEYS,      /* struct config_keys; hidden */
    SETTING_KEY,       /* uint8_t[CONFIG_SECRET_BYTES]; hidden */
};

struct setting {
    const char *name; /* with its prefix */
    enum setting_kind kind;
    size_t offset;       /* of the value in struct config, for those that every program knows */
    unsigned needs;      /* required where one of these is needed */
    const char *initial; /* the default's text, or NULL */
    int64_t min, max;    /* of an integer; a secret's bytes */
    const char *sentence;
    void *value;      /* where it goes */
    const char *text; /* what was found or is the default; NULL: not set */
};

/* The settings that every program knows, copied and pointed into `config`, with room for so many
 * more behind them; NULL without memory. */
struct setting *setting_table(struct arena *arena, struct config *config, size_t more);
size_t setting_table_size(void);

bool setting_is_hidden(const struct setting *setting);

/* Turns setting->text into the value. A mistake goes to `said`. 0, -EINVAL or -ENOMEM. */
must_check int setting_parse(const struct setting *setting, struct arena *arena, struct buf *said);

/* Reads the text of a secret from a file and drops one line feed at its end. What is wrong goes to
 * `said`, and a warning where others may read it. 0, -EINVAL or -ENOMEM. Blocks. */
must_check int setting_read_file(struct setting *setting, const char *path, struct arena *arena,
                                 struct buf *said);

/* One word of a list with commas: moves `list` behind it. false: there is none left. */
bool setting_next_word(struct span *list, struct span *ret_word);

/* The name that somebody may have meant, or NULL. */
const char *setting_closest(const char *name, const struct setting *settings, size_t count);

#endif
