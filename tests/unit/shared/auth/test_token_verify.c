/* Every way to talk a verifier into a token that it must refuse (RFC 8725), beside the good ones.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/token.h"
#include "support/jose.h"

#define ISSUER "https://auth.example.org"
#define SUBJECT "0198c2a4-1111-7222-8333-444455556666"
#define NOW_S 1800000000
#define GOOD_CLAIMS                                                                                \
    "{\"iss\":\"" ISSUER "\",\"aud\":\"idpmc\",\"sub\":\"" SUBJECT "\",\"exp\":1800000600}"
#define HS256_HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"

static const struct timestamp now = {INT64_C(1000000) * NOW_S};

static struct span secret(void)
{
    return span_text("development only: 32 bytes or more");
}

/* A verifier with its keys, and the result of the last token. */
struct bench {
    struct token_verifier *verifier;
    struct token_claims claims;
};

static void bench_deinit(struct bench *bench)
{
    token_verifier_free(bench->verifier);
}

static struct bench bench_over(struct token_keys *keys)
{
    const struct token_issuer issuer = {ISSUER, "idpmc",
                                        TOKEN_RS256 | TOKEN_ES256 | TOKEN_EDDSA | TOKEN_HS256};
    struct bench bench = {.verifier = token_verifier_new(&issuer, 1, 16)};

    CU_ASSERT_PTR_NOT_NULL_FATAL(keys);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bench.verifier);
    token_verifier_set_keys(bench.verifier, 0, keys);
    return bench;
}

static struct bench secret_bench(void)
{
    struct token_keys *keys = token_keys_new();

    CU_ASSERT_EQUAL_FATAL(token_keys_add_secret(keys, NULL, secret()), 0);
    return bench_over(keys);
}

static void add_jwk(struct token_keys *keys, struct evp_pkey_st *key, const char *kid)
{
    cleanup(buf_deinit) struct buf jwks = {0};
    cleanup(buf_deinit) struct buf error = {0};

    buf_printf(&jwks, "{\"keys\":[{\"kid\":\"%s\",\"use\":\"sig\",", kid);
    jose_public_members(key, "P-256", &jwks);
    buf_add_text(&jwks, "}]}");
    CU_ASSERT_EQUAL_FATAL(token_keys_add_jwks(keys, buf_span(&jwks), &error), 0);
}

/* One key of each kind, made once. */
static struct evp_pkey_st *rsa_key, *ec_key, *ed_key;

static void free_key_pairs(void)
{
    jose_free(rsa_key);
    jose_free(ec_key);
    jose_free(ed_key);
}

static struct bench public_bench(void)
{
    struct token_keys *keys = token_keys_new();

    if (!rsa_key) {
        rsa_key = jose_rsa(2048);
        ec_key = jose_ec("prime256v1");
        ed_key = jose_ed25519();
        atexit(free_key_pairs);
    }
    add_jwk(keys, rsa_key, "rsa-1");
    add_jwk(keys, ec_key, "ec-1");
    add_jwk(keys, ed_key, "ed-1");
    return bench_over(keys);
}

static int verify(struct bench *bench, const struct buf *token)
{
    return token_verify(bench->verifier, buf_span(token), now, &bench->claims);
}

static int verify_text(struct bench *bench, const char *token)
{
    return token_verify(bench->verifier, span_text(token), now, &bench->claims);
}

/* What a token with these two objects, rightly signed by the secret, gives. */
static int verify_parts(struct bench *bench, const char *header, const char *payload)
{
    cleanup(buf_deinit) struct buf token = {0};

    jose_hs256(secret(), header, payload, &token);
    return verify(bench, &token);
}

static int verify_header(const char *header)
{
    cleanup(bench_deinit) struct bench bench = secret_bench();

    return verify_parts(&bench, header, GOOD_CLAIMS);
}

static int verify_claims(const char *payload)
{
    cleanup(bench_deinit) struct bench bench = secret_bench();

    return verify_parts(&bench, HS256_HEADER, payload);
}

static int verify_signed(struct bench *bench, struct evp_pkey_st *key, const char *header)
{
    cleanup(buf_deinit) struct buf token = {0};

    jose_sign(key, header, GOOD_CLAIMS, &token);
    return verify(bench, &token);
}

/* The good ones. */

