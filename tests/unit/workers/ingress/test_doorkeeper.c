/* Who is let in: over loopback, with the doorkeeper behind a real server. */
#include <CUnit/CUnit.h>
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../workers/ingress/doorkeeper.h"
#include "auth/token.h"
#include "runtime/worker.h"

const struct worker *const workers[] = {NULL};

enum { BAD_TOKENS = 1000 };

static const int64_t hour_us = (int64_t)3600 * 1000000;

static const char secret[] = "a secret of this test, 32 bytes...";
static const struct user_id user = {{{9, [15] = 9}}};
static const char organization[] = "0198c2a4-1111-7222-8333-444455556666";

struct fixture {
    struct loop *loop;
    struct http_server *server;
    struct loop_wake *stop;
    struct doorkeeper *doorkeeper;
    struct call_pool calls;
    pthread_t thread;
    int port;
};

/* Says who came in and for whom. */
static void handle(struct http_exchange *exchange, void *data)
{
    struct fixture *f = data;
    struct call *call = call_new(&f->calls, exchange);
    char text[ACTOR_TEXT + UUID_TEXT + 2], tenant[UUID_TEXT + 1] = "none";

    if (!doorkeeper_admit(f->doorkeeper, &f->calls, call))
        return;
    if (call->has_tenant)
        uuid_format(call->tenant.uuid, tenant);
    snprintf(text, sizeof text, "%s %s", call->actor, tenant);
    call_answer(&f->calls, call,
                &(struct http_response){
                    .status = 200, .content_type = "text/plain", .body = span_text(text)});
}

static void on_stop(void *data)
{
    struct fixture *f = data;

    http_server_free(f->server);
    loop_wake_free(f->stop);
    loop_stop(f->loop);
}

static void *run(void *data)
{
    loop_run(((struct fixture *)data)->loop);
    return NULL;
}

static void set_up(struct fixture *f)
{
    const struct config config = {
        .token_secret = secret, .token_issuer = "issuer", .token_audience = "audience"};
    const struct http_handler handler = {.handle = handle, .data = f};
    cleanup(buf_deinit) struct buf error = {0};

    *f = (struct fixture){.loop = loop_new()};
    CU_ASSERT_EQUAL_FATAL(doorkeeper_new(&config, &f->doorkeeper, &error), 0);
    CU_ASSERT_EQUAL_FATAL(
        http_server_start(f->loop, "127.0.0.1:0", &handler, &http_limits_default, &f->server), 0);
    f->port = http_server_port(f->server);
    f->stop = loop_wake_new(f->loop, on_stop, f);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&f->thread, NULL, run, f), 0);
}

static void tear_down(struct fixture *f)
{
    loop_wake_send(f->stop);
    pthread_join(f->thread, NULL);
    doorkeeper_free(f->doorkeeper);
    call_pool_deinit(&f->calls);
    loop_free(f->loop);
}

/* One request with these header lines on a connection of its own: the whole answer. */
static const char *ask(const struct fixture *f, const char *lines)
{
    static char request[TOKEN_MAX_BYTES * 2], answer[65536];
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)f->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int size = snprintf(request, sizeof request,
                        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s\r\n", lines);
    size_t got = 0;
    ssize_t more;

    CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    CU_ASSERT_EQUAL(send(fd, request, (size_t)size, MSG_NOSIGNAL), size);
    while ((more = recv(fd, answer + got, sizeof answer - 1 - got, 0)) > 0)
        got += (size_t)more;
    answer[got] = '\0';
    close(fd);
    return answer;
}

/* A token that is good for a minute from `since`. */
static const char *token_line(struct timestamp since)
{
    static char line[TOKEN_MAX_BYTES];
    cleanup(buf_deinit) struct buf token = {0};

    CU_ASSERT_EQUAL(
        token_mint(span_text(secret), NULL, "issuer", "audience", user, since, 60, &token), 0);
    snprintf(line, sizeof line, "Authorization: Bearer %.*s\r\n", (int)token.size, token.data);
    return line;
}

static bool says(const char *answer, const char *text)
{
    return strstr(answer, text) != NULL;
}

void test_a_good_token_names_its_user(void)
{
    struct fixture f;

    set_up(&f);
    CU_ASSERT_TRUE(says(ask(&f, token_line(timestamp_now())),
                        "\r\n\r\nuser:09000000-0000-0000-0000-000000000009 none"));
    tear_down(&f);
}

