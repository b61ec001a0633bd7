/* Queries that share a round's memory, asked of a real PostgreSQL: who finds it used up is tried
 * again alone, and who needs more than there is spoils nobody else's answer. */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../workers/ingress/doorkeeper.h"
#include "../workers/ingress/queries.h"
#include "contracts/core.h"
#include "support/database.h"
#include "support/http_client.h"
#include "support/http_host.h"

enum {
    TIMEOUT_MS = 10000,
    ASKERS = 2,
    MOST_OF_A_ROUND = 40 << 20, /* two of these are more than it has */
    MORE_THAN_A_ROUND = 80 << 20,
};

/* What one asker's answer takes. */
static struct {
    struct user_id user;
    size_t bytes;
} askers[ASKERS];

static int without_memory; /* how often an answer found too little */

static int load(struct uow *uow, const struct query_call *call)
{
    (void)uow;
    (void)call;
    return 0;
}

static int answer(struct uow *uow, const struct query_call *call, void *ret_answer)
{
    struct core_organization_answer *organization = ret_answer;
    size_t first = uuid_equal(call->actor.uuid, askers[0].user.uuid) ? 0 : 1;

    if (!uow_alloc(uow, askers[first].bytes, 1)) {
        without_memory++;
        return -ENOMEM;
    }
    organization->name = span_text("Tests");
    organization->zone = span_text("UTC");
    return 0;
}

static const struct query queries_of_core[] = {
    {.on = &core_organization_message, .load = load, .answer = answer}, {.on = NULL}};
static const struct worker core = {.name = "core", .queries = queries_of_core};
const struct worker *const workers[] = {&core, NULL};

struct fixture {
    struct http_host host;
    struct config config;
    struct call_pool calls;
    struct database *database;
    struct versions *versions;
    struct cache *cache;
    struct queries *queries;
    struct call *waiting[ASKERS]; /* until all have come: then they share their rounds */
    size_t count;
};

static void handle(struct http_exchange *exchange, void *data)
{
    struct fixture *f = data;
    struct call *call = call_new(&f->calls, exchange);

    if (!doorkeeper_reads_tenant(&f->calls, call))
        return;
    call->user = askers[f->count].user;
    f->waiting[f->count++] = call;
    for (size_t i = 0; f->count == ASKERS && i < ASKERS; i++)
        queries_answer(f->queries, 0, f->waiting[i]);
}

static void make_parts(void *data)
{
    struct fixture *f = data;

    f->database = database_new(f->host.loop, &f->config);
    f->versions = versions_new(f->database);
    CU_ASSERT_EQUAL_FATAL(cache_new(f->host.loop, "", &cache_timing_default, &f->cache), 0);
    f->queries = queries_new(&f->config, &f->calls, f->database, f->versions, f->cache);
}

static void free_parts(void *data)
{
    struct fixture *f = data;

    http_server_free(f->host.server);
    f->host.server = NULL;
    cache_free(f->cache);
    database_free(f->database);
    queries_free(f->queries);
    versions_free(f->versions);
    call_pool_deinit(&f->calls);
}

static void start(struct fixture *f)
{
    const struct http_handler handler = {.handle = handle, .data = f};

    database_ready();
    *f = (struct fixture){.config = {.ingress_database_url = getenv("IDPMC_INGRESS_DATABASE_URL"),
                                     .database_edge_ms = TIMEOUT_MS,
                                     .database_connect_ms = TIMEOUT_MS}};
    http_host_start(&f->host, &handler, &http_limits_default);
    http_host_do(&f->host, make_parts, f);
    without_memory = 0;
}

static void stop(struct fixture *f)
{
    http_host_do(&f->host, free_parts, f);
    http_host_stop(&f->host);
}

static struct tenant_id found_organization(void)
{
    struct tenant_id tenant = new_tenant();

    for (size_t i = 0; i < ASKERS; i++)
        askers[i].user = new_user();
    sql_found_organization(tenant, askers[0].user, 4);
    sql("insert into core.members (tenant, member, roles) values ('%s', '%s', 4)",
        id_text(tenant.uuid), id_text(askers[1].user.uuid));
    return tenant;
}

/* Whichever comes first is the first asker's. */
static void ask(const struct fixture *f, int *connections)
{
    const char *tenant = id_text(found_organization().uuid);
    char text[256];

    snprintf(text, sizeof text,
             "GET /v1/core/organization HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
             "X-Organization-ID: %s\r\n\r\n",
             tenant);
    for (size_t i = 0; i < ASKERS; i++) {
        connections[i] = http_client(f->host.port);
        http_send_text(connections[i], text);
    }
}

/* How many of the answers have this status. */
static int count_status(const int *connections, const char *status)
{
    int count = 0;

    for (size_t i = 0; i < ASKERS; i++) {
        const char *text = http_read_until(connections[i], NULL, 0, TIMEOUT_MS);

        if (strncmp(text, "HTTP/1.1 ", 9) == 0 && strncmp(text + 9, status, 3) == 0)
            count++;
        else
            printf("# %s\n", text);
        close(connections[i]);
    }
    return count;
}

void test_who_finds_the_memory_of_a_round_used_up_is_answered_alone(void)
{
    int connections[ASKERS];
    struct fixture f;

    start(&f);
    askers[0].bytes = askers[1].bytes = MOST_OF_A_ROUND;
    ask(&f, connections);
    CU_ASSERT_EQUAL(count_status(connections, "200"), ASKERS);
    CU_ASSERT_EQUAL(without_memory, 1);
    stop(&f);
}

void test_who_needs_more_memory_than_a_round_has_spoils_only_itself(void)
{
    int connections[ASKERS];
    struct fixture f;

    start(&f);
    askers[0].bytes = MORE_THAN_A_ROUND;
    askers[1].bytes = MOST_OF_A_ROUND;
    ask(&f, connections);
    CU_ASSERT_EQUAL(count_status(connections, "200"), 1);
    CU_ASSERT_EQUAL(without_memory, 2);
    stop(&f);
}