void test_a_good_token_gives_its_subject_and_end(void)
{
    cleanup(bench_deinit) struct bench bench = secret_bench();
    char text[UUID_TEXT + 1];

    CU_ASSERT_EQUAL(verify_parts(&bench, HS256_HEADER, GOOD_CLAIMS), 0);
    CU_ASSERT_STRING_EQUAL(uuid_format(bench.claims.subject.uuid, text), SUBJECT);
    CU_ASSERT_EQUAL(bench.claims.expires.us, INT64_C(1800000600000000));
}

void test_rs256_es256_and_eddsa_tokens_of_a_key_set_are_taken(void)
{
    cleanup(bench_deinit) struct bench bench = public_bench();

    CU_ASSERT_EQUAL(
        verify_signed(&bench, rsa_key, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"rsa-1\"}"), 0);
    CU_ASSERT_EQUAL(
        verify_signed(&bench, ec_key, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"ec-1\"}"),
        0);
    CU_ASSERT_EQUAL(verify_signed(&bench, ed_key, "{\"alg\":\"EdDSA\",\"kid\":\"ed-1\"}"), 0);
}

void test_a_verifier_goes_on_after_a_refusal(void)
{
    cleanup(bench_deinit) struct bench bench = secret_bench();

    CU_ASSERT_EQUAL(verify_text(&bench, "a.b.c"), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_parts(&bench, HS256_HEADER, GOOD_CLAIMS), 0);
}

void test_unknown_claims_and_parameters_are_passed_over(void)
{
    CU_ASSERT_EQUAL(verify_claims("{\"iss\":\"" ISSUER
                                  "\",\"aud\":[\"other\",\"idpmc\"],\"sub\":\"" SUBJECT
                                  "\",\"exp\":1800000600.5,\"iat\":1800000000,"
                                  "\"app_metadata\":{\"a\":[1]},\"user_metadata\":{}}"),
                    0);
    CU_ASSERT_EQUAL(verify_header("{\"alg\":\"HS256\",\"x5t\":\"abc\"}"), 0);
}

/* Algorithms. */

void test_alg_none_is_refused_in_every_spelling(void)
{
    static const char *const names[] = {"none", "None", "NONE", "nOnE", ""};
    cleanup(bench_deinit) struct bench bench = secret_bench();
    char header[64];

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        cleanup(buf_deinit) struct buf unsigned_token = {0};

        snprintf(header, sizeof header, "{\"alg\":\"%s\"}", names[i]);
        CU_ASSERT_EQUAL(verify_parts(&bench, header, GOOD_CLAIMS), TOKEN_WRONG_ALGORITHM);
        jose_with_signature(span_of(NULL, 0), header, GOOD_CLAIMS, &unsigned_token);
        CU_ASSERT_EQUAL(verify(&bench, &unsigned_token), TOKEN_MALFORMED);
    }
}

/* A token that an attacker signs by HMAC with bytes that everybody knows. */
static void expect_no_secret(struct bench *bench, struct span bytes, const char *algorithm,
                             const char *kid)
{
    cleanup(buf_deinit) struct buf token = {0};
    char header[64];

    snprintf(header, sizeof header, "{\"alg\":\"HS256\",\"kid\":\"%s\"}", kid);
    jose_hs256(bytes, header, GOOD_CLAIMS, &token);
    CU_ASSERT_EQUAL(verify(bench, &token), TOKEN_WRONG_ALGORITHM);
    buf_clear(&token);
    snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"%s\"}", algorithm, kid);
    jose_hs256(bytes, header, GOOD_CLAIMS, &token);
    CU_ASSERT_EQUAL(verify(bench, &token), TOKEN_BAD_SIGNATURE);
    buf_clear(&token);
    jose_hs256(bytes, HS256_HEADER, GOOD_CLAIMS, &token);
    CU_ASSERT_EQUAL(verify(bench, &token), TOKEN_UNKNOWN_KEY);
}

void test_hs256_with_a_public_key_as_secret_is_refused(void)
{
    cleanup(bench_deinit) struct bench bench = public_bench();
    struct evp_pkey_st *const keys[] = {rsa_key, ec_key, ed_key};
    static const char *const names[] = {"RS256", "ES256", "EdDSA"}, *const kids[] = {
                                                                        "rsa-1", "ec-1", "ed-1"};

    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        cleanup(buf_deinit) struct buf bytes = {0};

        jose_public_pem(keys[i], &bytes);
        expect_no_secret(&bench, buf_span(&bytes), names[i], kids[i]);
        expect_no_secret(&bench, span_of(bytes.data, bytes.size - 1), names[i], kids[i]);
        buf_clear(&bytes);
        jose_public_der(keys[i], &bytes);
        expect_no_secret(&bench, buf_span(&bytes), names[i], kids[i]);
        buf_clear(&bytes);
        jose_public_members(keys[i], "P-256", &bytes);
        expect_no_secret(&bench, buf_span(&bytes), names[i], kids[i]);
    }
    expect_no_secret(&bench, span_text(""), "RS256", "rsa-1");
}

