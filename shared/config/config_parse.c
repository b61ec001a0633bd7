/* How a setting's text becomes its value, and what is said when it cannot. */
#include "config/config_setting.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"

enum { KEY_DIGITS = 2 * CONFIG_SECRET_BYTES, MAX_KEYS = 64 };

/* The value may be told where it is no secret. */
static int mistake(const struct config_setting *setting, struct buf *said)
{
    buf_printf(said, "%s is \"%s\"; wanted: %s\n", setting->name, setting->text, setting->sentence);
    return -EINVAL;
}

bool config_next_word(struct span *list, struct span *ret_word)
{
    const char *comma;
    size_t size;

    if (!list->data)
        return false;
    comma = memchr(list->data, ',', list->size);
    size = comma ? (size_t)(comma - list->data) : list->size;
    *ret_word = span_of(list->data, size);
    *list = comma ? span_of(comma + 1, list->size - size - 1) : (struct span){0};
    return true;
}

/* Digits only; -1: something else, or more than `max`. */
static int64_t number_parse(struct span text, int64_t max)
{
    int64_t value = 0;

    if (text.size == 0)
        return -1;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return -1;
        value = 10 * value + text.data[i] - '0';
        if (value > max)
            return -1;
    }
    return value;
}

static int parse_integer(const struct config_setting *setting, struct buf *said)
{
    int64_t *value = setting->value;
    char *end;

    errno = 0;
    *value = strtoll(setting->text, &end, 10);
    if (errno == 0 && *end == '\0' && strchr("-0123456789", setting->text[0]) &&
        *value >= setting->min && *value <= setting->max)
        return 0;
    buf_printf(said, "%s is \"%s\"; it must be a whole number from %lld to %lld (%s)\n",
               setting->name, setting->text, (long long)setting->min, (long long)setting->max,
               setting->sentence);
    return -EINVAL;
}

/* host:port, [::1]:port; white space and empty parts have no place in it. */
static bool is_address(struct span address, int64_t min_port)
{
    const char *colon = memrchr(address.data, ':', address.size);
    size_t host_size = colon ? (size_t)(colon - address.data) : 0;
    struct span port = span_of(address.data + host_size + 1, address.size - host_size - 1);
    bool bracketed = host_size > 2 && address.data[0] == '[' && address.data[host_size - 1] == ']';

    if (host_size == 0 || number_parse(port, 65535) < min_port)
        return false;
    for (size_t i = 0; i < host_size; i++)
        if (strchr(" \t\"/@", address.data[i]) || (!bracketed && strchr(":[]", address.data[i])))
            return false;
    return true;
}

static int parse_addresses(const struct config_setting *setting, struct buf *said)
{
    struct span list = span_text(setting->text), word;

    while (config_next_word(&list, &word))
        if (!is_address(word, 1))
            return mistake(setting, said);
    return 0;
}

/* host or host:port; no user, no blanks. */
static bool is_authority(struct span text)
{
    char port[128];
    bool has_port =
        text.size > 0 && memrchr(text.data, ':', text.size) && text.data[text.size - 1] != ']';
    int size = has_port ? 0 : snprintf(port, sizeof port, "%.*s:443", (int)text.size, text.data);

    if (has_port)
        return is_address(text, 1);
    return size > 0 && (size_t)size < sizeof port && is_address(span_of(port, (size_t)size), 1);
}

static int parse_url(const struct config_setting *setting, struct buf *said)
{
    const char *text = setting->text;
    size_t scheme = strncmp(text, "https://", 8) == 0 ? 8 : 7;

    if ((scheme == 8 || strncmp(text, "http://", 7) == 0) &&
        is_authority(span_of(text + scheme, strcspn(text + scheme, "/?"))) &&
        !strpbrk(text, " \t\"#"))
        return 0;
    return mistake(setting, said);
}

/* As browsers send it (RFC 6454, section 7): no path, not even a slash. */
static bool is_origin(struct span word)
{
    static const char *const schemes[] = {"https://", "http://"};

    while (word.size > 0 && word.data[0] == ' ')
        word = span_of(word.data + 1, word.size - 1);
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        size_t size = strlen(schemes[i]);

        if (word.size > size && memcmp(word.data, schemes[i], size) == 0)
            return is_authority(span_of(word.data + size, word.size - size));
    }
    return false;
}

static int parse_origins(const struct config_setting *setting, struct buf *said)
{
    struct span list = span_text(setting->text), word;

    if (span_is(list, "*"))
        return 0;
    while (config_next_word(&list, &word))
        if (!is_origin(word))
            return mistake(setting, said);
    return 0;
}

static unsigned algorithm_of(struct span word)
{
    static const struct {
        const char *name;
        enum config_algorithm algorithm;
    } known[] = {{"RS256", CONFIG_RS256},
                 {"ES256", CONFIG_ES256},
                 {"EdDSA", CONFIG_EDDSA},
                 {"HS256", CONFIG_HS256}};

    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (span_is(word, known[i].name))
            return known[i].algorithm;
    return 0;
}

static int parse_algorithms(const struct config_setting *setting, struct buf *said)
{
    struct span list = span_text(setting->text), word;
    unsigned algorithms = 0;

    while (config_next_word(&list, &word)) {
        unsigned algorithm = algorithm_of(word);

        if (!algorithm)
            return mistake(setting, said);
        algorithms |= algorithm;
    }
    *(unsigned *)setting->value = algorithms;
    return 0;
}

static int parse_secret(const struct config_setting *setting, struct buf *said)
{
    size_t size = strlen(setting->text);

    if (setting->max == 0 || (size >= (size_t)setting->min && size <= (size_t)setting->max))
        return 0;
    buf_printf(said, "%s has %zu bytes; wanted: %s\n", setting->name, size, setting->sentence);
    return -EINVAL;
}

