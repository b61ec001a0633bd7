/* Several issuers side by side: none of them can speak for another (RFC 8725, sections 2.8 and
 * 3.8). */
#include <CUnit/CUnit.h>
#include <stdio.h>

#include "auth/token.h"
#include "support/jose.h"

#define SUBJECT "0198c2a4-1111-7222-8333-444455556666"
#define SECRET_A "the first issuer's secret, 32 bytes"
#define SECRET_B "the second issuer's secret, 32 byte"
#define HS256_HEADER "{\"alg\":\"HS256\"}"
#define EDDSA_HEADER "{\"alg\":\"EdDSA\",\"kid\":\"same\"}"

static const struct timestamp now = {INT64_C(1000000) * 1800000000};
static const struct token_issuer two[] = {
    {"https://a.example", "first", TOKEN_EDDSA | TOKEN_HS256},
    {"https://b.example", "second", TOKEN_EDDSA | TOKEN_HS256},
};

static void free_verifier(struct token_verifier **verifier)
{
    token_verifier_free(*verifier);
}

static void free_key(struct evp_pkey_st **key)
{
    jose_free(*key);
}

static struct token_keys *keys_with_secret(const char *secret)
{
    struct token_keys *keys = token_keys_new();

    CU_ASSERT_EQUAL_FATAL(token_keys_add_secret(keys, NULL, span_text(secret)), 0);
    return keys;
}

/* A set of one key, whose `kid` is "same" for every issuer. */
static struct token_keys *keys_with(struct evp_pkey_st *key)
{
    struct token_keys *keys = token_keys_new();
    cleanup(buf_deinit) struct buf jwks = {0};
    cleanup(buf_deinit) struct buf error = {0};

    buf_add_text(&jwks, "{\"keys\":[{\"kid\":\"same\",");
    jose_public_members(key, "P-256", &jwks);
    buf_add_text(&jwks, "}]}");
    CU_ASSERT_EQUAL_FATAL(token_keys_add_jwks(keys, buf_span(&jwks), &error), 0);
    return keys;
}

static const char *claims_of(const char *issuer, const char *audience)
{
    static char text[300];

    snprintf(text, sizeof text,
             "{\"iss\":\"%s\",\"aud\":\"%s\",\"sub\":\"" SUBJECT "\",\"exp\":1800000600}", issuer,
             audience);
    return text;
}

static int verify_hs256(struct token_verifier *verifier, const char *secret, const char *claims,
                        struct token_claims *ret_claims)
{
    cleanup(buf_deinit) struct buf token = {0};

    jose_hs256(span_text(secret), HS256_HEADER, claims, &token);
    return token_verify(verifier, buf_span(&token), now, ret_claims);
}

static int verify_eddsa(struct token_verifier *verifier, struct evp_pkey_st *key,
                        const char *claims)
{
    cleanup(buf_deinit) struct buf token = {0};
    struct token_claims unused;

    jose_sign(key, EDDSA_HEADER, claims, &token);
    return token_verify(verifier, buf_span(&token), now, &unused);
}

static struct token_verifier *two_secrets(void)
{
    struct token_verifier *verifier = token_verifier_new(two, COUNT_OF(two), 16);

    token_verifier_set_keys(verifier, 0, keys_with_secret(SECRET_A));
    token_verifier_set_keys(verifier, 1, keys_with_secret(SECRET_B));
    return verifier;
}

void test_the_claims_say_whose_token_it_is(void)
{
    cleanup(free_verifier) struct token_verifier *verifier = two_secrets();
    struct token_claims claims;

    for (int again = 0; again < 2; again++) {
        CU_ASSERT_EQUAL(
            verify_hs256(verifier, SECRET_A, claims_of("https://a.example", "first"), &claims), 0);
        CU_ASSERT_EQUAL(claims.issuer, 0);
        CU_ASSERT_EQUAL(
            verify_hs256(verifier, SECRET_B, claims_of("https://b.example", "second"), &claims), 0);
        CU_ASSERT_EQUAL(claims.issuer, 1);
    }
}

