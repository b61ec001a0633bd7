/* Key sets by URL and by file: rotation, and everything that an issuer's server can do wrong. The
 * issuer stands on the same loop, as a real server. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "door.h"
#include "metrics/metrics.h"
#include "runtime/worker.h"
#include "support/jose.h"

const struct worker *const workers[] = {NULL};

#define SUBJECT "0198c2a4-1111-7222-8333-444455556666"

enum { PAIRS = 3 };
enum behaviour { GOOD, BROKEN_JSON, OVERSIZE, ERROR_500, REDIRECT, SILENT, NO_KEYS };

/* Key pairs by number; their kids are "0", "1", ... */
static struct evp_pkey_st *pairs[PAIRS];

struct stand_in {
    struct http_server *server;
    atomic_int behaviour, pair, fetches;
    char url[64];
};

struct fixture {
    struct door_fixture door;
    struct stand_in issuer;
};

static void free_pairs(void)
{
    for (size_t i = 0; i < PAIRS; i++)
        jose_free(pairs[i]);
}

static void make_pairs(void)
{
    if (pairs[0])
        return;
    for (size_t i = 0; i < PAIRS; i++)
        pairs[i] = jose_ed25519();
    atexit(free_pairs);
}

static void add_key_set(int pair, struct buf *out)
{
    buf_printf(out, "{\"keys\":[{\"kid\":\"%d\",", pair);
    jose_public_members(pairs[pair], NULL, out);
    buf_add_text(out, "}]}");
}

static void answer(struct http_exchange *exchange, int status, struct span body)
{
    const struct http_header elsewhere = {span_text("Location"),
                                          span_text("http://127.0.0.1:1/jwks.json")};

    http_answer(exchange, &(struct http_response){.status = status,
                                                  .content_type = "application/json",
                                                  .body = body,
                                                  .headers = &elsewhere,
                                                  .header_count = status == 302});
}

static void serve_keys(struct http_exchange *exchange, void *data)
{
    struct stand_in *issuer = data;
    cleanup(buf_deinit) struct buf body = {0};

    issuer->fetches++;
    add_key_set(issuer->pair, &body);
    switch ((enum behaviour)issuer->behaviour) {
    case GOOD:
        answer(exchange, 200, buf_span(&body));
        break;
    case BROKEN_JSON:
        answer(exchange, 200, span_of(body.data, body.size - 1));
        break;
    case OVERSIZE:
        while (body.size <= 65536)
            buf_add_char(&body, ' ');
        answer(exchange, 200, buf_span(&body));
        break;
    case ERROR_500:
        answer(exchange, 500, buf_span(&body));
        break;
    case REDIRECT:
        answer(exchange, 302, buf_span(&body));
        break;
    case SILENT:
        break;
    case NO_KEYS:
        answer(exchange, 200, span_text("{\"keys\":[]}"));
        break;
    }
}

static void stop_issuer(void *data)
{
    struct stand_in *issuer = data;

    http_server_free(issuer->server);
}

static void set_up(struct fixture *f, enum behaviour behaviour, int64_t refresh_s)
{
    const struct http_handler handler = {.handle = serve_keys, .data = &f->issuer};

    make_pairs();
    *f = (struct fixture){.door = {.loop = loop_new(),
                                   .stopping = stop_issuer,
                                   .data = &f->issuer,
                                   .config = {.jwks_refresh_s = refresh_s, .issuer_count = 1}}};
    f->issuer.behaviour = (int)behaviour;
    CU_ASSERT_EQUAL_FATAL(http_server_start(f->door.loop, "127.0.0.1:0", &handler,
                                            &http_limits_default, &f->issuer.server),
                          0);
    snprintf(f->issuer.url, sizeof f->issuer.url, "http://127.0.0.1:%d/jwks.json",
             http_server_port(f->issuer.server));
    f->door.config.issuers[0] = (struct config_issuer){.name = "partner",
                                                       .issuer = "https://a.example",
                                                       .audience = "audience",
                                                       .jwks_url = f->issuer.url,
                                                       .algorithms = CONFIG_EDDSA};
    door_open(&f->door);
}

