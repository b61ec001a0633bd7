#include "listening.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "log/log.h"

enum { OTHER_DESCRIPTORS = 256 }; /* of Kafka, PostgreSQL, Redis and lanes */

static struct http_limits limits_of(const struct config *config)
{
    struct http_limits limits = http_limits_default;

    limits.connections = (size_t)config->http_connections;
    limits.connections_each = (size_t)config->http_connections_per_address;
    limits.in_flight = (size_t)config->http_in_flight;
    limits.body_bytes = (size_t)config->http_body_bytes;
    limits.header_ms = config->http_header_ms;
    limits.body_ms = config->http_body_ms;
    limits.idle_ms = config->http_idle_ms;
    return limits;
}

static int read_files(struct tls_context *context, const struct config *config, struct buf *error)
{
    cleanup(buf_deinit) struct buf why = {0};
    const char *setting = "IDPMC_TLS_CERTIFICATE_FILE";
    int r = tls_context_read_certificate(context, config->tls_certificate_file, &why);

    if (r == 0) {
        setting = "IDPMC_TLS_KEY_FILE";
        r = tls_context_read_key(context, config->tls_key_file, &why);
    }
    if (r < 0)
        buf_printf(error, "%s: %s", setting, why.data);
    return r;
}

static int make_tls(const struct config *config, struct tls_context **ret_context,
                    struct buf *error)
{
    struct tls_context *context = NULL;
    int r = 0;

    if (config->tls_certificate_file) {
        context = tls_context_new();
        r = context ? read_files(context, config, error) : -ENOMEM;
    }
    if (r < 0) {
        tls_context_free(context);
        return r;
    }
    *ret_context = context;
    return 0;
}

static int make_cors(const struct config *config, struct http_cors **ret_cors, struct buf *error)
{
    cleanup(buf_deinit) struct buf why = {0};
    int r;

    *ret_cors = NULL;
    if (!config->cors_origins)
        return 0;
    r = http_cors_new(config->cors_origins, ret_cors, &why);
    if (r == -EINVAL)
        buf_printf(error, "IDPMC_CORS_ORIGINS: %s", why.data);
    return r;
}

int listening_check(const struct config *config, struct buf *error)
{
    struct tls_context *tls = NULL;
    struct http_cors *cors = NULL;
    int r = make_tls(config, &tls, error);

    if (r == 0)
        r = make_cors(config, &cors, error);
    tls_context_free(tls);
    http_cors_free(cors);
    return r;
}

int listening_renew(struct http_server *server, const struct config *config, struct buf *error)
{
    struct tls_context *tls;
    struct http_cors *cors;
    int r = make_tls(config, &tls, error);

    if (r < 0)
        return r;
    r = make_cors(config, &cors, error);
    if (r < 0) {
        tls_context_free(tls);
        return r;
    }
    http_server_use_tls(server, tls);
    http_server_use_cors(server, cors);
    return 0;
}

/* A shell's 1024 descriptors are less than the connections that the settings allow. */
static void allow_descriptors(const struct config *config)
{
    rlim_t wanted = (rlim_t)config->http_connections + OTHER_DESCRIPTORS;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < wanted)
        log_warning(NULL,
                    "IDPMC_HTTP_CONNECTIONS allows %lld connections, but the process may open "
                    "%lld files only: raise its hard limit (ulimit -Hn)",
                    (long long)config->http_connections, (long long)limit.rlim_cur);
}

int listening_start(struct loop *loop, const struct config *config,
                    const struct http_handler *handler, struct http_server **ret_server,
                    struct buf *error)
{
    const struct http_limits limits = limits_of(config);
    struct http_server *server;
    int r;

    allow_descriptors(config);
    r = http_server_start(loop, config->http_listen, handler, &limits, &server);
    if (r < 0) {
        buf_printf(error, "cannot listen on %s (IDPMC_HTTP_LISTEN): %s", config->http_listen,
                   strerror(-r));
        return r;
    }
    r = listening_renew(server, config, error);
    if (r < 0) {
        http_server_free(server);
        return r;
    }
    *ret_server = server;
    return 0;
}
