#include "support/jose.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/base64url.h"

static void insist(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "jose: OpenSSL failed: %s\n", what);
    abort();
}

struct evp_pkey_st *jose_rsa(unsigned bits)
{
    EVP_PKEY *key = EVP_RSA_gen(bits);

    insist(key, "an RSA key");
    return key;
}

struct evp_pkey_st *jose_ec(const char *curve)
{
    EVP_PKEY *key = EVP_EC_gen(curve);

    insist(key, "an EC key");
    return key;
}

struct evp_pkey_st *jose_ed25519(void)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

    insist(key, "an Ed25519 key");
    return key;
}

void jose_free(struct evp_pkey_st *key)
{
    EVP_PKEY_free(key);
}

static void add_number(EVP_PKEY *key, const char *member, const char *param, struct buf *out)
{
    BIGNUM *number = NULL;
    uint8_t bytes[1024];
    int size = EVP_PKEY_is_a(key, "EC") ? (EVP_PKEY_get_bits(key) + 7) / 8 : 0;

    insist(EVP_PKEY_get_bn_param(key, param, &number) == 1, param);
    if (size == 0)
        size = BN_num_bytes(number);
    insist(BN_bn2binpad(number, bytes, size) == size, param);
    buf_printf(out, ",\"%s\":\"", member);
    base64url_encode(span_of(bytes, (size_t)size), out);
    buf_add_char(out, '"');
    BN_free(number);
}

void jose_public_members(struct evp_pkey_st *key, const char *crv, struct buf *out)
{
    uint8_t bytes[32];
    size_t size = sizeof bytes;

    if (EVP_PKEY_is_a(key, "RSA")) {
        buf_add_text(out, "\"kty\":\"RSA\"");
        add_number(key, "n", OSSL_PKEY_PARAM_RSA_N, out);
        add_number(key, "e", OSSL_PKEY_PARAM_RSA_E, out);
        return;
    }
    if (EVP_PKEY_is_a(key, "ED25519")) {
        insist(EVP_PKEY_get_raw_public_key(key, bytes, &size) == 1, "x");
        buf_add_text(out, "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"");
        base64url_encode(span_of(bytes, size), out);
        buf_add_char(out, '"');
        return;
    }
    buf_printf(out, "\"kty\":\"EC\",\"crv\":\"%s\"", crv);
    add_number(key, "x", OSSL_PKEY_PARAM_EC_PUB_X, out);
    add_number(key, "y", OSSL_PKEY_PARAM_EC_PUB_Y, out);
}

void jose_public_pem(struct evp_pkey_st *key, struct buf *out)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *text;
    long size;

    insist(memory && PEM_write_bio_PUBKEY(memory, key) == 1, "PEM");
    size = BIO_get_mem_data(memory, &text);
    buf_add(out, text, (size_t)size);
    BIO_free(memory);
}

void jose_public_der(struct evp_pkey_st *key, struct buf *out)
{
    uint8_t *bytes = NULL;
    int size = i2d_PUBKEY(key, &bytes);

    insist(size > 0, "DER");
    buf_add(out, bytes, (size_t)size);
    OPENSSL_free(bytes);
}

static void add_covered(const char *header, const char *payload, struct buf *out)
{
    base64url_encode(span_text(header), out);
    buf_add_char(out, '.');
    base64url_encode(span_text(payload), out);
}

void jose_with_signature(struct span signature, const char *header, const char *payload,
                         struct buf *out)
{
    add_covered(header, payload, out);
    buf_add_char(out, '.');
    base64url_encode(signature, out);
}

void jose_hs256(struct span secret, const char *header, const char *payload, struct buf *out)
{
    cleanup(buf_deinit) struct buf covered = {0};
    uint8_t mac[32];
    size_t size;

    add_covered(header, payload, &covered);
    insist(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, secret.data, secret.size,
                     (const uint8_t *)covered.data, covered.size, mac, sizeof mac, &size) != NULL,
           "HMAC");
    jose_with_signature(span_of(mac, size), header, payload, out);
}

void jose_signature(struct evp_pkey_st *key, const char *header, const char *payload,
                    struct buf *out)
{
    cleanup(buf_deinit) struct buf covered = {0};
    const char *hash = EVP_PKEY_is_a(key, "ED25519") ? NULL : "SHA256"; /* EdDSA has its own */
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t signature[1024];
    size_t size = sizeof signature;

    add_covered(header, payload, &covered);
    insist(context && EVP_DigestSignInit_ex(context, NULL, hash, NULL, NULL, key, NULL) == 1 &&
               EVP_DigestSign(context, signature, &size, (const uint8_t *)covered.data,
                              covered.size) == 1,
           "a signature");
    buf_add(out, signature, size);
    EVP_MD_CTX_free(context);
}

void jose_sign(struct evp_pkey_st *key, const char *header, const char *payload, struct buf *out)
{
    cleanup(buf_deinit) struct buf signature = {0};
    const uint8_t *der;
    uint8_t sides[64];
    ECDSA_SIG *pair;

    jose_signature(key, header, payload, &signature);
    if (!EVP_PKEY_is_a(key, "EC")) {
        jose_with_signature(buf_span(&signature), header, payload, out);
        return;
    }
    der = (const uint8_t *)signature.data;
    pair = d2i_ECDSA_SIG(NULL, &der, (long)signature.size);
    insist(pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), sides, 32) == 32 &&
               BN_bn2binpad(ECDSA_SIG_get0_s(pair), sides + 32, 32) == 32,
           "r and s");
    jose_with_signature(span_of(sides, sizeof sides), header, payload, out);
    ECDSA_SIG_free(pair);
}
