/* Who is let in: over loopback, with the doorkeeper behind a real server. */
#include <errno.h>

#include "door.h"
#include "runtime/worker.h"

const struct worker *const workers[] = {NULL};

enum { BAD_TOKENS = 1000 };

static const int64_t hour_us = (int64_t)3600 * 1000000;

static const char secret[] = "a secret of this test, 32 bytes...";
static const struct user_id user = {{{9, [15] = 9}}};
static const char organization[] = "0198c2a4-1111-7222-8333-444455556666";

static const struct config_issuer issuer = {
    .issuer = "issuer", .audience = "audience", .secret = secret, .algorithms = CONFIG_HS256};

static void set_up(struct door_fixture *f)
{
    *f = (struct door_fixture){.loop = loop_new(),
                               .config = {.issuers = {issuer}, .issuer_count = 1}};
    door_open(f);
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

void test_a_good_token_names_its_user(void)
{
    struct door_fixture f;

    set_up(&f);
    CU_ASSERT_TRUE(says(door_ask(&f, token_line(timestamp_now())),
                        "\r\n\r\nuser:09000000-0000-0000-0000-000000000009 none issuer"));
    door_close(&f);
}

void test_the_scheme_may_be_written_in_any_case(void)
{
    struct door_fixture f;
    char line[TOKEN_MAX_BYTES];

    set_up(&f);
    snprintf(line, sizeof line, "%s", token_line(timestamp_now()));
    memcpy(strstr(line, "Bearer"), "bEARER", 6);
    CU_ASSERT_TRUE(says(door_ask(&f, line), "200 OK"));
    door_close(&f);
}

void test_an_organization_is_read_strictly(void)
{
    static const char *const bad[] = {"",
                                      "x",
                                      "0198C2A4-1111-7222-8333-444455556666",
                                      "0198c2a4-1111-7222-8333-44445555666",
                                      "00000000-0000-0000-0000-000000000000",
                                      "{0198c2a4-1111-7222-8333-444455556666}"};
    struct door_fixture f;
    char lines[TOKEN_MAX_BYTES];

    set_up(&f);
    snprintf(lines, sizeof lines, "%sX-Organization-ID: %s\r\n", token_line(timestamp_now()),
             organization);
    CU_ASSERT_TRUE(says(door_ask(&f, lines), organization));
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        snprintf(lines, sizeof lines, "%sX-Organization-ID: %s\r\n", token_line(timestamp_now()),
                 bad[i]);
        CU_ASSERT_TRUE(says(door_ask(&f, lines), "\"code\":\"organization_malformed\""));
    }
    door_close(&f);
}

void test_without_a_token_the_scheme_is_told(void)
{
    static const char *const lines[] = {"",
                                        "Authorization: \r\n",
                                        "Authorization: Bearer\r\n",
                                        "Authorization: Bearer \r\n",
                                        "Authorization: Basic a\r\n",
                                        "Authorization: Bearertoken\r\n"};
    struct door_fixture f;

    set_up(&f);
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        const char *answer = door_ask(&f, lines[i]);

        CU_ASSERT_TRUE(says(answer, "401 Unauthorized"));
        CU_ASSERT_TRUE(says(answer, "\r\nWWW-Authenticate: Bearer\r\n"));
        CU_ASSERT_TRUE(says(answer, "\"code\":\"token_missing\""));
    }
    door_close(&f);
}

void test_an_expired_token_is_told_so(void)
{
    struct door_fixture f;
    const char *answer;

    set_up(&f);
    answer = door_ask(&f, token_line((struct timestamp){timestamp_now().us - hour_us}));
    CU_ASSERT_TRUE(says(answer, "\r\nWWW-Authenticate: Bearer error=\"invalid_token\"\r\n"));
    CU_ASSERT_TRUE(says(answer, "\"code\":\"token_invalid\""));
    door_close(&f);
}

void test_a_flood_of_bad_tokens_is_stopped_but_known_ones_pass(void)
{
    struct door_fixture f;
    char known[TOKEN_MAX_BYTES];
    int refused = 0;

    set_up(&f);
    snprintf(known, sizeof known, "%s", token_line(timestamp_now()));
    CU_ASSERT_TRUE(says(door_ask(&f, known), "200 OK"));
    for (int i = 0; i < 2 * BAD_TOKENS && !refused; i++)
        refused = says(door_ask(&f, "Authorization: Bearer a.b.c\r\n"), "429 Too Many Requests");
    CU_ASSERT_TRUE(refused);
    CU_ASSERT_TRUE(says(door_ask(&f, known), "200 OK"));
    door_close(&f);
}

/* What is said where a doorkeeper with this issuer cannot start. */
static void expect_no_start(struct config_issuer bad, const char *part)
{
    const struct config config = {.issuers = {bad}, .issuer_count = 1, .jwks_refresh_s = 300};
    cleanup(buf_deinit) struct buf error = {0};
    struct doorkeeper *doorkeeper = NULL;
    struct call_pool calls = {0};
    struct loop *loop = loop_new();

    CU_ASSERT_EQUAL(doorkeeper_new(loop, &config, &calls, &doorkeeper, &error), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(error.data);
    CU_ASSERT_TRUE(says(error.data, part));
    CU_ASSERT_PTR_NULL(doorkeeper);
    loop_free(loop);
}

void test_keys_that_are_no_keys_are_told_at_start(void)
{
    struct config_issuer weak = issuer, absent = issuer, broken = issuer;

    weak.secret = "short";
    expect_no_start(weak, "the secret of the issuer default has fewer than 32 bytes");
    weak.name = "school";
    expect_no_start(weak, "the secret of the issuer school has fewer than 32 bytes");
    absent.jwks_file = "/nonexistent/jwks.json";
    expect_no_start(absent, "/nonexistent/jwks.json: No such file");
    broken.jwks_file = "/dev/null";
    expect_no_start(broken, "a key set is a JSON object");
}
