/* Puts the parts together, and routes requests to them. */
#include "ingress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "documents.h"
#include "keyset.h"
#include "listening.h"
#include "metrics/metrics.h"
#include "parts.h"
#include "runtime/admin.h"

enum { MEASURES = 64, RECORD_BYTES = 1 << 20 };

struct query_route {
    struct ingress *ingress;
    size_t index;
};

/* What answers of a method, a route and a status are counted in. Methods and routes are static
 * texts: the pointers tell them apart. */
struct measure {
    const char *method, *route; /* NULL: an empty place */
    int status;
    struct metrics_series *requests, *seconds;
};

struct ingress {
    struct parts parts;
    struct http_server *server;
    struct http_router *router;
    struct documents *documents;
    struct query_route *query_routes;
    struct metrics_family *requests, *seconds;
    struct measure measures[MEASURES];
};

static void on_health(struct http_exchange *exchange, void *data)
{
    (void)data;
    admin_answer_health(exchange);
}

static void on_readiness(struct http_exchange *exchange, void *data)
{
    cleanup(buf_deinit) struct buf away = {0};
    bool ready = ingress_ready(data, &away);

    admin_answer_readiness(exchange, ready, &away);
}

/* A call whose sender is known, or NULL: it has been answered, or comes again. */
static struct call *admit(struct ingress *ingress, struct http_exchange *exchange)
{
    struct call *call = call_new(&ingress->parts.calls, exchange);
    const struct http_problem *problem;

    if (!call) {
        http_answer_problem(exchange,
                            &(struct http_problem){.code = "overloaded", .retry_after_s = 1});
        return NULL;
    }
    if (!doorkeeper_admit(ingress->parts.doorkeeper, call))
        return NULL;
    problem = quota_take(ingress->parts.quota, call, QUOTA_USER, 1, 0);
    if (problem) {
        call_answer_problem(&ingress->parts.calls, call, problem);
        return NULL;
    }
    return doorkeeper_reads_tenant(&ingress->parts.calls, call) ? call : NULL;
}

static void on_command(struct http_exchange *exchange, void *data)
{
    struct ingress *ingress = data;
    struct call *call = admit(ingress, exchange);

    if (call)
        commands_post(&ingress->parts, call);
}

static void on_batch(struct http_exchange *exchange, void *data)
{
    struct ingress *ingress = data;
    struct call *call = admit(ingress, exchange);

    if (call)
        batches_post(&ingress->parts, call);
}

static void on_outcome(struct http_exchange *exchange, void *data)
{
    struct ingress *ingress = data;
    struct call *call = admit(ingress, exchange);

    if (call)
        outcomes_get(&ingress->parts, call);
}

static void on_events(struct http_exchange *exchange, void *data)
{
    struct ingress *ingress = data;
    struct call *call = admit(ingress, exchange);

    if (call)
        events_get(ingress->parts.events, call);
}

static void on_query(struct http_exchange *exchange, void *data)
{
    const struct query_route *route = data;
    struct call *call = admit(route->ingress, exchange);

    if (call)
        queries_answer(route->ingress->parts.queries, route->index, call);
}

static int add_query_routes(struct ingress *ingress)
{
    const struct query *query;
    size_t count = 0;
    int r = 0;

    while (queries_at(ingress->parts.queries, count))
        count++;
    ingress->query_routes = calloc(count ? count : 1, sizeof *ingress->query_routes);
    if (!ingress->query_routes)
        return -ENOMEM;
    for (size_t i = 0; (query = queries_at(ingress->parts.queries, i)) && r == 0; i++) {
        ingress->query_routes[i] = (struct query_route){.ingress = ingress, .index = i};
        r = http_router_add(ingress->router, "GET", query->on->path, on_query,
                            &ingress->query_routes[i]);
    }
    return r;
}

static int add_routes(struct ingress *ingress)
{
    const struct {
        const char *method, *path;
        void (*handle)(struct http_exchange *exchange, void *data);
    } routes[] = {
        {"GET", "/healthz", on_health},
        {"GET", "/readyz", on_readiness},
        {"POST", "/v1/commands/{type}", on_command},
        {"POST", "/v1/batches", on_batch},
        {"GET", "/v1/outcomes/{token}", on_outcome},
    };
    int r;

    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        r = http_router_add(ingress->router, routes[i].method, routes[i].path, routes[i].handle,
                            ingress);
        if (r < 0)
            return r;
    }
    r = http_router_allow_body(ingress->router, "POST", "/v1/batches", BATCH_MAX_BYTES);
    if (r == 0)
        r = documents_add_routes(ingress->documents, ingress->router);
    if (r == 0 && ingress->parts.events)
        r = http_router_add(ingress->router, "GET", "/v1/events", on_events, ingress);
    return r == 0 ? add_query_routes(ingress) : r;
}

/* Methods that nobody serves share a label: a client must not be able to make new ones. */
static const char *method_label(const struct http_request *request)
{
    static const char *const known[] = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"};

    for (size_t i = 0; request && i < COUNT_OF(known); i++)
        if (span_is(request->method, known[i]))
            return known[i];
    return "other";
}