void test_the_scheme_may_be_written_in_any_case(void)
{
    struct fixture f;
    char line[TOKEN_MAX_BYTES];

    set_up(&f);
    snprintf(line, sizeof line, "%s", token_line(timestamp_now()));
    memcpy(strstr(line, "Bearer"), "bEARER", 6);
    CU_ASSERT_TRUE(says(ask(&f, line), "200 OK"));
    tear_down(&f);
}

void test_an_organization_is_read_strictly(void)
{
    static const char *const bad[] = {"",
                                      "x",
                                      "0198C2A4-1111-7222-8333-444455556666",
                                      "0198c2a4-1111-7222-8333-44445555666",
                                      "00000000-0000-0000-0000-000000000000",
                                      "{0198c2a4-1111-7222-8333-444455556666}"};
    struct fixture f;
    char lines[TOKEN_MAX_BYTES];

    set_up(&f);
    snprintf(lines, sizeof lines, "%sX-Organization-ID: %s\r\n", token_line(timestamp_now()),
             organization);
    CU_ASSERT_TRUE(says(ask(&f, lines), organization));
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        snprintf(lines, sizeof lines, "%sX-Organization-ID: %s\r\n", token_line(timestamp_now()),
                 bad[i]);
        CU_ASSERT_TRUE(says(ask(&f, lines), "\"code\":\"organization_malformed\""));
    }
    tear_down(&f);
}

void test_without_a_token_the_scheme_is_told(void)
{
    static const char *const lines[] = {"",
                                        "Authorization: \r\n",
                                        "Authorization: Bearer\r\n",
                                        "Authorization: Bearer \r\n",
                                        "Authorization: Basic a\r\n",
                                        "Authorization: Bearertoken\r\n"};
    struct fixture f;

    set_up(&f);
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        const char *answer = ask(&f, lines[i]);

        CU_ASSERT_TRUE(says(answer, "401 Unauthorized"));
        CU_ASSERT_TRUE(says(answer, "\r\nWWW-Authenticate: Bearer\r\n"));
        CU_ASSERT_TRUE(says(answer, "\"code\":\"token_missing\""));
    }
    tear_down(&f);
}

void test_an_expired_token_is_told_so(void)
{
    struct fixture f;
    const char *answer;

    set_up(&f);
    answer = ask(&f, token_line((struct timestamp){timestamp_now().us - hour_us}));
    CU_ASSERT_TRUE(says(answer, "\r\nWWW-Authenticate: Bearer error=\"invalid_token\"\r\n"));
    CU_ASSERT_TRUE(says(answer, "\"code\":\"token_invalid\""));
    tear_down(&f);
}

void test_a_flood_of_bad_tokens_is_stopped_but_known_ones_pass(void)
{
    struct fixture f;
    char known[TOKEN_MAX_BYTES];
    int refused = 0;

    set_up(&f);
    snprintf(known, sizeof known, "%s", token_line(timestamp_now()));
    CU_ASSERT_TRUE(says(ask(&f, known), "200 OK"));
    for (int i = 0; i < 2 * BAD_TOKENS && !refused; i++)
        refused = says(ask(&f, "Authorization: Bearer a.b.c\r\n"), "429 Too Many Requests");
    CU_ASSERT_TRUE(refused);
    CU_ASSERT_TRUE(says(ask(&f, known), "200 OK"));
    tear_down(&f);
}

void test_keys_that_are_no_keys_are_told_at_start(void)
{
    const struct config weak = {
        .token_secret = "short", .token_issuer = "issuer", .token_audience = "audience"};
    const struct config absent = {.token_jwks_file = "/nonexistent/jwks.json",
                                  .token_issuer = "issuer",
                                  .token_audience = "audience"};
    cleanup(buf_deinit) struct buf error = {0};
    struct doorkeeper *doorkeeper = NULL;

    CU_ASSERT_EQUAL(doorkeeper_new(&weak, &doorkeeper, &error), -EINVAL);
    CU_ASSERT_TRUE(says(error.data, "IDPMC_TOKEN_SECRET"));
    buf_clear(&error);
    CU_ASSERT_EQUAL(doorkeeper_new(&absent, &doorkeeper, &error), -EINVAL);
    CU_ASSERT_TRUE(says(error.data, "/nonexistent/jwks.json: No such file"));
    CU_ASSERT_PTR_NULL(doorkeeper);
}
