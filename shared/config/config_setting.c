/* The table of settings, and the names that are close to a wrong one. */
#include "config/config_setting.h"

#include <string.h>

#define IN(member) offsetof(struct config, member)

static const struct config_setting table[] = {
    {.name = "IDPMC_MODE",
     .kind = CONFIG_KIND_MODE,
     .offset = IN(mode),
     .initial = "production",
     .sentence = "development or production"},
    {.name = "IDPMC_LOG_LEVEL",
     .reloadable = true,
     .kind = CONFIG_KIND_LEVEL,
     .offset = IN(log_level),
     .initial = "info",
     .sentence = "debug, info, warning or error"},
    {.name = "IDPMC_KAFKA_BROKERS",
     .kind = CONFIG_KIND_ADDRESSES,
     .offset = IN(kafka_brokers),
     .needs = CONFIG_KAFKA,
     .sentence = "where Kafka is, as host:port[,host:port...]"},
    {.name = "IDPMC_DATABASE_URL",
     .kind = CONFIG_KIND_SECRET,
     .offset = IN(database_url),
     .needs = CONFIG_OPERATOR_DATABASE,
     .sentence = "the operator's PostgreSQL, as postgresql://user:password@host:port/database"},
    {.name = "IDPMC_INGRESS_DATABASE_URL",
     .kind = CONFIG_KIND_SECRET,
     .offset = IN(ingress_database_url),
     .needs = CONFIG_INGRESS_DATABASE,
     .sentence =
         "PostgreSQL as the ingress's own role, as postgresql://user:password@host/database"},
    {.name = "IDPMC_REDIS_URL",
     .kind = CONFIG_KIND_SECRET,
     .offset = IN(redis_url),
     .sentence = "the cache, as redis://host:port; without it everything works, slower"},
    {.name = "IDPMC_HTTP_LISTEN",
     .kind = CONFIG_KIND_LISTEN,
     .offset = IN(http_listen),
     .initial = "127.0.0.1:8080",
     .sentence = "where the ingress listens, as address:port"},
    {.name = "IDPMC_ADMIN_LISTEN",
     .kind = CONFIG_KIND_LISTEN,
     .offset = IN(admin_listen),
     .initial = "127.0.0.1:9090",
     .sentence = "where health and metrics are, as address:port"},
    {.name = "IDPMC_WORKERS",
     .kind = CONFIG_KIND_NAMES,
     .offset = IN(workers),
     .sentence = "the workers that bin/fleet runs, with commas between them; without it all"},
    {.name = "IDPMC_LANES",
     .kind = CONFIG_KIND_INTEGER,
     .offset = IN(lanes),
     .initial = "1",
     .min = 1,
     .max = 64,
     .sentence = "threads of each worker in this process"},
    {.name = "IDPMC_BATCH_MAX",
     .kind = CONFIG_KIND_INTEGER,
     .offset = IN(batch_max),
     .initial = "2000",
     .min = 1,
     .max = 20000,
     .sentence = "most messages of one transaction"},
    {.name = "IDPMC_FLEET_KEYS",
     .reloadable = true,
     .kind = CONFIG_KIND_KEYS,
     .offset = IN(fleet_keys),
     .needs = CONFIG_FLEET_KEYS,
     .sentence = "the fleet's own keys, as keyid:64-hexadecimal-digits[,...]; the first one signs"},
    {.name = "IDPMC_SEAL_KEY",
     .kind = CONFIG_KIND_KEY,
     .offset = IN(seal_key),
     .needs = CONFIG_SEAL_KEY,
     .sentence = "what seals outcome tokens, 64 hexadecimal digits (openssl rand -hex 32)"},
    {.name = "IDPMC_TOKEN_ISSUERS",
     .reloadable = true,
     .kind = CONFIG_KIND_NAMES,
     .offset = IN(token_issuers),
     .sentence = "more issuers of tokens: names with commas between them, each with settings of "
                 "its own like IDPMC_TOKEN_SCHOOL_ISSUER"},
    {.name = "IDPMC_TOKEN_ISSUER",
     .reloadable = true,
     .kind = CONFIG_KIND_TEXT,
     .offset = IN(issuers[0].issuer),
     .needs = CONFIG_TOKENS,
     .sentence = "the iss that a token must carry"},
    {.name = "IDPMC_TOKEN_AUDIENCE",
     .reloadable = true,
     .kind = CONFIG_KIND_TEXT,
     .offset = IN(issuers[0].audience),
     .needs = CONFIG_TOKENS,
     .sentence = "the aud that a token must carry"},
    {.name = "IDPMC_TOKEN_ALGORITHMS",
     .reloadable = true,
     .kind = CONFIG_KIND_ALGORITHMS,
     .offset = IN(issuers[0].algorithms),
     .sentence = "how tokens may be signed: RS256, ES256, EdDSA, HS256, with commas between them; "
                 "without it the first three with a key set, HS256 with a secret"},
    {.name = "IDPMC_TOKEN_JWKS_URL",
     .reloadable = true,
     .kind = CONFIG_KIND_URL,
     .offset = IN(issuers[0].jwks_url),
     .sentence = "where the issuer publishes its keys (RFC 7517), as https://host/path"},
    {.name = "IDPMC_TOKEN_JWKS_FILE",
     .reloadable = true,
     .kind = CONFIG_KIND_FILE,
     .offset = IN(issuers[0].jwks_file),
     .sentence = "a file with the issuer's public keys (RFC 7517)"},
    {.name = "IDPMC_TOKEN_SECRET",
     .reloadable = true,
     .kind = CONFIG_KIND_SECRET,
     .offset = IN(issuers[0].secret),
     .min = 32,
     .max = 4096,
     .sentence = "the issuer's HS256 secret, 32 bytes or more"},
    {.name = "IDPMC_TLS_CERTIFICATE_FILE",
     .reloadable = true,
     .kind = CONFIG_KIND_FILE,
     .offset = IN(tls_certificate_file),
     .sentence = "the ingress's certificate chain as PEM; with it and its key it speaks TLS"},
    {.name = "IDPMC_TLS_KEY_FILE",
     .reloadable = true,
     .kind = CONFIG_KIND_FILE,
     .offset = IN(tls_key_file),
     .sentence = "the private key of the certificate as PEM"},
    {.name = "IDPMC_CORS_ORIGINS",
     .reloadable = true,
     .kind = CONFIG_KIND_TEXT,
     .offset = IN(cors_origins),
     .sentence = "the origins whose pages may call, as https://app.example.org[,...], or *; "
                 "without it none"},
    {.name = "IDPMC_HTTP_CONNECTIONS",
     .kind = CONFIG_KIND_INTEGER,
     .offset = IN(http_connections),
     .initial = "4096",
     .min = 1,
     .max = 1000000,
     .sentence = "most connections of the ingress at a time"},
    {.name = "IDPMC_HTTP_CONNECTIONS_PER_ADDRESS",
     .kind = CONFIG_KIND_INTEGER,
     .offset = IN(http_connections_per_address),
     .initial = "1024",
     .min = 1,
     .max = 1000000,
     .sentence = "most connections of one address at a time"},
    {.name = "IDPMC_HTTP_IN_FLIGHT",
     .kind = CONFIG_KIND_INTEGER,
     .offset = IN(http_in_flight),
     .initial = "2048",
     .min = 1,
     .max = 1000000,
     .sentence = "most requests that wait for their answer; above it 503"},
    {.name = "IDPMC_HTTP_HEADER_MS",
     .kind = CONFIG_KIND_INTEGER,
     .offset = IN(http_header_ms),
     .initial = "5000",
     .min = 100,
     .max = 600000,
     .sentence = "how long a request's head may take"},
    {.name = "IDPMC_HTTP_BODY_MS",
     .kind = CONFIG_KIND_INTEGER,
     .offset = IN(http_body_ms),
     .initial = "10000",
     .min = 100,
     .max = 600000,
     .sentence = "how long a request's body may take"},
    {.name = "IDPMC_HTTP_IDLE_MS",
     .kind = CONFIG_KIND_INTEGER,
     .offset = IN(http_idle_ms),
     .initial = "30000",
     .min = 100,
     .max = 3600000,
     .sentence = "how long a connection may wait for its next request"},
    {.name = "IDPMC_JWKS_REFRESH_S",
     .kind = CONFIG_KIND_INTEGER,
     .offset = IN(jwks_refresh_s),
     .initial = "300",
     .min = 10,
     .max = 86400,
     .sentence = "how often key sets are fetched again"},
    {.name = "IDPMC_EVENTS_STREAMS",
     .kind = CONFIG_KIND_INTEGER,
     .offset = IN(events_streams),
     .initial = "1000",
     .min = 0,
     .max = 100000,
     .sentence = "most live streams of events at a time"},
    {.name = "IDPMC_EVENTS_STREAMS_PER_USER",
     .kind = CONFIG_KIND_INTEGER,
     .offset = IN(events_streams_per_user),
     .initial = "4",
     .min = 1,
     .max = 1000,
     .sentence = "most live streams of one user at a time"},
    {.name = "IDPMC_EVENTS_REPLAY_S",
     .kind = CONFIG_KIND_INTEGER,
     .offset = IN(events_replay_s),
     .initial = "900",
     .min = 1,
     .max = 86400,
     .sentence = "how far back a live stream can be resumed, at most"},
    {.name = "IDPMC_EVENTS_REPLAY_BYTES",
     .kind = CONFIG_KIND_INTEGER,
     .offset = IN(events_replay_bytes),
     .initial = "33554432",
     .min = 65536,
     .max = 4294967296,
     .sentence = "memory for events that a live stream can be resumed from"},
};

struct config_setting *config_table(struct arena *arena, struct config *config, size_t more)
{
    struct config_setting *settings = arena_array(arena, COUNT_OF(table) + more, sizeof table[0]);

    if (!settings)
        return NULL;
    memcpy(settings, table, sizeof table);
    for (size_t i = 0; i < COUNT_OF(table); i++)
        settings[i].value = (char *)config + settings[i].offset;
    return settings;
}

size_t config_table_size(void)
{
    return COUNT_OF(table);
}

bool config_setting_hidden(const struct config_setting *setting)
{
    return setting->kind == CONFIG_KIND_SECRET || setting->kind == CONFIG_KIND_KEYS ||
           setting->kind == CONFIG_KIND_KEY;
}

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
