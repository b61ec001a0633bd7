/* Reads the public keys of a JWKS document (RFC 7517, RFC 7518 section 6, RFC 8037) into a key set.
 */
#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <stdlib.h>

#include "auth/base64url.h"
#include "auth/token_key.h"
#include "codec/json.h"

enum {
    RSA_MIN_BITS = 2048,
    RSA_MAX_BYTES = 1024, /* 8,192 bits: what verifies costs grows with the square */
    P256_BYTES = 32,
    ED25519_BYTES = 32,
};

/* One key that is being read; errors say which. */
struct reading {
    const struct json *jwk;
    size_t place;
    struct span kid; /* data NULL: without */
    struct buf *error;
};

static int refuse(const struct reading *reading, const char *sentence)
{
    buf_printf(reading->error, "key %zu", reading->place + 1);
    if (reading->kid.data)
        buf_printf(reading->error, " (kid \"%s\")", reading->kid.data);
    buf_printf(reading->error, " %s", sentence);
    return -EINVAL;
}

static bool says(const struct json *jwk, const char *member, const char *value)
{
    struct span text;

    return json_text(json_get(jwk, member), &text) && span_is(text, value);
}

/* True as well where the member is not there. */
static bool allows(const struct json *jwk, const char *member, const char *value)
{
    return !json_get(jwk, member) || says(jwk, member, value);
}

static bool may_verify(const struct json *jwk)
{
    const struct json *operations = json_get(jwk, "key_ops");
    struct span operation;

    for (size_t i = 0; i < json_count(operations); i++)
        if (json_text(json_at(operations, i), &operation) && span_is(operation, "verify"))
            return true;
    return !operations;
}

/* Is the key meant to verify tokens by this algorithm? */
static bool is_for(const struct json *jwk, const char *kty, enum token_algorithm algorithm)
{
    return says(jwk, "kty", kty) && allows(jwk, "use", "sig") && may_verify(jwk) &&
           allows(jwk, "alg", token_algorithm_name(algorithm));
}

static int read_bytes(const struct reading *reading, const char *member, struct buf *out)
{
    struct span text;

    if (!json_text(json_get(reading->jwk, member), &text) || text.size == 0)
        return -EINVAL;
    return base64url_decode(text, out);
}

static void free_bignum(BIGNUM **number)
{
    BN_free(*number);
}

static void free_builder(OSSL_PARAM_BLD **builder)
{
    OSSL_PARAM_BLD_free(*builder);
}

static void free_context(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}

/* Makes the public key and has OpenSSL check it: an RSA modulus and exponent that can be, a point
 * on the curve. */
static int make_key(const char *type, OSSL_PARAM_BLD *builder, EVP_PKEY **ret_key)
{
    cleanup(free_context) EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    cleanup(free_context) EVP_PKEY_CTX *checker = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY *key = NULL;
    int made = 0;

    if (params && maker && EVP_PKEY_fromdata_init(maker) == 1)
        made = EVP_PKEY_fromdata(maker, &key, EVP_PKEY_PUBLIC_KEY, params);
    OSSL_PARAM_free(params);
    if (made == 1)
        checker = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    if (!checker || EVP_PKEY_public_check(checker) != 1) {
        EVP_PKEY_free(key);
        ERR_clear_error(); /* TLS on the same thread would take it for its own */
        return -EINVAL;
    }
    *ret_key = key;
    return 0;
}

/* Moduli that a broken generator made (ROCA, CVE-2017-15361) are powers of 65537 modulo each small
 * prime; others hardly ever modulo all of them. */
static bool is_roca(const BIGNUM *modulus)
{
    static const uint8_t primes[] = {
        3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
        73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};

    for (size_t i = 0; i < COUNT_OF(primes); i++) {
        BN_ULONG rest = BN_mod_word(modulus, primes[i]), power = 1;

        do
            power = power * 65537 % primes[i];
        while (power != 1 && power != rest);
        if (power != rest)
            return false;
    }
    return true;
}

static int read_rsa(const struct reading *reading, EVP_PKEY **ret_key)
{
    cleanup(buf_deinit) struct buf n = {0};
    cleanup(buf_deinit) struct buf e = {0};
    cleanup(free_bignum) BIGNUM *modulus = NULL;
    cleanup(free_bignum) BIGNUM *exponent = NULL;
    cleanup(free_builder) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();

    if (read_bytes(reading, "n", &n) < 0 || read_bytes(reading, "e", &e) < 0 ||
        n.size > RSA_MAX_BYTES || e.size > sizeof(uint64_t))
        return refuse(reading, "needs n and e in base64url, of at most 8,192 and 64 bits");
    modulus = BN_bin2bn((const uint8_t *)n.data, (int)n.size, NULL);
    exponent = BN_bin2bn((const uint8_t *)e.data, (int)e.size, NULL);
    if (!modulus || !exponent || !builder)
        return -ENOMEM;
    if (BN_num_bits(modulus) < RSA_MIN_BITS)
        return refuse(reading, "has a modulus of fewer than 2,048 bits");
    if (is_roca(modulus))
        return refuse(reading, "has a modulus that can be factored (CVE-2017-15361)");
    if (OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) != 1)
        return -ENOMEM;
    if (make_key("RSA", builder, ret_key) < 0)
        return refuse(reading, "has a modulus or an exponent that no RSA key has");
    return 0;
}

