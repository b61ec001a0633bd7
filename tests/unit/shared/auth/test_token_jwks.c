/* Which keys a JWKS document brings, and which documents are refused. */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/token_key.h"
#include "support/jose.h"

static void free_keys(struct token_keys **keys)
{
    token_keys_free(*keys);
}

/* `{"keys":[{MEMBERS` and the public key's own members, `}]}`; several by repetition. */
static void begin(struct buf *jwks)
{
    buf_add_text(jwks, "{\"keys\":[");
}

static void add(struct buf *jwks, const char *members, struct evp_pkey_st *key, const char *crv)
{
    if (jwks->data[jwks->size - 1] == '}')
        buf_add_char(jwks, ',');
    buf_printf(jwks, "{%s", members);
    jose_public_members(key, crv, jwks);
    buf_add_char(jwks, '}');
}

static void end(struct buf *jwks)
{
    buf_add_text(jwks, "]}");
}

/* Keys that many tests need, made once. */
static struct evp_pkey_st *rsa_key, *ec_key;

static void free_key_pairs(void)
{
    jose_free(rsa_key);
    jose_free(ec_key);
}

static void make_key_pairs(void)
{
    if (rsa_key)
        return;
    rsa_key = jose_rsa(2048);
    ec_key = jose_ec("prime256v1");
    atexit(free_key_pairs);
}

static void expect_refused(const char *json, const char *part)
{
    cleanup(free_keys) struct token_keys *keys = token_keys_new();
    cleanup(buf_deinit) struct buf error = {0};

    CU_ASSERT_EQUAL(token_keys_add_jwks(keys, span_text(json), &error), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(error.data);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.data, part));
    CU_ASSERT_EQUAL(keys->count, 0);
}

static void expect_key_refused(struct evp_pkey_st *key, const char *crv, const char *members,
                               const char *part)
{
    cleanup(buf_deinit) struct buf jwks = {0};

    begin(&jwks);
    add(&jwks, members, key, crv);
    end(&jwks);
    expect_refused(jwks.data, part);
}

/* The key that a token of this algorithm and `kid` (NULL: none) would be proved by. */
static const struct token_key *key_for(const struct token_keys *keys, const char *algorithm,
                                       const char *kid)
{
    return token_keys_find(keys,
                           &(struct token_header){.algorithm = span_text(algorithm),
                                                  .kid = kid ? span_text(kid) : span_of(NULL, 0)});
}

/* How many keys a set has after one with these members was read beside a good one. */
static size_t keys_beside_a_good_one(const char *members)
{
    cleanup(free_keys) struct token_keys *keys = token_keys_new();
    cleanup(buf_deinit) struct buf jwks = {0};
    cleanup(buf_deinit) struct buf error = {0};

    make_key_pairs();
    begin(&jwks);
    add(&jwks, "\"kid\":\"good\",\"alg\":\"ES256\",", ec_key, "P-256");
    add(&jwks, members, rsa_key, NULL);
    end(&jwks);
    CU_ASSERT_EQUAL(token_keys_add_jwks(keys, buf_span(&jwks), &error), 0);
    CU_ASSERT_PTR_NOT_NULL(key_for(keys, "ES256", "good"));
    return keys->count;
}

void test_rsa_and_p256_keys_fix_their_algorithms(void)
{
    cleanup(free_keys) struct token_keys *keys = token_keys_new();
    cleanup(buf_deinit) struct buf jwks = {0};
    cleanup(buf_deinit) struct buf error = {0};

    make_key_pairs();
    begin(&jwks);
    add(&jwks, "\"kid\":\"r\",\"use\":\"sig\",\"alg\":\"RS256\",", rsa_key, NULL);
    add(&jwks, "\"kid\":\"e\",\"key_ops\":[\"verify\"],", ec_key, "P-256");
    end(&jwks);
    CU_ASSERT_EQUAL_FATAL(token_keys_add_jwks(keys, buf_span(&jwks), &error), 0);
    CU_ASSERT_EQUAL(key_for(keys, "RS256", "r")->algorithm, TOKEN_RS256);
    CU_ASSERT_EQUAL(key_for(keys, "ES256", "e")->algorithm, TOKEN_ES256);
    CU_ASSERT_PTR_NULL(key_for(keys, "RS256", NULL));
}