/* A fresh token of a key pair that names `kid`, as a header line. */
static const char *token_line(int pair, const char *kid)
{
    static char line[TOKEN_MAX_BYTES];
    static unsigned number;
    cleanup(buf_deinit) struct buf token = {0};
    char header[64], claims[256];

    snprintf(header, sizeof header, "{\"alg\":\"EdDSA\",\"kid\":\"%s\"}", kid);
    snprintf(claims, sizeof claims,
             "{\"iss\":\"https://a.example\",\"aud\":\"audience\",\"sub\":\"" SUBJECT
             "\",\"exp\":%lld,\"jti\":\"%u\"}",
             (long long)(timestamp_now().us / 1000000 + 600), number++);
    jose_sign(pairs[pair], header, claims, &token);
    snprintf(line, sizeof line, "Authorization: Bearer %.*s\r\n", (int)token.size, token.data);
    return line;
}

static bool is_let_in(const struct fixture *f, int pair, const char *kid)
{
    return says(door_ask(&f->door, token_line(pair, kid)), " 200 OK");
}

static bool is_refused(const struct fixture *f, int pair, const char *kid)
{
    return says(door_ask(&f->door, token_line(pair, kid)), "\"code\":\"token_invalid\"");
}

static double readings(const char *result)
{
    static const char *const labels[] = {"issuer", "result", NULL};

    return metrics_value(metrics_series(metrics_counter("idpmc_jwks_refreshes_total", "", labels),
                                        (const char *const[]){"partner", result, NULL}));
}

/* Waits, five seconds at the most, until so many more readings had this result. */
static bool comes(const char *result, double before, double more)
{
    for (int i = 0; i < 500; i++) {
        if (readings(result) >= before + more)
            return true;
        usleep(10000);
    }
    return false;
}

static void set_up_and_wait(struct fixture *f, int64_t refresh_s)
{
    double before = readings("changed");

    set_up(f, GOOD, refresh_s);
    CU_ASSERT_TRUE_FATAL(comes("changed", before, 1));
}

void test_the_keys_behind_a_url_are_fetched_at_start(void)
{
    struct fixture f;

    set_up_and_wait(&f, 300);
    CU_ASSERT_TRUE(
        says(door_ask(&f.door, token_line(0, "0")), "user:" SUBJECT " none https://a.example"));
    CU_ASSERT_EQUAL(f.issuer.fetches, 1);
    door_close(&f.door);
}

/* The new key is taken at once, and the one that vanished proves nothing more, not even the token
 * that it proved a moment ago. */
void test_a_rotated_key_is_taken_without_a_restart(void)
{
    struct fixture f;
    char former[TOKEN_MAX_BYTES];

    set_up_and_wait(&f, 300);
    snprintf(former, sizeof former, "%s", token_line(0, "0"));
    CU_ASSERT_TRUE(says(door_ask(&f.door, former), " 200 OK"));
    f.issuer.pair = 1;
    CU_ASSERT_TRUE(is_let_in(&f, 1, "1"));
    CU_ASSERT_EQUAL(f.issuer.fetches, 2);
    CU_ASSERT_TRUE(says(door_ask(&f.door, former), "\"code\":\"token_invalid\""));
    CU_ASSERT_TRUE(is_refused(&f, 0, "1"));
    door_close(&f.door);
}

void test_keys_are_fetched_again_in_the_background(void)
{
    double changed = readings("changed"), same = readings("same");
    struct fixture f;

    set_up(&f, GOOD, 1);
    CU_ASSERT_TRUE(comes("changed", changed, 1));
    CU_ASSERT_TRUE(comes("same", same, 1));
    f.issuer.pair = 1;
    CU_ASSERT_TRUE(comes("changed", changed, 2));
    CU_ASSERT_TRUE(is_let_in(&f, 1, "1"));
    CU_ASSERT_TRUE(is_refused(&f, 0, "0"));
    door_close(&f.door);
}

void test_a_flood_of_unknown_kids_causes_one_fetch(void)
{
    enum { FLOOD = 200 };
    struct fixture f;
    int sockets[FLOOD];
    char kid[16];

    set_up_and_wait(&f, 300);
    for (int i = 0; i < FLOOD; i++) {
        snprintf(kid, sizeof kid, "flood-%d", i);
        sockets[i] = door_send(&f.door, token_line(2, kid));
    }
    for (int i = 0; i < FLOOD; i++)
        CU_ASSERT_TRUE(says(door_read(sockets[i]), "\"code\":\"token_invalid\""));
    CU_ASSERT_EQUAL(f.issuer.fetches, 2);
    CU_ASSERT_TRUE(is_let_in(&f, 0, "0"));
    door_close(&f.door);
}