void test_an_issuer_cannot_sign_for_another(void)
{
    cleanup(free_verifier) struct token_verifier *verifier = two_secrets();
    struct token_claims claims;

    CU_ASSERT_EQUAL(
        verify_hs256(verifier, SECRET_A, claims_of("https://b.example", "second"), &claims),
        TOKEN_BAD_SIGNATURE);
    CU_ASSERT_EQUAL(
        verify_hs256(verifier, SECRET_B, claims_of("https://a.example", "first"), &claims),
        TOKEN_BAD_SIGNATURE);
}

void test_the_same_kid_is_another_key_at_another_issuer(void)
{
    cleanup(free_verifier) struct token_verifier *verifier = token_verifier_new(two, 2, 16);
    cleanup(free_key) struct evp_pkey_st *a = jose_ed25519();
    cleanup(free_key) struct evp_pkey_st *b = jose_ed25519();

    token_verifier_set_keys(verifier, 0, keys_with(a));
    token_verifier_set_keys(verifier, 1, keys_with(b));
    CU_ASSERT_EQUAL(verify_eddsa(verifier, a, claims_of("https://a.example", "first")), 0);
    CU_ASSERT_EQUAL(verify_eddsa(verifier, a, claims_of("https://b.example", "second")),
                    TOKEN_BAD_SIGNATURE);
    CU_ASSERT_EQUAL(verify_eddsa(verifier, b, claims_of("https://b.example", "second")), 0);
}

void test_a_key_that_only_another_issuer_has_is_unknown_to_this_one(void)
{
    cleanup(free_verifier) struct token_verifier *verifier = token_verifier_new(two, 2, 16);
    cleanup(free_key) struct evp_pkey_st *a = jose_ed25519();
    struct token_claims claims = {.issuer = 7};
    cleanup(buf_deinit) struct buf token = {0};

    token_verifier_set_keys(verifier, 0, keys_with(a));
    jose_sign(a, EDDSA_HEADER, claims_of("https://b.example", "second"), &token);
    CU_ASSERT_EQUAL(token_verify(verifier, buf_span(&token), now, &claims), TOKEN_UNKNOWN_KEY);
    CU_ASSERT_EQUAL(claims.issuer, 1);
}

void test_an_audience_belongs_to_its_issuer(void)
{
    cleanup(free_verifier) struct token_verifier *verifier = two_secrets();
    struct token_claims claims;

    CU_ASSERT_EQUAL(
        verify_hs256(verifier, SECRET_A, claims_of("https://a.example", "second"), &claims),
        TOKEN_WRONG_AUDIENCE);
}

void test_nobody_else_is_trusted(void)
{
    cleanup(free_verifier) struct token_verifier *verifier = two_secrets();
    struct token_claims claims;

    CU_ASSERT_EQUAL(
        verify_hs256(verifier, SECRET_A, claims_of("https://c.example", "first"), &claims),
        TOKEN_WRONG_ISSUER);
    CU_ASSERT_EQUAL(verify_hs256(verifier, SECRET_A, claims_of("", "first"), &claims),
                    TOKEN_WRONG_ISSUER);
    CU_ASSERT_EQUAL(
        verify_hs256(verifier, SECRET_A, claims_of("https://a.example/", "first"), &claims),
        TOKEN_WRONG_ISSUER);
    CU_ASSERT_EQUAL(
        verify_hs256(verifier, SECRET_A, claims_of("HTTPS://a.example", "first"), &claims),
        TOKEN_WRONG_ISSUER);
}

