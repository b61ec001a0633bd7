/* Settings: read from the environment (prefix IDPMC_) and a file that it may name, checked
 * together, typed and constant from then on. The table of them stands in config_setting.c. A secret
 * may stand in a file that NAME_FILE names. A name that nobody knows is a mistake. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bucket.h"
#include "base/buf.h"
#include "log/log.h"

enum { CONFIG_KEYID_MAX = 64, CONFIG_SECRET_BYTES = 32, CONFIG_ISSUERS_MAX = 8 };

/* What a program cannot do without: which settings must be there. */
enum config_needs {
    CONFIG_KAFKA = 1,
    CONFIG_OPERATOR_DATABASE = 2, /* IDPMC_DATABASE_URL: migrations, not a worker's */
    CONFIG_WORKER_DATABASES = 4,  /* IDPMC_<MODULE>_DATABASE_URL of each worker that runs */
    CONFIG_INGRESS_DATABASE = 8,
    CONFIG_FLEET_KEYS = 16,
    CONFIG_SEAL_KEY = 32,
    CONFIG_TOKENS = 64,     /* issuer, audience, and a key set or a secret */
    CONFIG_COLOCATED = 128, /* runs what IDPMC_WORKERS lists; otherwise all that it contains */

    CONFIG_WORKER = CONFIG_KAFKA | CONFIG_WORKER_DATABASES | CONFIG_FLEET_KEYS,
    CONFIG_INGRESS = CONFIG_KAFKA | CONFIG_INGRESS_DATABASE | CONFIG_FLEET_KEYS | CONFIG_SEAL_KEY |
                     CONFIG_TOKENS,
    CONFIG_FLEET = CONFIG_WORKER | CONFIG_INGRESS | CONFIG_COLOCATED,
};

enum config_mode { CONFIG_DEVELOPMENT, CONFIG_PRODUCTION };

/* A key of the fleet's: signs messages (the first) and verifies them (each). */
struct config_key {
    char keyid[CONFIG_KEYID_MAX + 1];
    uint8_t secret[CONFIG_SECRET_BYTES];
};

struct config_keys {
    const struct config_key *items;
    size_t count;
};

enum config_algorithm { CONFIG_RS256 = 1, CONFIG_ES256 = 2, CONFIG_EDDSA = 4, CONFIG_HS256 = 8 };

/* Whose tokens are taken (RFC 7519), and with which keys they are verified: those of a key set
 * (RFC 7517), or an HS256 secret, or both where `algorithms` were listed. */
struct config_issuer {
    const char *name;              /* of IDPMC_TOKEN_<NAME>_...; NULL: the first, which has none */
    const char *issuer, *audience; /* the token's iss and aud */
    const char *jwks_url, *jwks_file; /* not both */
    const char *secret;
    unsigned algorithms; /* enum config_algorithm, or'd; never one without a key for it */
};

/* A number that a worker adds: IDPMC_<MODULE>_<NAME>. */
struct config_extra {
    const char *name;        /* "LATE_DAYS" */
    int64_t value, min, max; /* default and bounds */
    const char *sentence;
};

/* A worker that the program contains. */
struct config_module {
    const char *name; /* "mc" */
    const struct config_extra *extras;
    size_t extra_count;
};

struct config_source {
    char *const *environment; /* "NAME=value", ends with NULL: environ */
    const struct config_module *modules;
    size_t module_count;
    unsigned needs; /* enum config_needs, or'd */
};

/* Texts that are not set are NULL. */
struct config {
    const char *config_file;
    enum config_mode mode;
    enum log_level log_level;
    const char *kafka_brokers; /* host:port[,host:port...] */
    const char *database_url, *ingress_database_url;
    const char *redis_url;                  /* NULL: no cache */
    const char *http_listen, *admin_listen; /* address:port */
    struct config_keys fleet_keys;
    uint8_t seal_key[CONFIG_SECRET_BYTES];
    const char *token_issuers; /* the names of all issuers but the first */
    struct config_issuer issuers[CONFIG_ISSUERS_MAX];
    size_t issuer_count; /* the first one has neither issuer nor keys without CONFIG_TOKENS */
    const char *tls_certificate_file, *tls_key_file; /* both or neither */
    const char *cors_origins;
    int64_t http_connections, http_connections_per_address, http_in_flight;
    int64_t http_header_ms, http_body_ms, http_idle_ms, http_body_bytes;
    struct bucket_limit quota_tenant, quota_subject;
    int64_t jwks_refresh_s;
    int64_t events_streams, events_streams_per_user, events_replay_s, events_replay_bytes;
    const char *workers; /* what bin/fleet runs, with commas between; NULL: all (see config_runs) */
    int64_t lanes;       /* a worker's, in this process */
    int64_t batch_max;   /* most messages of one transaction */
    int64_t drain_ms;
    int64_t poll_ms, linger_ms, queue_bytes, pending_max; /* of a lane */
    int64_t park_attempts, park_first_ms, park_most_ms;   /* of messages that fail for a while */
    int64_t culprit_keys;                   /* in a minute, above which a lane stops */
    int64_t producer_per_s, producer_burst; /* messages of one outside producer; 0: no quota */
    int64_t kafka_session_ms, kafka_fetch_kbytes, kafka_command_ms;
    int64_t kafka_stall_ms, kafka_silence_ms, lane_hang_ms, look_again_s; /* watchdogs */
    int64_t database_connect_ms, database_lane_ms, database_edge_ms;
    int64_t credentials_s, wait_max_s, members_ms;
    struct config_own *own;
};

/* Reads and checks everything. 0; -EINVAL: `said` tells every mistake in a line: the name, what is
 * wrong, what to do, and never a secret; or -ENOMEM. Also on success `said` may hold warnings. What
 * `source` points to must outlive the config. Blocks on files. */
must_check int config_load(const struct config_source *source, struct config **ret_config,
                           struct buf *said);
/* Reads and checks everything again, for a program that runs with `old`. What it cannot change
 * while it runs keeps its value, and `said` tells "needs a restart: NAME"; the names of what did
 * change are appended to `changed`, with ", " between them. Otherwise as config_load. `old` must
 * live as long as the new one. */
must_check int config_reload(const struct config_source *source, const struct config *old,
                             struct config **ret_config, struct buf *changed, struct buf *said);
void config_free(struct config *config); /* NULL is allowed */

/* Does the worker of this module run in this process? */
bool config_runs(const struct config *config, const char *module);

/* NULL: not set. */
const char *config_database_url(const struct config *config, const char *module);

/* The value of a module's extra; the module and the name must be ones that config_load was given.
 */
int64_t config_number(const struct config *config, const char *module, const char *name);

/* For a tool that reads the environment alone: puts what the file of IDPMC_CONFIG_FILE gives into
 * it, where it gives neither the name nor its NAME_FILE already. 0; -EINVAL with every mistake of
 * the file's form in `said`; or -ENOMEM. Blocks on the file; one thread only. */
must_check int config_file_export(char *const *environment, struct buf *said);

/* Appends a line of what is in force for each setting: NAME=value, secrets hidden, and where it
 * comes from. */
void config_print(const struct config *config, struct buf *out);

/* Appends a page in Markdown about every setting that programs with these modules know. 0 or
 * -ENOMEM.
 */
must_check int config_describe(const struct config_module *modules, size_t count, struct buf *out);

/* As config_load, for somebody who only looks: appends to `out` what is in force, also where other
 * settings are wrong. */
must_check int config_check(const struct config_source *source, struct buf *out, struct buf *said);

#endif