/* All of them may be of the new key: each that waited is let in. */
void test_those_who_wait_for_a_key_are_all_let_in(void)
{
    enum { MANY = 50 };
    struct fixture f;
    int sockets[MANY];

    set_up_and_wait(&f, 300);
    f.issuer.pair = 1;
    for (int i = 0; i < MANY; i++)
        sockets[i] = door_send(&f.door, token_line(1, "1"));
    for (int i = 0; i < MANY; i++)
        CU_ASSERT_TRUE(says(door_read(sockets[i]), " 200 OK"));
    CU_ASSERT_EQUAL(f.issuer.fetches, 2);
    door_close(&f.door);
}

/* What was there before stays, whatever the server does; and who asked for a new key is refused. */
static void expect_last_good_set(enum behaviour behaviour)
{
    double failed = readings("failed");
    struct fixture f;

    set_up_and_wait(&f, 300);
    f.issuer.behaviour = (int)behaviour;
    f.issuer.pair = 1;
    CU_ASSERT_TRUE(is_refused(&f, 1, "1"));
    CU_ASSERT_EQUAL(f.issuer.fetches, 2);
    CU_ASSERT_EQUAL(readings("failed"), failed + 1);
    CU_ASSERT_TRUE(is_let_in(&f, 0, "0"));
    door_close(&f.door);
}

void test_the_last_good_set_stays_where_the_next_is_broken(void)
{
    expect_last_good_set(BROKEN_JSON);
    expect_last_good_set(NO_KEYS);
}

void test_the_last_good_set_stays_where_the_next_is_too_large(void)
{
    expect_last_good_set(OVERSIZE);
}

void test_the_last_good_set_stays_where_the_server_fails(void)
{
    expect_last_good_set(ERROR_500);
}

void test_a_redirect_is_not_followed(void)
{
    expect_last_good_set(REDIRECT);
}

void test_a_slow_issuer_makes_nobody_wait_long(void)
{
    struct fixture f;
    int64_t began_ms;

    set_up_and_wait(&f, 300);
    f.issuer.behaviour = SILENT;
    began_ms = monotonic_ms();
    CU_ASSERT_TRUE(is_refused(&f, 1, "1"));
    CU_ASSERT_TRUE(monotonic_ms() - began_ms >= 1900); /* it did wait for the key */
    CU_ASSERT_TRUE(is_let_in(&f, 0, "0"));
    door_close(&f.door);
}

/* The process is up before the issuer is: tokens may be good, so they are not called bad. */
void test_tokens_of_an_issuer_without_keys_are_not_called_invalid(void)
{
    double failed = readings("failed"), changed = readings("changed");
    cleanup(buf_deinit) struct buf away = {0};
    const char *text;
    struct fixture f;

    set_up(&f, ERROR_500, 1);
    CU_ASSERT_TRUE(comes("failed", failed, 1));
    text = door_ask(&f.door, token_line(0, "0"));
    CU_ASSERT_TRUE(says(text, " 503 Service Unavailable"));
    CU_ASSERT_TRUE(says(text, "\r\nRetry-After: "));
    CU_ASSERT_FALSE(doorkeeper_ready(f.door.doorkeeper, &away));
    CU_ASSERT_STRING_EQUAL(away.data, "keys of https://a.example");
    f.issuer.behaviour = GOOD;
    CU_ASSERT_TRUE(comes("changed", changed, 1));
    CU_ASSERT_TRUE(is_let_in(&f, 0, "0"));
    CU_ASSERT_TRUE(doorkeeper_ready(f.door.doorkeeper, &away));
    door_close(&f.door);
}

static void write_key_set(const char *path, int pair)
{
    cleanup(buf_deinit) struct buf text = {0};
    FILE *file = fopen(path, "we");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    add_key_set(pair, &text);
    CU_ASSERT_EQUAL(fwrite(text.data, 1, text.size, file), text.size);
    fclose(file);
}

void test_a_changed_file_is_read_again(void)
{
    char path[] = "/tmp/idpmc-keys-XXXXXX";
    struct fixture f = {.door.config.issuer_count = 1};
    int fd = mkstemp(path);

    make_pairs();
    close(fd);
    write_key_set(path, 0);
    f.door.loop = loop_new();
    f.door.config.issuers[0] = (struct config_issuer){.name = "partner",
                                                      .issuer = "https://a.example",
                                                      .audience = "audience",
                                                      .jwks_file = path,
                                                      .algorithms = CONFIG_EDDSA};
    door_open(&f.door);
    CU_ASSERT_TRUE(is_let_in(&f, 0, "0"));
    write_key_set(path, 1);
    CU_ASSERT_TRUE(is_let_in(&f, 1, "1"));
    CU_ASSERT_TRUE(is_refused(&f, 0, "0"));
    door_close(&f.door);
    unlink(path);
}