void test_the_algorithm_belongs_to_the_key(void)
{
    cleanup(bench_deinit) struct bench bench = public_bench();

    CU_ASSERT_EQUAL(verify_signed(&bench, rsa_key, "{\"alg\":\"ES256\",\"kid\":\"rsa-1\"}"),
                    TOKEN_WRONG_ALGORITHM);
    CU_ASSERT_EQUAL(verify_signed(&bench, ec_key, "{\"alg\":\"RS256\",\"kid\":\"ec-1\"}"),
                    TOKEN_WRONG_ALGORITHM);
    CU_ASSERT_EQUAL(verify_signed(&bench, rsa_key, "{\"alg\":\"RS512\",\"kid\":\"rsa-1\"}"),
                    TOKEN_WRONG_ALGORITHM);
    CU_ASSERT_EQUAL(verify_signed(&bench, rsa_key, "{\"alg\":\"PS256\",\"kid\":\"rsa-1\"}"),
                    TOKEN_WRONG_ALGORITHM);
    CU_ASSERT_EQUAL(verify_signed(&bench, ed_key, "{\"alg\":\"ES256\",\"kid\":\"ed-1\"}"),
                    TOKEN_WRONG_ALGORITHM);
    CU_ASSERT_EQUAL(verify_signed(&bench, ec_key, "{\"alg\":\"EdDSA\",\"kid\":\"ec-1\"}"),
                    TOKEN_WRONG_ALGORITHM);
    CU_ASSERT_EQUAL(verify_signed(&bench, ed_key, "{\"alg\":\"Ed25519\",\"kid\":\"ed-1\"}"),
                    TOKEN_WRONG_ALGORITHM);
    CU_ASSERT_EQUAL(verify_header("{\"alg\":\"HS512\"}"), TOKEN_WRONG_ALGORITHM);
    CU_ASSERT_EQUAL(verify_header("{\"alg\":\"hs256\"}"), TOKEN_WRONG_ALGORITHM);
}

/* Headers. */

void test_parameters_that_bring_a_key_or_change_the_rules_are_refused(void)
{
    CU_ASSERT_EQUAL(verify_header("{\"alg\":\"HS256\",\"jku\":\"https://evil.example/\"}"),
                    TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_header("{\"alg\":\"HS256\",\"x5u\":\"https://evil.example/\"}"),
                    TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_header("{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}}"),
                    TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_header("{\"alg\":\"HS256\",\"crit\":[\"exp\"]}"), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_header("{\"alg\":\"HS256\",\"b64\":false}"), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_header("{\"alg\":\"HS256\",\"jku\":null}"), TOKEN_MALFORMED);
}

void test_duplicate_members_are_refused(void)
{
    CU_ASSERT_EQUAL(verify_header("{\"alg\":\"HS256\",\"alg\":\"HS256\"}"), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_header("{\"alg\":\"none\",\"\\u0061lg\":\"HS256\"}"), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_claims("{\"iss\":\"" ISSUER "\",\"aud\":\"idpmc\",\"sub\":\"" SUBJECT
                                  "\",\"exp\":1,\"exp\":1800000600}"),
                    TOKEN_MALFORMED);
}

void test_a_header_that_is_no_jwt_header_is_refused(void)
{
    CU_ASSERT_EQUAL(verify_header("[]"), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_header("{}"), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_header("{\"alg\":256}"), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_header("{\"alg\":\"HS256\"} x"), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_header("{\"alg\":\"HS256\",\"kid\":7}"), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_header("{\"alg\":\"HS256\",\"kid\":\"a\\u0000b\"}"), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_header("{\"alg\":\"HS256\",\"typ\":\"dpop+jwt\"}"), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_header("{\"alg\":\"HS256\",\"typ\":1}"), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_header("{\"alg\":\"HS256\",\"typ\":\"jwt\"}"), 0);
}

/* Keys. */