/* As libpq takes it: a URL, or keywords with their values. */
static bool is_database(const char *text)
{
    return strncmp(text, "postgresql://", 13) == 0 || strncmp(text, "postgres://", 11) == 0 ||
           text[strcspn(text, "=:/")] == '=';
}

static bool is_redis(const char *text)
{
    const char *where = text + strlen("redis://"), *at;

    if (strncmp(text, "redis://", strlen("redis://")) != 0)
        return false;
    at = strchr(where, '@');
    where = at ? at + 1 : where;
    return is_authority(span_of(where, strcspn(where, "/")));
}

/* Its value holds a password, so it is not told. */
static int parse_secret_url(const struct config_setting *setting, struct buf *said)
{
    if (setting->kind == CONFIG_KIND_REDIS ? is_redis(setting->text) : is_database(setting->text))
        return 0;
    buf_printf(said, "%s has another form; wanted: %s\n", setting->name, setting->sentence);
    return -EINVAL;
}

static int parse_file(const struct config_setting *setting, struct buf *said)
{
    if (access(setting->text, R_OK) == 0)
        return 0;
    buf_printf(said, "%s is \"%s\", which cannot be read (%s); name %s\n", setting->name,
               setting->text, strerrordesc_np(errno), setting->sentence);
    return -EINVAL;
}

static int parse_mode(const struct config_setting *setting, struct buf *said)
{
    enum config_mode *mode = setting->value;

    if (strcmp(setting->text, "development") == 0)
        *mode = CONFIG_DEVELOPMENT;
    else if (strcmp(setting->text, "production") == 0)
        *mode = CONFIG_PRODUCTION;
    else
        return mistake(setting, said);
    return 0;
}

static bool is_secret(struct span digits, uint8_t secret[static CONFIG_SECRET_BYTES])
{
    return digits.size == KEY_DIGITS && hex_parse(digits.data, secret, CONFIG_SECRET_BYTES) == 0;
}

static int parse_key(const struct config_setting *setting, struct buf *said)
{
    if (is_secret(span_text(setting->text), setting->value))
        return 0;
    buf_printf(said, "%s is not 64 lower-case hexadecimal digits; wanted: %s\n", setting->name,
               setting->sentence);
    return -EINVAL;
}

static bool is_keyid(struct span text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    if (text.size == 0 || text.size > CONFIG_KEYID_MAX)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!memchr(allowed, text.data[i], sizeof allowed - 1))
            return false;
    return true;
}

/* Reads one keyid:digits into keys[count]; what is wrong with it, or NULL. */
static const char *key_mistake(struct span word, struct config_key *keys, size_t count)
{
    const char *colon = memchr(word.data, ':', word.size);
    size_t size = colon ? (size_t)(colon - word.data) : 0;
    struct config_key *key = &keys[count];

    if (!colon)
        return "has no colon between key id and digits";
    if (!is_keyid(span_of(word.data, size)))
        return "has a key id that is not 1 to 64 letters, digits, '.', '_' or '-'";
    if (!is_secret(span_of(colon + 1, word.size - size - 1), key->secret))
        return "has a secret that is not 64 lower-case hexadecimal digits";
    memcpy(key->keyid, word.data, size);
    for (size_t i = 0; i < count; i++)
        if (strcmp(keys[i].keyid, key->keyid) == 0)
            return "has the key id of an earlier one";
    return NULL;
}

static int parse_keys(const struct config_setting *setting, struct arena *arena, struct buf *said)
{
    struct config_key *keys = arena_array(arena, MAX_KEYS, sizeof *keys);
    struct span list = span_text(setting->text), word;
    struct config_keys *value = setting->value;
    size_t count = 0;

    if (!keys)
        return -ENOMEM;
    while (config_next_word(&list, &word)) {
        const char *wrong = count == MAX_KEYS ? "is one too many" : key_mistake(word, keys, count);

        if (wrong) {
            buf_printf(said, "%s: key %zu of the list %s; wanted: %s\n", setting->name, count + 1,
                       wrong, setting->sentence);
            return -EINVAL;
        }
        count++;
    }
    *value = (struct config_keys){keys, count};
    return 0;
}

int config_setting_parse(const struct config_setting *setting, struct arena *arena,
                         struct buf *said)
{
    switch (setting->kind) {
    case CONFIG_KIND_INTEGER:
        return parse_integer(setting, said);
    case CONFIG_KIND_LEVEL:
        return log_level_parse(span_text(setting->text), setting->value) < 0
                   ? mistake(setting, said)
                   : 0;
    case CONFIG_KIND_MODE:
        return parse_mode(setting, said);
    case CONFIG_KIND_KEYS:
        return parse_keys(setting, arena, said);
    case CONFIG_KIND_KEY:
        return parse_key(setting, said);
    case CONFIG_KIND_ALGORITHMS:
        return parse_algorithms(setting, said);
    default:
        break;
    }
    *(const char **)setting->value = setting->text;
    switch (setting->kind) {
    case CONFIG_KIND_SECRET:
        return parse_secret(setting, said);
    case CONFIG_KIND_DATABASE:
    case CONFIG_KIND_REDIS:
        return parse_secret_url(setting, said);
    case CONFIG_KIND_FILE:
        return parse_file(setting, said);
    case CONFIG_KIND_ADDRESSES:
        return parse_addresses(setting, said);
    case CONFIG_KIND_ORIGINS:
        return parse_origins(setting, said);
    case CONFIG_KIND_URL:
        return parse_url(setting, said);
    case CONFIG_KIND_LISTEN:
        return is_address(span_text(setting->text), 0) ? 0 : mistake(setting, said);
    default:
        return 0;
    }
}