/* The keys are there and the signature is right, but the issuer was not allowed the algorithm. */
void test_an_issuer_signs_with_its_algorithms_only(void)
{
    const struct token_issuer ed_only = {"https://a.example", "first", TOKEN_EDDSA};
    const struct token_issuer hs_only = {"https://a.example", "first", TOKEN_HS256};
    cleanup(free_verifier) struct token_verifier *verifier = token_verifier_new(&ed_only, 1, 16);
    cleanup(free_verifier) struct token_verifier *legacy = token_verifier_new(&hs_only, 1, 16);
    cleanup(free_key) struct evp_pkey_st *a = jose_ed25519();
    const char *claims_text = claims_of("https://a.example", "first");
    struct token_claims claims;

    token_verifier_set_keys(verifier, 0, keys_with_secret(SECRET_A));
    token_verifier_set_keys(legacy, 0, keys_with(a));
    CU_ASSERT_EQUAL(verify_hs256(verifier, SECRET_A, claims_text, &claims), TOKEN_WRONG_ALGORITHM);
    CU_ASSERT_EQUAL(verify_eddsa(legacy, a, claims_text), TOKEN_WRONG_ALGORITHM);
    token_verifier_set_keys(verifier, 0, keys_with(a));
    CU_ASSERT_EQUAL(verify_eddsa(verifier, a, claims_text), 0);
}

void test_an_issuer_may_have_public_keys_and_a_secret(void)
{
    cleanup(free_verifier) struct token_verifier *verifier = token_verifier_new(two, 1, 16);
    cleanup(free_key) struct evp_pkey_st *a = jose_ed25519();
    struct token_keys *keys = keys_with(a);
    const char *text = claims_of("https://a.example", "first");
    struct token_claims claims;

    CU_ASSERT_EQUAL(token_keys_add_secret(keys, NULL, span_text(SECRET_A)), 0);
    token_verifier_set_keys(verifier, 0, keys);
    CU_ASSERT_EQUAL(verify_hs256(verifier, SECRET_A, text, &claims), 0);
    CU_ASSERT_EQUAL(verify_eddsa(verifier, a, text), 0);
}

/* Rotation: a vanished key proves nothing any more, also not what it proved a moment ago, and its
 * name says nothing about the key that came after it. */
void test_a_key_that_was_replaced_is_gone_from_the_cache_as_well(void)
{
    cleanup(free_verifier) struct token_verifier *verifier = token_verifier_new(two, 2, 16);
    cleanup(free_key) struct evp_pkey_st *former = jose_ed25519();
    cleanup(free_key) struct evp_pkey_st *next = jose_ed25519();
    cleanup(buf_deinit) struct buf token = {0};
    struct token_claims claims;

    token_verifier_set_keys(verifier, 0, keys_with(former));
    jose_sign(former, EDDSA_HEADER, claims_of("https://a.example", "first"), &token);
    CU_ASSERT_EQUAL(token_verify(verifier, buf_span(&token), now, &claims), 0);
    CU_ASSERT_TRUE(token_recall(verifier, buf_span(&token), now, &claims));
    token_verifier_set_keys(verifier, 1, keys_with(next)); /* another issuer's */
    CU_ASSERT_TRUE(token_recall(verifier, buf_span(&token), now, &claims));
    token_verifier_set_keys(verifier, 0, keys_with(next));
    CU_ASSERT_FALSE(token_recall(verifier, buf_span(&token), now, &claims));
    CU_ASSERT_EQUAL(token_verify(verifier, buf_span(&token), now, &claims), TOKEN_BAD_SIGNATURE);
    CU_ASSERT_EQUAL(verify_eddsa(verifier, next, claims_of("https://a.example", "first")), 0);
    token_verifier_set_keys(verifier, 0, NULL);
    CU_ASSERT_EQUAL(token_verify(verifier, buf_span(&token), now, &claims), TOKEN_UNKNOWN_KEY);
}

/* Asking for a key set costs a fetch: what could never be proved by one does not ask. */
void test_a_token_without_an_allowed_algorithm_asks_for_no_key(void)
{
    cleanup(free_verifier) struct token_verifier *verifier = token_verifier_new(two, 1, 16);
    cleanup(buf_deinit) struct buf token = {0};
    struct token_claims claims;

    jose_hs256(span_text(SECRET_A), "{\"alg\":\"none\",\"kid\":\"new\"}",
               claims_of("https://a.example", "first"), &token);
    CU_ASSERT_EQUAL(token_verify(verifier, buf_span(&token), now, &claims), TOKEN_WRONG_ALGORITHM);
}