void test_kid_only_looks_up(void)
{
    static const char *const kids[] = {"rsa-2",
                                       "",
                                       "../../dev/null",
                                       "/proc/sys/kernel/randomize_va_space",
                                       "file:///etc/passwd",
                                       "https://evil.example/key",
                                       "' or '1'='1' -- ",
                                       "x' union select 'secret",
                                       "rsa-1; touch /tmp/x",
                                       "|/bin/true",
                                       "RSA-1",
                                       "rsa-1 ",
                                       "%s%n"};
    cleanup(bench_deinit) struct bench bench = public_bench();
    char header[128];

    for (size_t i = 0; i < COUNT_OF(kids); i++) {
        snprintf(header, sizeof header, "{\"alg\":\"RS256\",\"kid\":\"%s\"}", kids[i]);
        CU_ASSERT_EQUAL(verify_signed(&bench, rsa_key, header), TOKEN_UNKNOWN_KEY);
    }
    CU_ASSERT_EQUAL(verify_signed(&bench, rsa_key, "{\"alg\":\"RS256\",\"kid\":\"rsa-1\\u0000\"}"),
                    TOKEN_MALFORMED);
}

void test_among_several_keys_one_must_be_named(void)
{
    cleanup(bench_deinit) struct bench bench = public_bench();

    CU_ASSERT_EQUAL(verify_signed(&bench, rsa_key, "{\"alg\":\"RS256\"}"), TOKEN_UNKNOWN_KEY);
}

void test_a_secret_proves_tokens_that_name_it_and_those_that_do_not(void)
{
    CU_ASSERT_EQUAL(verify_header("{\"alg\":\"HS256\",\"kid\":\"x\"}"), 0);
    CU_ASSERT_EQUAL(verify_header("{\"alg\":\"RS256\",\"kid\":\"x\"}"), TOKEN_UNKNOWN_KEY);
    CU_ASSERT_EQUAL(verify_header("{\"alg\":\"RS256\"}"), TOKEN_UNKNOWN_KEY);
}

void test_a_verifier_without_keys_refuses_all(void)
{
    cleanup(bench_deinit) struct bench bench = bench_over(token_keys_new());

    CU_ASSERT_EQUAL(verify_parts(&bench, HS256_HEADER, GOOD_CLAIMS), TOKEN_UNKNOWN_KEY);
}

/* Shape. */

void test_a_token_has_exactly_three_segments(void)
{
    cleanup(bench_deinit) struct bench bench = secret_bench();
    cleanup(buf_deinit) struct buf token = {0};

    CU_ASSERT_EQUAL(verify_text(&bench, ""), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_text(&bench, "e30"), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_text(&bench, "e30.e30"), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_text(&bench, ".."), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_text(&bench, "e30.e30."), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_text(&bench, ".e30.AAAA"), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_text(&bench, "e30..AAAA"), TOKEN_MALFORMED);
    jose_hs256(secret(), HS256_HEADER, GOOD_CLAIMS, &token);
    buf_add_text(&token, ".");
    CU_ASSERT_EQUAL(verify(&bench, &token), TOKEN_MALFORMED);
    buf_add_text(&token, "AAAA");
    CU_ASSERT_EQUAL(verify(&bench, &token), TOKEN_MALFORMED);
    buf_add_text(&token, ".AAAA");
    CU_ASSERT_EQUAL(verify(&bench, &token), TOKEN_MALFORMED);
}

void test_padding_spaces_and_line_ends_are_refused(void)
{
    static const char *const behind[] = {"=", "==", " ", "\n", "\r\n"};
    cleanup(bench_deinit) struct bench bench = secret_bench();

    for (size_t i = 0; i < COUNT_OF(behind); i++) {
        cleanup(buf_deinit) struct buf token = {0};

        jose_hs256(secret(), HS256_HEADER, GOOD_CLAIMS, &token);
        buf_add_text(&token, behind[i]);
        CU_ASSERT_EQUAL(verify(&bench, &token), TOKEN_MALFORMED);
    }
}

/* 32 bytes leave two spare bits in the last character: only one of four spellings is right. */
void test_a_second_spelling_of_the_same_signature_is_refused(void)
{
    cleanup(bench_deinit) struct bench bench = secret_bench();
    cleanup(buf_deinit) struct buf token = {0};

    jose_hs256(secret(), HS256_HEADER, GOOD_CLAIMS, &token);
    token.data[token.size - 1]++;
    CU_ASSERT_EQUAL(verify(&bench, &token), TOKEN_MALFORMED);
}