void test_keys_for_something_else_are_passed_over(void)
{
    CU_ASSERT_EQUAL(keys_beside_a_good_one("\"kid\":\"x\","), 2);
    CU_ASSERT_EQUAL(keys_beside_a_good_one("\"kid\":\"x\",\"use\":\"enc\","), 1);
    CU_ASSERT_EQUAL(keys_beside_a_good_one("\"kid\":\"x\",\"alg\":\"RS512\","), 1);
    CU_ASSERT_EQUAL(keys_beside_a_good_one("\"kid\":\"x\",\"alg\":\"HS256\","), 1);
    CU_ASSERT_EQUAL(keys_beside_a_good_one("\"kid\":\"x\",\"key_ops\":[\"encrypt\"],"), 1);
    CU_ASSERT_EQUAL(keys_beside_a_good_one("\"kid\":\"x\",\"key_ops\":[],"), 1);
}

void test_a_symmetric_key_is_never_taken_from_a_document(void)
{
    expect_refused("{\"keys\":[{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":"
                   "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}",
                   "no key for RS256, ES256 or EdDSA");
}

void test_a_short_rsa_key_is_refused(void)
{
    struct evp_pkey_st *key = jose_rsa(1024);

    expect_key_refused(key, NULL, "\"kid\":\"old\",", "key 1 (kid \"old\") has a modulus of fewer");
    jose_free(key);
}

void test_an_rsa_key_that_is_none_is_refused(void)
{
    cleanup(buf_deinit) struct buf jwks = {0};

    make_key_pairs();
    expect_refused("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\"}]}", "needs n and e");
    expect_refused("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"A+==\",\"e\":\"AQAB\"}]}", "needs n and e");
    expect_refused("{\"keys\":[{\"kty\":\"RSA\",\"n\":1,\"e\":\"AQAB\"}]}", "needs n and e");
    begin(&jwks);
    add(&jwks, "", rsa_key, NULL);
    end(&jwks);
    memcpy(strstr(jwks.data, "AQAB"), "AQAA", 4); /* an even exponent */
    expect_refused(jwks.data, "that no RSA key has");
}

void test_a_point_of_another_curve_is_refused(void)
{
    struct evp_pkey_st *key = jose_ec("secp384r1");

    expect_key_refused(key, "P-384", "\"alg\":\"ES256\",", "another curve than P-256");
    expect_key_refused(key, "P-256", "", "of 32 bytes each");
    jose_free(key);
    key = jose_ec("secp256k1");
    expect_key_refused(key, "secp256k1", "\"alg\":\"ES256\",", "another curve than P-256");
    expect_key_refused(key, "P-256", "", "no point on its curve");
    jose_free(key);
}

/* RFC 7517, section 5: keys that we cannot use do not spoil those beside them. */
void test_keys_of_other_curves_are_passed_over(void)
{
    struct evp_pkey_st *key = jose_ec("secp384r1");

    expect_key_refused(key, "P-384", "\"alg\":\"ES384\",", "no key for RS256, ES256 or EdDSA");
    expect_key_refused(key, "P-384", "", "no key for RS256, ES256 or EdDSA");
    jose_free(key);
    expect_refused("{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":"
                   "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}",
                   "no key for RS256, ES256 or EdDSA");
}

void test_an_ed25519_key_fixes_eddsa(void)
{
    cleanup(free_keys) struct token_keys *keys = token_keys_new();
    cleanup(buf_deinit) struct buf jwks = {0};
    cleanup(buf_deinit) struct buf error = {0};
    struct evp_pkey_st *key = jose_ed25519();

    begin(&jwks);
    add(&jwks, "\"kid\":\"d\",\"use\":\"sig\",\"alg\":\"EdDSA\",", key, NULL);
    end(&jwks);
    CU_ASSERT_EQUAL_FATAL(token_keys_add_jwks(keys, buf_span(&jwks), &error), 0);
    CU_ASSERT_EQUAL(key_for(keys, "EdDSA", "d")->algorithm, TOKEN_EDDSA);
    jose_free(key);
}

void test_an_ed25519_key_that_is_none_is_refused(void)
{
    expect_refused("{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}]}", "needs x");
    expect_refused("{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}]}",
                   "of 32 bytes");
    expect_refused("{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"d\":\"AA\",\"x\":"
                   "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}",
                   "is a private key");
}

void test_a_private_key_is_refused(void)
{
    make_key_pairs();
    expect_key_refused(ec_key, "P-256", "\"d\":\"AQAB\",", "is a private key");
}

void test_a_name_that_is_there_already_is_refused(void)
{
    cleanup(buf_deinit) struct buf jwks = {0};

    make_key_pairs();
    begin(&jwks);
    add(&jwks, "\"kid\":\"same\",", ec_key, "P-256");
    add(&jwks, "\"kid\":\"same\",", rsa_key, NULL);
    end(&jwks);
    expect_refused(jwks.data, "key 2 (kid \"same\") has a kid that another key has");
}

