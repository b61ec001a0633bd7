/* Whose tokens are taken: the settings of each issuer, and what must hold between them. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "config/config_private.h"

static const char prefix[] = "IDPMC_TOKEN_";

enum {
    NAME_MAX_BYTES = 32,
    SETTINGS = 6, /* of each issuer */
    ASYMMETRIC = CONFIG_RS256 | CONFIG_ES256 | CONFIG_EDDSA,
};

size_t config_issuers_room(void)
{
    return (size_t)(CONFIG_ISSUERS_MAX - 1) * SETTINGS;
}

static bool is_name(struct span word)
{
    if (word.size == 0 || word.size > NAME_MAX_BYTES || !islower((unsigned char)word.data[0]))
        return false;
    for (size_t i = 0; i < word.size; i++)
        if (!islower((unsigned char)word.data[i]) && !isdigit((unsigned char)word.data[i]))
            return false;
    return true;
}

static bool is_taken(const struct config *config, struct span word)
{
    for (size_t i = 1; i < config->issuer_count; i++)
        if (span_is(word, config->issuers[i].name))
            return true;
    return false;
}

/* What is wrong with the name, or NULL. */
static const char *name_mistake(const struct config *config, struct span word)
{
    if (!is_name(word))
        return "which is no lower-case word of letters and digits";
    if (is_taken(config, word))
        return "twice; take one of them away";
    return config->issuer_count == CONFIG_ISSUERS_MAX ? "which is one too many" : NULL;
}

static bool is_of_issuer(const struct config_setting *setting)
{
    size_t first = offsetof(struct config, issuers);

    return setting->offset >= first && setting->offset < first + sizeof(struct config_issuer);
}

/* The settings of the first issuer once more, with a name and a place of their own. */
static int add_issuer(struct config_loader *loader, struct span word)
{
    struct config_own *own = loader->own;
    size_t number = loader->config->issuer_count++, common = config_table_size();
    char *name = arena_copy(own->arena, word.data, word.size);
    char *in_capitals = arena_copy(own->arena, word.data, word.size);

    for (char *at = in_capitals; at && *at; at++)
        *at = (char)toupper((unsigned char)*at);
    if (!name || !in_capitals)
        return -ENOMEM;
    loader->config->issuers[number].name = name;
    own->issuer_prefixes[number] = arena_printf(own->arena, "%s%s_", prefix, in_capitals);
    for (size_t i = 0; i < common && own->issuer_prefixes[number]; i++) {
        struct config_setting *setting = &own->settings[own->setting_count];

        if (!is_of_issuer(&own->settings[i]))
            continue;
        *setting = own->settings[i];
        setting->text = setting->origin = NULL;
        setting->wrong = false;
        setting->offset += number * sizeof(struct config_issuer);
        setting->value = (char *)loader->config + setting->offset;
        setting->name = arena_printf(own->arena, "%s%s", own->issuer_prefixes[number],
                                     own->settings[i].name + strlen(prefix));
        if (!setting->name)
            return -ENOMEM;
        own->setting_count++;
    }
    return own->issuer_prefixes[number] ? 0 : -ENOMEM;
}