void test_a_token_above_8_kb_is_refused_though_rightly_signed(void)
{
    cleanup(bench_deinit) struct bench bench = secret_bench();
    cleanup(buf_deinit) struct buf payload = {0};
    cleanup(buf_deinit) struct buf token = {0};

    buf_add_text(&payload, "{\"iss\":\"" ISSUER "\",\"aud\":\"idpmc\",\"sub\":\"" SUBJECT
                           "\",\"exp\":1800000600,\"pad\":\"");
    for (size_t i = 0; i < 5000; i++)
        buf_add_char(&payload, 'x');
    buf_add_text(&payload, "\"}");
    CU_ASSERT_EQUAL(verify_parts(&bench, HS256_HEADER, payload.data), 0);
    buf_truncate(&payload, payload.size - 2);
    for (size_t i = 0; i < 1200; i++)
        buf_add_char(&payload, 'x');
    buf_add_text(&payload, "\"}");
    jose_hs256(secret(), HS256_HEADER, payload.data, &token);
    CU_ASSERT_TRUE(token.size > TOKEN_MAX_BYTES);
    CU_ASSERT_EQUAL(verify(&bench, &token), TOKEN_MALFORMED);
    CU_ASSERT_FALSE(token_recall(bench.verifier, buf_span(&token), now, &bench.claims));
}

void test_claims_that_are_deep_or_no_object_are_refused(void)
{
    char deep[200] = "{\"a\":";

    memset(deep + 5, '[', 40);
    memset(deep + 45, ']', 40);
    strcpy(deep + 85, "}");
    CU_ASSERT_EQUAL(verify_claims(deep), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_claims("[]"), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_claims("not json"), TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_claims("\"" SUBJECT "\""), TOKEN_MALFORMED);
}

/* Signatures. */

void test_any_changed_character_is_noticed(void)
{
    cleanup(bench_deinit) struct bench bench = secret_bench();
    cleanup(buf_deinit) struct buf token = {0};

    jose_hs256(secret(), HS256_HEADER, GOOD_CLAIMS, &token);
    for (size_t i = 0; i < token.size; i++) {
        char kept = token.data[i];

        token.data[i] = kept == 'A' ? 'B' : 'A';
        CU_ASSERT_TRUE(verify(&bench, &token) > 0);
        token.data[i] = kept;
    }
    CU_ASSERT_EQUAL(verify(&bench, &token), 0);
}

void test_another_secret_is_refused(void)
{
    cleanup(bench_deinit) struct bench bench = secret_bench();
    cleanup(buf_deinit) struct buf token = {0};

    jose_hs256(span_text("development only: 32 bytes or mor."), HS256_HEADER, GOOD_CLAIMS, &token);
    CU_ASSERT_EQUAL(verify(&bench, &token), TOKEN_BAD_SIGNATURE);
}

void test_another_key_pair_is_refused(void)
{
    cleanup(bench_deinit) struct bench bench = public_bench();
    struct evp_pkey_st *stranger = jose_ec("prime256v1");

    CU_ASSERT_EQUAL(verify_signed(&bench, stranger, "{\"alg\":\"ES256\",\"kid\":\"ec-1\"}"),
                    TOKEN_BAD_SIGNATURE);
    jose_free(stranger);
}

static int verify_es256_signature(struct span signature)
{
    cleanup(bench_deinit) struct bench bench = public_bench();
    cleanup(buf_deinit) struct buf token = {0};

    jose_with_signature(signature, "{\"alg\":\"ES256\",\"kid\":\"ec-1\"}", GOOD_CLAIMS, &token);
    return verify(&bench, &token);
}

void test_an_es256_signature_has_64_bytes(void)
{
    static const char bytes[65] = {1};

    CU_ASSERT_EQUAL(verify_es256_signature(span_of(bytes, 63)), TOKEN_BAD_SIGNATURE);
    CU_ASSERT_EQUAL(verify_es256_signature(span_of(bytes, 64)), TOKEN_BAD_SIGNATURE);
    CU_ASSERT_EQUAL(verify_es256_signature(span_of(bytes, 65)), TOKEN_BAD_SIGNATURE);
}

/* CVE-2022-21449: r = s = 0 fits every text where nobody looks. */
void test_an_es256_signature_of_zeros_is_refused(void)
{
    static const char zeros[64], one_and_zero[64] = {[31] = 1}, zero_and_one[64] = {[63] = 1};

    CU_ASSERT_EQUAL(verify_es256_signature(span_of(zeros, 64)), TOKEN_BAD_SIGNATURE);
    CU_ASSERT_EQUAL(verify_es256_signature(span_of(one_and_zero, 64)), TOKEN_BAD_SIGNATURE);
    CU_ASSERT_EQUAL(verify_es256_signature(span_of(zero_and_one, 64)), TOKEN_BAD_SIGNATURE);
}

