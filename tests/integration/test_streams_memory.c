/* The live stream when memory runs out: wherever it does, a listener is told an event, or the
 * stream ends and the next one tells it; never neither, and never both. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../workers/ingress/ingress.h"
#include "auth/token.h"
#include "contracts/core.h"
#include "contracts/mc.h"
#include "runtime/worker.h"
#include "support/database.h"
#include "support/failing_malloc.h"
#include "support/http_client.h"
#include "support/http_host.h"
#include "support/letter.h"

const struct worker *const workers[] = {NULL}; /* nobody asks queries */

enum {
    SETTINGS = 16,
    SOON_MS = 30000,
    AGAIN_MS = 20,
    MOST = 2000, /* allocations on an event's way, by far */
    TEXT_BYTES = 64 * 1024,
};

struct fixture {
    struct http_host host; /* its loop is the ingress's, too */
    struct config *config;
    struct ingress *ingress;
    int port;
    struct tenant_id tenant;
    struct user_id admin, player;
    const char *team;
    size_t nth;
    bool failed;
};

/* A stream, and what came of it. */
struct listener {
    int fd;
    char text[TEXT_BYTES];
    size_t size;
    bool ended;
};

/* ---- the ingress ----------------------------------------------------------------------------- */

static void load_config(struct fixture *f)
{
    static const char *const names[] = {
        "IDPMC_MODE",           "IDPMC_KAFKA_BROKERS", "IDPMC_INGRESS_DATABASE_URL",
        "IDPMC_SEAL_KEY",       "IDPMC_FLEET_KEYS",    "IDPMC_TOKEN_ISSUER",
        "IDPMC_TOKEN_AUDIENCE", "IDPMC_TOKEN_SECRET"};
    static char texts[COUNT_OF(names)][1024];
    static char *environment[SETTINGS] = {"IDPMC_HTTP_LISTEN=127.0.0.1:0"};
    const struct config_source source = {.environment = environment, .needs = CONFIG_INGRESS};
    cleanup(buf_deinit) struct buf said = {0};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(getenv(names[i]));
        snprintf(texts[i], sizeof texts[i], "%s=%s", names[i], getenv(names[i]));
        environment[1 + i] = texts[i];
    }
    if (config_load(&source, &f->config, &said) < 0) {
        printf("# %s\n", said.data);
        CU_FAIL_FATAL("the settings are no good");
    }
}

static void start_ingress(void *data)
{
    struct fixture *f = data;
    cleanup(buf_deinit) struct buf error = {0};

    CU_ASSERT_EQUAL_FATAL(ingress_start(f->host.loop, f->config, &f->ingress, &error), 0);
    f->port = ingress_port(f->ingress);
}

static void free_ingress(void *data)
{
    struct fixture *f = data;

    ingress_free(f->ingress);
}

static void arm(void *data)
{
    failing_malloc_arm(((struct fixture *)data)->nth, false);
}

static void disarm(void *data)
{
    ((struct fixture *)data)->failed = failing_malloc_disarm();
}

static void start(struct fixture *f)
{
    const struct http_handler nobody = {.data = f};

    database_ready();
    *f = (struct fixture){.tenant = new_tenant(),
                          .admin = new_user(),
                          .player = new_user(),
                          .team = id_text(new_user().uuid)};
    load_config(f);
    http_host_start(&f->host, &nobody, &http_limits_default);
    http_host_do(&f->host, start_ingress, f);
    sql_found_organization(f->tenant, f->admin, 4);
}

static void stop(struct fixture *f)
{
    http_host_do(&f->host, free_ingress, f);
    http_host_stop(&f->host);
    config_free(f->config);
}

/* ---- listeners ------------------------------------------------------------------------------- */

/* Asks for the stream behind an id ("": from now on). */
static void ask(const struct fixture *f, struct user_id user, const char *last_id,
                struct listener *listener)
{
    const struct config_issuer *issuer = &f->config->issuers[0];
    cleanup(buf_deinit) struct buf token = {0}, text = {0};

    CU_ASSERT_EQUAL_FATAL(token_mint(span_text(issuer->secret), NULL, issuer->issuer,
                                     issuer->audience, user, timestamp_now(), 3600, &token),
                          0);
    buf_printf(&text,
               "GET /v1/events HTTP/1.0\r\nHost: a\r\nAuthorization: Bearer "
               "%s\r\nX-Organization-ID: %s\r\n",
               token.data, id_text(f->tenant.uuid));
    if (*last_id)
        buf_printf(&text, "Last-Event-ID: %s\r\n", last_id);
    buf_add_text(&text, "\r\n");
    listener->size = 0;
    listener->text[0] = '\0';
    listener->ended = false;
    listener->fd = http_client(f->port);
    http_send(listener->fd, text.data, text.size);
}

static void leave(struct listener *listener)
{
    close(listener->fd);
}

/* Reads what is there, or comes soon. */
static void look(struct listener *listener)
{
    ssize_t got = 0;

    if (listener->ended || !http_readable(listener->fd, AGAIN_MS))
        return;
    CU_ASSERT_FATAL(listener->size < TEXT_BYTES - 1);
    got = recv(listener->fd, listener->text + listener->size, TEXT_BYTES - 1 - listener->size, 0);
    listener->ended = got <= 0;
    if (got > 0)
        listener->size += (size_t)got;
    listener->text[listener->size] = '\0';
}