int config_issuers_add(struct config_loader *loader)
{
    struct config *config = loader->config;
    struct span rest = span_text(config->token_issuers), word;

    loader->own->issuer_prefixes[0] = prefix;
    config->issuer_count = 1;
    while (config_next_word(&rest, &word)) {
        const char *why = name_mistake(config, word);
        int r = why ? 0 : add_issuer(loader, word);

        if (why)
            config_wrong(loader, "%sISSUERS names \"%.*s\", %s", prefix, (int)word.size, word.data,
                         why);
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- what must hold ---- */

static bool is_loopback(const char *url)
{
    const char *host = url + strlen("http://");
    size_t size = strcspn(host, "/?"), name_size = strcspn(host, ":/?");

    return span_is(span_of(host, name_size), "localhost") || strncmp(host, "127.", 4) == 0 ||
           (size >= 5 && strncmp(host, "[::1]", 5) == 0);
}

/* Over plain HTTP anybody on the way could put keys of their own into the set. */
static void check_url(struct config_loader *loader, const char *start, const char *url)
{
    if (loader->config->mode == CONFIG_PRODUCTION && strncmp(url, "http://", 7) == 0 &&
        !is_loopback(url))
        config_wrong(loader,
                     "%sJWKS_URL is \"%s\"; it must begin with https://, except for a server on "
                     "this machine",
                     start, url);
}

static void check_both(struct config_loader *loader, const char *start)
{
    config_wrong(loader,
                 "%sSECRET stands beside a key set, and %sALGORITHMS is not set; list there how "
                 "tokens may be signed, for example RS256,HS256",
                 start, start);
}

/* What the list names must have a key, and each key must have an algorithm in the list. */
static void check_list(struct config_loader *loader, const char *start, unsigned listed,
                       bool has_keys, bool has_secret)
{
    bool hs256 = listed & CONFIG_HS256, asymmetric = listed & ASYMMETRIC;

    if (hs256 && !has_secret)
        config_wrong(loader,
                     "%sALGORITHMS names HS256, and there is no %sSECRET; set it, or take "
                     "HS256 away",
                     start, start);
    if (!hs256 && has_secret)
        config_wrong(loader,
                     "%sSECRET is set, and %sALGORITHMS does not name HS256; take one away, "
                     "or add the other",
                     start, start);
    if (asymmetric && !has_keys)
        config_wrong(loader,
                     "%sALGORITHMS names algorithms with public keys, and there are none; "
                     "set %sJWKS_URL or %sJWKS_FILE, or name HS256 alone",
                     start, start, start);
    if (!asymmetric && has_keys)
        config_wrong(loader,
                     "%sALGORITHMS is HS256 alone, and a key set is there too; take it "
                     "away, or add its algorithms",
                     start);
}

/* Whoever knows an HS256 secret can make tokens: in production somebody must want that. */
static void check_algorithms(struct config_loader *loader, struct config_issuer *issuer,
                             const char *start)
{
    bool has_keys = issuer->jwks_url || issuer->jwks_file, has_secret = issuer->secret;

    if (issuer->algorithms)
        check_list(loader, start, issuer->algorithms, has_keys, has_secret);
    else if (has_secret && loader->config->mode == CONFIG_PRODUCTION)
        config_wrong(loader,
                     "%sSECRET is set in production; take it away and name the issuer's keys by "
                     "%sJWKS_URL or %sJWKS_FILE, or, where it does sign with a secret, say so by "
                     "%sALGORITHMS=HS256",
                     start, start, start, start);
    else if (has_secret && has_keys)
        check_both(loader, start);
    else
        issuer->algorithms = has_keys ? ASYMMETRIC : CONFIG_HS256;
}

static void check_issuer(struct config_loader *loader, size_t number)
{
    struct config_issuer *issuer = &loader->config->issuers[number];
    const char *start = loader->own->issuer_prefixes[number];

    for (size_t i = 0; i < number && issuer->issuer; i++)
        if (loader->config->issuers[i].issuer &&
            strcmp(loader->config->issuers[i].issuer, issuer->issuer) == 0)
            config_wrong(loader,
                         "%sISSUER and %sISSUER are the same; each issuer has one set of "
                         "settings",
                         loader->own->issuer_prefixes[i], start);
    if (issuer->jwks_url && issuer->jwks_file)
        config_wrong(loader, "%sJWKS_URL and %sJWKS_FILE are both set; keep one of them", start,
                     start);
    if (issuer->jwks_url)
        check_url(loader, start, issuer->jwks_url);
    if (issuer->jwks_url || issuer->jwks_file || issuer->secret)
        check_algorithms(loader, issuer, start);
    else if (loader->source->needs & CONFIG_TOKENS)
        config_wrong(loader,
                     "neither %sJWKS_URL nor %sJWKS_FILE is set; name where the issuer's public "
                     "keys are%s%s%s",
                     start, start, loader->config->mode == CONFIG_DEVELOPMENT ? ", or set " : "",
                     loader->config->mode == CONFIG_DEVELOPMENT ? start : "",
                     loader->config->mode == CONFIG_DEVELOPMENT ? "SECRET" : "");
}

void config_issuers_check(struct config_loader *loader)
{
    for (size_t i = 0; i < loader->config->issuer_count; i++)
        check_issuer(loader, i);
}
