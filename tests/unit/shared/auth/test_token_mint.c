#include <CUnit/CUnit.h>
#include <errno.h>

#include "auth/token.h"

static const struct timestamp now = {INT64_C(1800000000123456)};
static const struct user_id user = {{{1, 2, 3, 4, 5, 6, 0x70, 8, 0x80, 10}}};

static struct span secret(void)
{
    return span_text("development only: 32 bytes or more");
}

/* Verifies a token minted for an hour with `kid`, by a key of the same name, at `at`. */
static int mint_and_verify(const char *kid, struct timestamp at, struct token_claims *ret_claims)
{
    const struct token_issuer issuer = {"issuer", "audience", TOKEN_HS256};
    struct token_verifier *verifier = token_verifier_new(&issuer, 1, 8);
    struct token_keys *keys = token_keys_new();
    cleanup(buf_deinit) struct buf token = {0};
    int r;

    CU_ASSERT_EQUAL_FATAL(token_keys_add_secret(keys, kid, secret()), 0);
    token_verifier_set_keys(verifier, 0, keys);
    CU_ASSERT_EQUAL(token_mint(secret(), kid, "issuer", "audience", user, now, 3600, &token), 0);
    r = token_verify(verifier, buf_span(&token), at, ret_claims);
    token_verifier_free(verifier);
    return r;
}

void test_a_minted_token_is_taken_until_it_ends(void)
{
    struct timestamp end = {now.us + INT64_C(1000000) * (3600 + TOKEN_LEEWAY_S)};
    struct token_claims claims;

    CU_ASSERT_EQUAL_FATAL(mint_and_verify(NULL, now, &claims), 0);
    CU_ASSERT_TRUE(uuid_equal(claims.subject.uuid, user.uuid));
    CU_ASSERT_EQUAL(claims.expires.us, INT64_C(1800003600000000));
    CU_ASSERT_EQUAL(mint_and_verify(NULL, end, &claims), TOKEN_EXPIRED);
}

void test_a_minted_token_names_its_key(void)
{
    struct token_claims claims;

    CU_ASSERT_EQUAL(mint_and_verify("development", now, &claims), 0);
}

void test_what_is_minted_stands_behind_what_was_there(void)
{
    cleanup(buf_deinit) struct buf out = {0};

    buf_add_text(&out, "Bearer ");
    CU_ASSERT_EQUAL(token_mint(secret(), NULL, "i", "a", user, now, 1, &out), 0);
    CU_ASSERT_EQUAL(memcmp(out.data, "Bearer ey", 9), 0);
}

void test_a_token_without_time_or_secret_is_not_minted(void)
{
    cleanup(buf_deinit) struct buf out = {0};

    CU_ASSERT_EQUAL(token_mint(secret(), NULL, "i", "a", user, now, 0, &out), -EINVAL);
    CU_ASSERT_EQUAL(token_mint(secret(), NULL, "i", "a", user, now, -1, &out), -EINVAL);
    CU_ASSERT_EQUAL(token_mint(span_of("", 0), NULL, "i", "a", user, now, 1, &out), -EINVAL);
    CU_ASSERT_EQUAL(out.size, 0);
}