/* Only what came whole counts: the number of events with this id, and the last cursor. */
static int count_told(const struct listener *listener, const char *id, char last_id[static 1024])
{
    const char *at = strstr(listener->text, "\r\n\r\n"), *end;
    char wanted[LETTER_TEXT + 16];
    int count = 0;

    snprintf(wanted, sizeof wanted, "\"id\":\"%s\"", id);
    for (at = at ? at + 4 : ""; (end = strstr(at, "\n\n")); at = end + 2) {
        const char *event = strstr(at, wanted), *cursor = strstr(at, "id: ");

        count += event && event < end;
        while (cursor && cursor > at && cursor[-1] != '\n')
            cursor = strstr(cursor + 1, "id: ");
        if (cursor && cursor < end)
            snprintf(last_id, 1024, "%.*s", (int)strcspn(cursor + 4, "\n"), cursor + 4);
    }
    return count;
}

static bool is_open(const struct listener *listener)
{
    return strncmp(listener->text, "HTTP/1.1 200", 12) == 0 && strstr(listener->text, "\nid: ");
}

/* Listens behind the last id until it is in. */
static void listen_on(const struct fixture *f, struct user_id user, const char *last_id,
                      struct listener *listener)
{
    int64_t end_ms = monotonic_ms() + SOON_MS;

    ask(f, user, last_id, listener);
    while (!is_open(listener) && monotonic_ms() < end_ms) {
        look(listener);
        if (!listener->ended)
            continue;
        leave(listener);
        sleep_ms(AGAIN_MS);
        ask(f, user, last_id, listener);
    }
    if (!is_open(listener))
        printf("# not let in: %s\n", listener->text);
    CU_ASSERT_FATAL(is_open(listener));
}

/* Listens until the event is told, coming back with the last id whenever the stream ends. How often
 * it was told. */
static int hear(const struct fixture *f, struct user_id user, const char *id,
                struct listener *listener, char last_id[static 1024])
{
    int64_t end_ms = monotonic_ms() + SOON_MS;
    int told = 0;

    while ((told = count_told(listener, id, last_id)) == 0 && monotonic_ms() < end_ms) {
        if (listener->ended) {
            leave(listener);
            ask(f, user, last_id, listener);
        }
        look(listener);
        if (listener->ended)
            sleep_ms(AGAIN_MS);
    }
    if (told != 1)
        printf("# allocation %zu: told %d times: %s\n", f->nth, told, listener->text);
    return told;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static struct letter team_created(const struct fixture *f)
{
    const struct core_team_created event = {.team = {new_user().uuid}};

    return letter_of(&core_team_created_message, f->tenant, f->admin, &event);
}

void test_an_event_is_told_once_wherever_memory_runs_out(void)
{
    static struct listener listener;
    char last_id[1024] = "";
    struct fixture f;

    start(&f);
    listen_on(&f, f.admin, "", &listener);
    do {
        const struct letter letter = team_created(&f);

        f.nth++;
        count_told(&listener, letter.id, last_id);
        http_host_do(&f.host, arm, &f);
        letter_post(&letter);
        letters_arrive();
        CU_ASSERT_EQUAL_FATAL(hear(&f, f.admin, letter.id, &listener, last_id), 1);
        http_host_do(&f.host, disarm, &f);
        if (listener.size > TEXT_BYTES / 2) {
            leave(&listener);
            listen_on(&f, f.admin, last_id, &listener);
        }
    } while (f.failed && f.nth < MOST);
    CU_ASSERT(f.nth > 3 && f.nth < MOST);
    leave(&listener);
    stop(&f);
}

/* Their rights are read while they wait for the stream. */
static struct user_id new_coach(const struct fixture *f)
{
    const char *tenant = id_text(f->tenant.uuid);
    struct user_id coach = new_user();

    sql("insert into core.members (tenant, member, roles) values ('%s', '%s', 2);"
        "insert into core.team_members (tenant, member, team, roles) values ('%s', '%s', '%s', 2)",
        tenant, id_text(coach.uuid), tenant, id_text(coach.uuid), f->team);
    return coach;
}

static void seed_player(const struct fixture *f)
{
    const char *tenant = id_text(f->tenant.uuid), *player = id_text(f->player.uuid);

    sql("insert into core.teams (tenant, team, name, members) values ('%s', '%s', 'Tests', 1);"
        "insert into core.members (tenant, member, roles) values ('%s', '%s', 1);"
        "insert into core.team_members (tenant, member, team, roles) values ('%s', '%s', '%s', 1)",
        tenant, f->team, tenant, player, tenant, player, f->team);
}

static struct letter check_recorded(const struct fixture *f)
{
    const struct mc_check_recorded event = {
        .player = f->player, .habit = {new_user().uuid}, .done = true, .weight_due = 1};

    return letter_of(&mc_check_recorded_message, f->tenant, f->player, &event);
}

void test_a_coach_who_comes_back_is_told_what_came_wherever_memory_runs_out(void)
{
    static struct listener admin, coach;
    char start_id[1024] = "", last_id[1024];
    struct letter letter;
    struct fixture f;

    start(&f);
    seed_player(&f);
    listen_on(&f, f.admin, "", &admin); /* keeps the ingress reading */
    count_told(&admin, "", start_id);
    letter = check_recorded(&f);
    letter_post(&letter);
    letters_arrive();
    do {
        const struct user_id user = new_coach(&f);

        f.nth++;
        snprintf(last_id, sizeof last_id, "%s", start_id);
        http_host_do(&f.host, arm, &f);
        ask(&f, user, last_id, &coach);
        CU_ASSERT_EQUAL_FATAL(hear(&f, user, letter.id, &coach, last_id), 1);
        http_host_do(&f.host, disarm, &f);
        leave(&coach);
    } while (f.failed && f.nth < MOST);
    CU_ASSERT(f.nth > 3 && f.nth < MOST);
    leave(&admin);
    stop(&f);
}