void test_an_es256_signature_in_der_is_refused(void)
{
    cleanup(bench_deinit) struct bench bench = public_bench();
    cleanup(buf_deinit) struct buf signature = {0};
    cleanup(buf_deinit) struct buf token = {0};
    static const char header[] = "{\"alg\":\"ES256\",\"kid\":\"ec-1\"}";

    jose_signature(ec_key, header, GOOD_CLAIMS, &signature);
    jose_with_signature(buf_span(&signature), header, GOOD_CLAIMS, &token);
    CU_ASSERT_EQUAL(verify(&bench, &token), TOKEN_BAD_SIGNATURE);
}

void test_an_rs256_signature_is_as_long_as_the_key(void)
{
    cleanup(bench_deinit) struct bench bench = public_bench();
    cleanup(buf_deinit) struct buf signature = {0};
    cleanup(buf_deinit) struct buf token = {0};
    static const char header[] = "{\"alg\":\"RS256\",\"kid\":\"rsa-1\"}";

    jose_signature(rsa_key, header, GOOD_CLAIMS, &signature);
    jose_with_signature(span_of(signature.data, signature.size - 1), header, GOOD_CLAIMS, &token);
    CU_ASSERT_EQUAL(verify(&bench, &token), TOKEN_BAD_SIGNATURE);
    buf_clear(&token);
    buf_add_char(&signature, '\0');
    jose_with_signature(buf_span(&signature), header, GOOD_CLAIMS, &token);
    CU_ASSERT_EQUAL(verify(&bench, &token), TOKEN_BAD_SIGNATURE);
}

/* RFC 8032, section 5.1.7: 64 bytes, S below the group's order. */
void test_an_eddsa_signature_that_is_none_is_refused(void)
{
    static const char zeros[65];
    static const char header[] = "{\"alg\":\"EdDSA\",\"kid\":\"ed-1\"}";
    cleanup(bench_deinit) struct bench bench = public_bench();
    cleanup(buf_deinit) struct buf signature = {0};

    jose_signature(ed_key, header, GOOD_CLAIMS, &signature);
    CU_ASSERT_EQUAL_FATAL(signature.size, 64);
    for (size_t i = 0; i < signature.size; i++) {
        cleanup(buf_deinit) struct buf token = {0};

        signature.data[i] ^= 1;
        jose_with_signature(buf_span(&signature), header, GOOD_CLAIMS, &token);
        CU_ASSERT_EQUAL(verify(&bench, &token), TOKEN_BAD_SIGNATURE);
        signature.data[i] ^= 1;
    }
    for (size_t size = 63; size <= 65; size++) {
        cleanup(buf_deinit) struct buf token = {0};

        jose_with_signature(span_of(zeros, size), header, GOOD_CLAIMS, &token);
        CU_ASSERT_EQUAL(verify(&bench, &token), TOKEN_BAD_SIGNATURE);
    }
}

/* Claims. */

static int verify_times(const char *members)
{
    char payload[400];

    snprintf(payload, sizeof payload,
             "{\"iss\":\"" ISSUER "\",\"aud\":\"idpmc\",\"sub\":\"" SUBJECT "\",%s}", members);
    return verify_claims(payload);
}

void test_an_expired_token_is_refused_after_a_minute_of_leeway(void)
{
    CU_ASSERT_EQUAL(verify_times("\"exp\":1799999941"), 0);
    CU_ASSERT_EQUAL(verify_times("\"exp\":1799999940"), TOKEN_EXPIRED);
    CU_ASSERT_EQUAL(verify_times("\"exp\":0"), TOKEN_EXPIRED);
}

void test_a_token_of_the_future_is_refused_beyond_a_minute_of_leeway(void)
{
    CU_ASSERT_EQUAL(verify_times("\"exp\":1800000600,\"nbf\":1800000060"), 0);
    CU_ASSERT_EQUAL(verify_times("\"exp\":1800000600,\"nbf\":1800000061"), TOKEN_NOT_YET_VALID);
    CU_ASSERT_EQUAL(verify_times("\"exp\":1800000600,\"iat\":1800000060"), 0);
    CU_ASSERT_EQUAL(verify_times("\"exp\":1800000600,\"iat\":1800000061"), TOKEN_NOT_YET_VALID);
}