static void look_up(const struct ingress *ingress, struct measure *measure)
{
    char status[12];

    snprintf(status, sizeof status, "%d", measure->status);
    measure->requests = metrics_series(
        ingress->requests, (const char *const[]){measure->method, measure->route, status, NULL});
    measure->seconds =
        metrics_series(ingress->seconds, (const char *const[]){measure->route, NULL});
}

/* Looked up by name once, as long as no other takes the place. */
static const struct measure *measure_of(struct ingress *ingress, const char *method,
                                        const char *route, int status)
{
    size_t at = ((uintptr_t)route / 8 + (uintptr_t)method / 8 + (size_t)status) % MEASURES;
    struct measure *measure = &ingress->measures[at];

    if (measure->method != method || measure->route != route || measure->status != status) {
        *measure = (struct measure){.method = method, .route = route, .status = status};
        look_up(ingress, measure);
    }
    return measure;
}

static void on_answered(const struct http_report *report, void *data)
{
    const struct measure *measure =
        measure_of(data, method_label(report->request), report->route ? report->route : "none",
                   report->status);

    metrics_add(measure->requests, 1);
    metrics_observe(measure->seconds, (double)report->duration_us / 1e6);
}

static void on_request(struct http_exchange *exchange, void *data)
{
    http_router_handle(((struct ingress *)data)->router, exchange);
}

/* Strangers, and users whose quota is used up, send no body that somebody keeps; nor is there one
 * to be kept where nothing is served. */
static bool wants_body(struct http_exchange *exchange, void *data)
{
    struct ingress *ingress = data;
    const struct http_request *request = http_exchange_request(exchange);
    cleanup(buf_deinit) struct buf allow = {0};
    struct user_id user = {{{0}}};
    struct http_match match;

    if (http_router_find(ingress->router, request->method, request->path, &match, &allow))
        return false;
    if (!doorkeeper_expects(ingress->parts.doorkeeper, exchange, &user))
        return false;
    return uuid_is_nil(user.uuid) || quota_admits(ingress->parts.quota, user);
}

/* Whoever looks after the process must see that it lives, above all when it has too much to do. */
static bool is_health(const struct http_request *head, void *data)
{
    (void)data;
    return span_is(head->path, "/healthz") || span_is(head->path, "/readyz");
}

static size_t body_max(const struct http_request *head, void *data)
{
    return http_router_body_max(((struct ingress *)data)->router, head);
}

static void make_metrics(struct ingress *ingress)
{
    static const char *const request_labels[] = {"method", "route", "status", NULL};
    static const char *const second_labels[] = {"route", NULL};
    static const double buckets[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                     0.25,  0.5,    1,     2.5,  5,     10,   0};

    ingress->requests = metrics_counter("idpmc_http_requests_total",
                                        "HTTP requests that were answered.", request_labels);
    ingress->seconds = metrics_histogram("idpmc_http_request_seconds",
                                         "Seconds from a request's complete head to its answer.",
                                         second_labels, buckets);
}

/* It only signs: with the first key. */
static int make_keyring(const struct config *config, struct keyring **ret_keyring)
{
    const struct config_key *key = &config->fleet_keys.items[0];
    struct keyring *keyring = keyring_new();
    int r = keyring ? keyring_add_fleet(keyring, span_text(key->keyid), key->secret) : -ENOMEM;

    if (r < 0) {
        keyring_free(keyring);
        return r;
    }
    *ret_keyring = keyring;
    return 0;
}

static int make_publisher(struct parts *parts, struct buf *error)
{
    char why[256] = "";

    parts->publisher = publisher_new(parts->loop, parts->config, parts->clock, why);
    if (parts->publisher)
        return 0;
    buf_add_text(error, why);
    return -EINVAL;
}

static int make_cache(struct parts *parts, struct buf *error)
{
    int r = cache_new(parts->loop, parts->config->redis_url, &cache_timing_default, &parts->cache);

    if (r == -EINVAL)
        buf_add_text(error, "IDPMC_REDIS_URL is not redis://[[user]:password@]host[:port][/db]");
    return r;
}

static int make_database(struct parts *parts)
{
    parts->database = database_new(parts->loop, parts->config);
    parts->clock = parts->database ? wall_clock_new(parts->database) : NULL;
    return parts->clock ? 0 : -ENOMEM;
}

static int make_askers(struct parts *parts)
{
    parts->versions = versions_new(parts->database);
    parts->inbox = inbox_new(parts->loop, parts->database);
    if (!parts->versions || !parts->inbox)
        return -ENOMEM;
    parts->members = members_new(parts->loop, parts->database, parts->versions, parts->cache,
                                 parts->config->members_ms);
    parts->queries =
        queries_new(parts->config, &parts->calls, parts->database, parts->versions, parts->cache);
    if (parts->config->events_streams > 0)
        parts->events = events_new(parts);
    return parts->members && parts->queries && (parts->events || !parts->config->events_streams)
               ? 0
               : -ENOMEM;
}