static int read_ec(const struct reading *reading, EVP_PKEY **ret_key)
{
    cleanup(buf_deinit) struct buf point = {0};
    cleanup(free_builder) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();

    if (!says(reading->jwk, "crv", "P-256"))
        return refuse(reading, "is on another curve than P-256, the one of ES256");
    buf_add_char(&point, 4); /* an uncompressed point: both coordinates follow */
    if (read_bytes(reading, "x", &point) < 0 || point.size != 1 + P256_BYTES ||
        read_bytes(reading, "y", &point) < 0 || point.size != 1 + 2 * P256_BYTES)
        return refuse(reading, "needs x and y in base64url, of 32 bytes each");
    if (!builder ||
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) !=
            1 ||
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.data,
                                         point.size) != 1)
        return -ENOMEM;
    if (make_key("EC", builder, ret_key) < 0)
        return refuse(reading, "is no point on its curve");
    return 0;
}

static int read_ed25519(const struct reading *reading, EVP_PKEY **ret_key)
{
    cleanup(buf_deinit) struct buf x = {0};
    EVP_PKEY *key;

    if (read_bytes(reading, "x", &x) < 0 || x.size != ED25519_BYTES)
        return refuse(reading, "needs x in base64url, of 32 bytes");
    key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const uint8_t *)x.data, ED25519_BYTES);
    if (!key)
        return -ENOMEM;
    *ret_key = key;
    return 0;
}

static int read_public(const struct reading *reading, enum token_algorithm algorithm,
                       EVP_PKEY **ret_key)
{
    if (algorithm == TOKEN_RS256)
        return read_rsa(reading, ret_key);
    return algorithm == TOKEN_ES256 ? read_ec(reading, ret_key) : read_ed25519(reading, ret_key);
}

static void free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static int add_key(struct token_keys *keys, const struct reading *reading,
                   enum token_algorithm algorithm)
{
    cleanup(token_check_deinit) struct token_check check = {.algorithm = algorithm};
    cleanup(free_key) EVP_PKEY *public_key = NULL;
    int r;

    if (json_get(reading->jwk, "d"))
        return refuse(reading, "is a private key: leave out d, and replace the key");
    r = read_public(reading, algorithm, &public_key);
    if (r == 0)
        r = token_check_init_public(&check, algorithm, public_key);
    if (r < 0)
        return r;
    r = token_keys_append(keys, reading->kid.data, &check);
    if (r == -EEXIST)
        return refuse(reading, "has a kid that another key has");
    if (r == -ENOSPC)
        return refuse(reading, "is one more than the 64 that a set holds");
    if (r == 0)
        check = (struct token_check){0}; /* the set has its parts now */
    return r;
}

static int read_key(struct token_keys *keys, struct reading *reading)
{
    const struct json *kid = json_get(reading->jwk, "kid");

    if (json_kind(reading->jwk) != JSON_KIND_OBJECT)
        return refuse(reading, "is no JSON object");
    if (kid && (!json_text(kid, &reading->kid) || reading->kid.size > TOKEN_KID_BYTES))
        return refuse(reading, "has a kid that is no text of at most 256 bytes");
    if (is_for(reading->jwk, "RSA", TOKEN_RS256))
        return add_key(keys, reading, TOKEN_RS256);
    if (is_for(reading->jwk, "EC", TOKEN_ES256) &&
        (says(reading->jwk, "crv", "P-256") || says(reading->jwk, "alg", "ES256")))
        return add_key(keys, reading, TOKEN_ES256);
    if (is_for(reading->jwk, "OKP", TOKEN_EDDSA) && says(reading->jwk, "crv", "Ed25519"))
        return add_key(keys, reading, TOKEN_EDDSA);
    return 0;
}

static int read_keys(struct token_keys *keys, const struct json *list, struct buf *error)
{
    size_t before = keys->count;

    for (size_t i = 0; i < json_count(list); i++) {
        struct reading reading = {.jwk = json_at(list, i), .place = i, .error = error};
        int r = read_key(keys, &reading);

        if (r < 0)
            return r;
    }
    if (keys->count > before)
        return 0;
    buf_add_text(error, "no key for RS256, ES256 or EdDSA is in it");
    return -EINVAL;
}

int token_keys_add_jwks(struct token_keys *keys, struct span text, struct buf *error)
{
    struct json *document = NULL;
    size_t before = keys->count;
    int r = json_parse(text, &document);

    if (r == -ENOMEM)
        return r;
    if (r < 0 || json_kind(json_get(document, "keys")) != JSON_KIND_ARRAY) {
        buf_add_text(error, "a key set is a JSON object with an array \"keys\" (RFC 7517), without "
                            "duplicate members, of at most 64 KB");
        json_free(document);
        return -EINVAL;
    }
    r = read_keys(keys, json_get(document, "keys"), error);
    if (r < 0)
        token_keys_truncate(keys, before);
    json_free(document);
    return r;
}