void test_times_that_are_no_numbers_or_no_times_are_refused(void)
{
    CU_ASSERT_EQUAL(verify_times("\"exp\":\"1800000600\""), TOKEN_BAD_CLAIMS);
    CU_ASSERT_EQUAL(verify_times("\"exp\":true"), TOKEN_BAD_CLAIMS);
    CU_ASSERT_EQUAL(verify_times("\"exp\":-1"), TOKEN_BAD_CLAIMS);
    CU_ASSERT_EQUAL(verify_times("\"exp\":9223372036854775807"), TOKEN_BAD_CLAIMS);
    CU_ASSERT_EQUAL(verify_times("\"exp\":1e300"), TOKEN_BAD_CLAIMS);
    CU_ASSERT_EQUAL(verify_times("\"exp\":1800000600,\"nbf\":\"1900000000\""), TOKEN_BAD_CLAIMS);
    CU_ASSERT_EQUAL(verify_times("\"exp\":1800000600,\"iat\":null"), TOKEN_BAD_CLAIMS);
}

void test_each_required_claim_is_missed(void)
{
    CU_ASSERT_EQUAL(verify_claims("{\"aud\":\"idpmc\",\"sub\":\"" SUBJECT "\",\"exp\":1800000600}"),
                    TOKEN_BAD_CLAIMS);
    CU_ASSERT_EQUAL(
        verify_claims("{\"iss\":\"" ISSUER "\",\"sub\":\"" SUBJECT "\",\"exp\":1800000600}"),
        TOKEN_BAD_CLAIMS);
    CU_ASSERT_EQUAL(verify_claims("{\"iss\":\"" ISSUER "\",\"aud\":\"idpmc\",\"exp\":1800000600}"),
                    TOKEN_BAD_CLAIMS);
    CU_ASSERT_EQUAL(
        verify_claims("{\"iss\":\"" ISSUER "\",\"aud\":\"idpmc\",\"sub\":\"" SUBJECT "\"}"),
        TOKEN_BAD_CLAIMS);
}

static int verify_issuer_and_audience(const char *issuer, const char *audience)
{
    char payload[400];

    snprintf(payload, sizeof payload,
             "{\"iss\":%s,\"aud\":%s,\"sub\":\"" SUBJECT "\",\"exp\":1800000600}", issuer,
             audience);
    return verify_claims(payload);
}

void test_another_issuer_is_refused(void)
{
    CU_ASSERT_EQUAL(verify_issuer_and_audience("\"" ISSUER "/\"", "\"idpmc\""), TOKEN_WRONG_ISSUER);
    CU_ASSERT_EQUAL(verify_issuer_and_audience("\"\"", "\"idpmc\""), TOKEN_WRONG_ISSUER);
    CU_ASSERT_EQUAL(verify_issuer_and_audience("[\"" ISSUER "\"]", "\"idpmc\""), TOKEN_BAD_CLAIMS);
}

void test_an_audience_is_a_text_or_texts_with_ours_among_them(void)
{
    CU_ASSERT_EQUAL(verify_issuer_and_audience("\"" ISSUER "\"", "[\"idpmc\"]"), 0);
    CU_ASSERT_EQUAL(verify_issuer_and_audience("\"" ISSUER "\"", "[\"a\",\"idpmc\"]"), 0);
    CU_ASSERT_EQUAL(verify_issuer_and_audience("\"" ISSUER "\"", "\"IDPMC\""),
                    TOKEN_WRONG_AUDIENCE);
    CU_ASSERT_EQUAL(verify_issuer_and_audience("\"" ISSUER "\"", "[\"a\",\"b\"]"),
                    TOKEN_WRONG_AUDIENCE);
    CU_ASSERT_EQUAL(verify_issuer_and_audience("\"" ISSUER "\"", "[]"), TOKEN_BAD_CLAIMS);
    CU_ASSERT_EQUAL(verify_issuer_and_audience("\"" ISSUER "\"", "[\"idpmc\",1]"),
                    TOKEN_BAD_CLAIMS);
    CU_ASSERT_EQUAL(verify_issuer_and_audience("\"" ISSUER "\"", "{\"idpmc\":1}"),
                    TOKEN_BAD_CLAIMS);
}