static int make_parts(struct parts *parts, struct buf *error)
{
    int r;

    parts->records = arena_new(RECORD_BYTES);
    if (!parts->records)
        return -ENOMEM;
    r = doorkeeper_new(parts->loop, parts->config, &parts->calls, &parts->doorkeeper, error);

    if (r == 0)
        r = make_keyring(parts->config, &parts->keyring);
    if (r == 0)
        r = make_database(parts);
    if (r == 0)
        r = make_publisher(parts, error);
    if (r == 0)
        r = make_cache(parts, error);
    if (r == 0) {
        parts->quota = quota_new(parts->loop, parts->config, parts->cache);
        r = parts->quota ? 0 : -ENOMEM;
    }
    return r == 0 ? make_askers(parts) : r;
}

static int listen_on(struct ingress *ingress, struct buf *error)
{
    const struct http_handler handler = {.body_max = body_max,
                                         .wants_body = wants_body,
                                         .always = is_health,
                                         .handle = on_request,
                                         .answered = on_answered,
                                         .data = ingress};

    return listening_start(ingress->parts.loop, ingress->parts.config, &handler, &ingress->server,
                           error);
}

int ingress_start(struct loop *loop, const struct config *config, struct ingress **ret_ingress,
                  struct buf *error)
{
    struct ingress *ingress = calloc(1, sizeof *ingress);
    int r = -ENOMEM;

    if (!ingress)
        return -ENOMEM;
    ingress->parts.loop = loop;
    ingress->parts.config = config;
    make_metrics(ingress);
    ingress->router = http_router_new();
    ingress->documents = documents_new();
    if (ingress->router && ingress->documents)
        r = make_parts(&ingress->parts, error);
    if (r == 0)
        r = add_routes(ingress);
    if (r == 0)
        r = listen_on(ingress, error);
    if (r < 0) {
        if (error->size == 0)
            buf_printf(error, "the ingress cannot start: %s", strerror(-r));
        ingress_free(ingress);
        return r;
    }
    *ret_ingress = ingress;
    return 0;
}

int ingress_port(const struct ingress *ingress)
{
    return http_server_port(ingress->server);
}

bool ingress_ready(const struct ingress *ingress, struct buf *away)
{
    bool kafka = publisher_is_connected(ingress->parts.publisher);
    bool database = database_is_connected(ingress->parts.database);
    bool keys = doorkeeper_ready(ingress->parts.doorkeeper, away);

    if (!kafka)
        buf_add_text(away, away->size ? ", kafka" : "kafka");
    if (!database)
        buf_add_text(away, away->size ? ", postgresql" : "postgresql");
    return kafka && database && keys;
}

static int reload_keyring(struct parts *parts)
{
    struct keyring *keyring;
    int r = make_keyring(parts->config, &keyring);

    if (r < 0)
        return r;
    keyring_free(parts->keyring);
    parts->keyring = keyring;
    return 0;
}

int ingress_reload(struct ingress *ingress, const struct config *config, struct buf *error)
{
    int r;

    ingress->parts.config = config;
    quota_reload(ingress->parts.quota, config);
    r = reload_keyring(&ingress->parts);
    if (r == 0 && ingress->parts.events)
        r = events_reload(ingress->parts.events);
    if (r < 0)
        buf_add_text(error, "there is no memory for the fleet's keys");
    else
        r = listening_renew(ingress->server, config, error);
    doorkeeper_reload(ingress->parts.doorkeeper);
    return r;
}

static int end_line(int r, struct buf *said)
{
    if (r < 0)
        buf_add_text(said, r == -ENOMEM ? "there is not enough memory\n" : "\n");
    return r;
}

int ingress_check(const struct config *config, struct buf *said)
{
    int r = end_line(listening_check(config, said), said);

    for (size_t i = 0; i < config->issuer_count; i++)
        if (end_line(keyset_check(&config->issuers[i], said), said) < 0)
            r = -EINVAL;
    return r;
}

void ingress_stop(struct ingress *ingress, int64_t timeout_ms, void (*stopped)(void *data),
                  void *data)
{
    if (ingress->parts.events)
        events_stop(ingress->parts.events);
    http_server_drain(ingress->server, timeout_ms, stopped, data);
}

static void free_parts(struct parts *parts)
{
    publisher_free(parts->publisher);
    parts->publisher = NULL;  /* what the next ones let go finds nobody that publishes it */
    cache_free(parts->cache); /* what it lets go asks the database, which is away next */
    quota_free(parts->quota);
    database_free(parts->database);
    events_free(parts->events);
    queries_free(parts->queries);
    members_free(parts->members);
    inbox_free(parts->inbox);
    versions_free(parts->versions);
    wall_clock_free(parts->clock);
    keyring_free(parts->keyring);
    doorkeeper_free(parts->doorkeeper);
    call_pool_deinit(&parts->calls);
    arena_free(parts->records);
    buf_deinit(&parts->scratch);
}

void ingress_free(struct ingress *ingress)
{
    if (!ingress)
        return;
    free_parts(&ingress->parts);
    http_server_free(ingress->server);
    http_router_free(ingress->router);
    documents_free(ingress->documents);
    free(ingress->query_routes);
    free(ingress);
}