void test_a_document_that_is_no_key_set_is_refused(void)
{
    expect_refused("", "a key set is");
    expect_refused("not json", "a key set is");
    expect_refused("[]", "a key set is");
    expect_refused("{}", "a key set is");
    expect_refused("{\"keys\":{}}", "a key set is");
    expect_refused("{\"keys\":[],\"keys\":[]}", "a key set is");
    expect_refused("{\"keys\":[]}", "no key for RS256, ES256 or EdDSA");
    expect_refused("{\"keys\":[1]}", "key 1 is no JSON object");
    expect_refused("{\"keys\":[{\"kid\":1}]}", "has a kid that is no text");
}

void test_a_failing_document_leaves_the_set_as_it_was(void)
{
    cleanup(free_keys) struct token_keys *keys = token_keys_new();
    cleanup(buf_deinit) struct buf jwks = {0};
    cleanup(buf_deinit) struct buf error = {0};

    make_key_pairs();
    CU_ASSERT_EQUAL(
        token_keys_add_secret(keys, "secret", span_text("32 bytes of a test's secret ....")), 0);
    begin(&jwks);
    add(&jwks, "\"kid\":\"first\",", ec_key, "P-256");
    buf_add_text(&jwks, ",{\"kty\":\"RSA\"}");
    end(&jwks);
    CU_ASSERT_EQUAL(token_keys_add_jwks(keys, buf_span(&jwks), &error), -EINVAL);
    CU_ASSERT_EQUAL(keys->count, 1);
    CU_ASSERT_PTR_NULL(key_for(keys, "ES256", "first"));
}

void test_a_set_holds_a_bounded_number_of_keys(void)
{
    cleanup(free_keys) struct token_keys *keys = token_keys_new();
    cleanup(buf_deinit) struct buf jwks = {0};
    cleanup(buf_deinit) struct buf error = {0};
    char member[32];

    make_key_pairs();
    begin(&jwks);
    for (int i = 0; i <= TOKEN_KEYS_MAX; i++) {
        snprintf(member, sizeof member, "\"kid\":\"k%d\",", i);
        add(&jwks, member, ec_key, "P-256");
    }
    end(&jwks);
    CU_ASSERT_EQUAL(token_keys_add_jwks(keys, buf_span(&jwks), &error), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.data, "key 65"));
    CU_ASSERT_EQUAL(keys->count, 0);
}

void test_a_secret_has_32_bytes(void)
{
    cleanup(free_keys) struct token_keys *keys = token_keys_new();
    const char *secret = "32 bytes of a test's secret ....";

    CU_ASSERT_EQUAL(token_keys_add_secret(keys, NULL, span_of(secret, 31)), -EINVAL);
    CU_ASSERT_EQUAL(token_keys_add_secret(keys, "a", span_of(secret, 32)), 0);
    CU_ASSERT_EQUAL(token_keys_add_secret(keys, "a", span_of(secret, 32)), -EINVAL);
    CU_ASSERT_EQUAL(token_keys_add_secret(keys, "b", span_of(secret, 32)), 0);
}

void test_an_unnamed_secret_is_for_each_hs256_token_and_for_no_other(void)
{
    cleanup(free_keys) struct token_keys *keys = token_keys_new();
    cleanup(buf_deinit) struct buf jwks = {0};
    cleanup(buf_deinit) struct buf error = {0};
    struct span secret = span_text("32 bytes of a test's secret ....");

    make_key_pairs();
    begin(&jwks);
    add(&jwks, "\"kid\":\"e\",", ec_key, "P-256");
    end(&jwks);
    CU_ASSERT_EQUAL(token_keys_add_secret(keys, NULL, secret), 0);
    CU_ASSERT_EQUAL(token_keys_add_secret(keys, NULL, secret), -EINVAL);
    CU_ASSERT_EQUAL_FATAL(token_keys_add_jwks(keys, buf_span(&jwks), &error), 0);
    CU_ASSERT_EQUAL(key_for(keys, "HS256", NULL)->algorithm, TOKEN_HS256);
    CU_ASSERT_EQUAL(key_for(keys, "HS256", "legacy")->algorithm, TOKEN_HS256);
    CU_ASSERT_EQUAL(key_for(keys, "HS256", "e")->algorithm, TOKEN_ES256);
    CU_ASSERT_EQUAL(key_for(keys, "ES256", NULL)->algorithm, TOKEN_ES256);
    CU_ASSERT_PTR_NULL(key_for(keys, "ES256", "legacy"));
}