void test_a_subject_is_a_uuid_in_lower_case(void)
{
    static const char *const subjects[] = {"\"auth0|123\"", "\"\"", "7",
                                           "\"0198C2A4-1111-7222-8333-444455556666\"",
                                           "\"0198c2a4-1111-7222-8333-444455556666 \""};
    char payload[400];

    for (size_t i = 0; i < COUNT_OF(subjects); i++) {
        snprintf(payload, sizeof payload,
                 "{\"iss\":\"" ISSUER "\",\"aud\":\"idpmc\",\"sub\":%s,\"exp\":1800000600}",
                 subjects[i]);
        CU_ASSERT_EQUAL(verify_claims(payload), TOKEN_BAD_CLAIMS);
    }
}

/* The cache as the verifier uses it. */

void test_a_verified_token_is_cached_for_a_minute_at_most(void)
{
    cleanup(bench_deinit) struct bench bench = secret_bench();
    cleanup(buf_deinit) struct buf token = {0};
    struct timestamp later = {now.us + 59000000}, over = {now.us + 60000000};

    jose_hs256(secret(), HS256_HEADER, GOOD_CLAIMS, &token);
    CU_ASSERT_FALSE(token_recall(bench.verifier, buf_span(&token), now, &bench.claims));
    CU_ASSERT_EQUAL(verify(&bench, &token), 0);
    bench.claims = (struct token_claims){0};
    CU_ASSERT_TRUE(token_recall(bench.verifier, buf_span(&token), later, &bench.claims));
    CU_ASSERT_EQUAL(bench.claims.expires.us, INT64_C(1800000600000000));
    CU_ASSERT_FALSE(token_recall(bench.verifier, buf_span(&token), over, &bench.claims));
}

void test_a_cached_token_still_ends(void)
{
    cleanup(bench_deinit) struct bench bench = secret_bench();
    cleanup(buf_deinit) struct buf token = {0};
    struct timestamp after = {now.us + 700000000};

    jose_hs256(secret(), HS256_HEADER, GOOD_CLAIMS, &token);
    CU_ASSERT_EQUAL(verify(&bench, &token), 0);
    CU_ASSERT_EQUAL(token_verify(bench.verifier, buf_span(&token), after, &bench.claims),
                    TOKEN_EXPIRED);
}

void test_a_cached_token_with_another_signature_is_checked_again(void)
{
    cleanup(bench_deinit) struct bench bench = secret_bench();
    cleanup(buf_deinit) struct buf token = {0};

    jose_hs256(secret(), HS256_HEADER, GOOD_CLAIMS, &token);
    CU_ASSERT_EQUAL(verify(&bench, &token), 0);
    token.data[token.size - 5] = token.data[token.size - 5] == 'A' ? 'B' : 'A';
    CU_ASSERT_EQUAL(verify(&bench, &token), TOKEN_BAD_SIGNATURE);
}

void test_a_refused_token_is_not_cached(void)
{
    cleanup(bench_deinit) struct bench bench = secret_bench();
    cleanup(buf_deinit) struct buf token = {0};

    jose_hs256(secret(), "{\"alg\":\"none\"}", GOOD_CLAIMS, &token);
    CU_ASSERT_EQUAL(verify(&bench, &token), TOKEN_WRONG_ALGORITHM);
    CU_ASSERT_FALSE(token_recall(bench.verifier, buf_span(&token), now, &bench.claims));
}

void test_nul_bytes_are_refused_wherever_they_stand(void)
{
    cleanup(bench_deinit) struct bench bench = secret_bench();
    cleanup(buf_deinit) struct buf token = {0};

    CU_ASSERT_EQUAL(verify_issuer_and_audience("\"" ISSUER "\\u0000\"", "\"idpmc\""),
                    TOKEN_MALFORMED);
    CU_ASSERT_EQUAL(verify_issuer_and_audience("\"" ISSUER "\"", "\"idpmc\\u0000x\""),
                    TOKEN_MALFORMED);
    jose_hs256(secret(), HS256_HEADER, GOOD_CLAIMS, &token);
    buf_add_char(&token, '\0');
    CU_ASSERT_EQUAL(verify(&bench, &token), TOKEN_MALFORMED);
}

void test_every_refusal_has_a_sentence_of_its_own(void)
{
    for (int a = TOKEN_MALFORMED; a <= TOKEN_BAD_CLAIMS; a++)
        for (int b = a + 1; b <= TOKEN_BAD_CLAIMS; b++)
            CU_ASSERT_STRING_NOT_EQUAL(token_refusal_text((enum token_refusal)a),
                                       token_refusal_text((enum token_refusal)b));
}
