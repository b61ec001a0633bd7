#include "auth/token_signature.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

enum {
    HS256_BYTES = 32,
    PAIR_BYTES = 64,     /* ES256: r and s (RFC 7518, section 3.4); Ed25519: R and S (RFC 8032) */
    ES256_DER_BYTES = 72 /* the most that they take in DER */
};

const char *token_algorithm_name(enum token_algorithm algorithm)
{
    switch (algorithm) {
    case TOKEN_RS256:
        return "RS256";
    case TOKEN_ES256:
        return "ES256";
    case TOKEN_EDDSA:
        return "EdDSA";
    case TOKEN_HS256:
        return "HS256";
    }
    return "";
}

static int init_mac(struct token_check *check, struct span secret)
{
    char sha256[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

    check->mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac); /* the context holds it */
    if (!check->mac ||
        EVP_MAC_init(check->mac, (const uint8_t *)secret.data, secret.size, params) != 1)
        return -ENOMEM;
    return 0;
}

int token_check_init_secret(struct token_check *check, struct span secret)
{
    struct token_check made = {.algorithm = TOKEN_HS256, .signature_size = HS256_BYTES};
    int r = init_mac(&made, secret);

    if (r < 0)
        token_check_deinit(&made);
    else
        *check = made;
    return r;
}

static size_t signature_size(enum token_algorithm algorithm, const EVP_PKEY *key)
{
    return algorithm == TOKEN_RS256 ? (size_t)EVP_PKEY_get_size(key) : PAIR_BYTES;
}

/* EdDSA hashes by itself. */
static int init_verifier(struct token_check *check, EVP_PKEY *key)
{
    const char *hash = check->algorithm == TOKEN_EDDSA ? NULL : "SHA256";
    EVP_PKEY_CTX *settings = NULL; /* the verifier's own */

    check->verifier = EVP_MD_CTX_new();
    if (!check->verifier ||
        EVP_DigestVerifyInit_ex(check->verifier, &settings, hash, NULL, NULL, key, NULL) != 1)
        return -ENOMEM;
    if (check->algorithm != TOKEN_RS256)
        return 0;
    return EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PADDING) == 1 ? 0 : -ENOMEM;
}

int token_check_init_public(struct token_check *check, enum token_algorithm algorithm,
                            EVP_PKEY *key)
{
    struct token_check made = {.algorithm = algorithm,
                               .signature_size = signature_size(algorithm, key)};
    int r = init_verifier(&made, key);

    if (r < 0)
        token_check_deinit(&made);
    else
        *check = made;
    return r;
}

void token_check_deinit(struct token_check *check)
{
    EVP_MD_CTX_free(check->verifier);
    EVP_MAC_CTX_free(check->mac);
    *check = (struct token_check){0};
}

static int check_mac(const struct token_check *check, struct span text, struct span signature)
{
    uint8_t mac[HS256_BYTES];
    size_t size;

    /* Without a key, EVP_MAC_init begins again with the one that is there. */
    if (EVP_MAC_init(check->mac, NULL, 0, NULL) != 1 ||
        EVP_MAC_update(check->mac, (const uint8_t *)text.data, text.size) != 1 ||
        EVP_MAC_final(check->mac, mac, &size, sizeof mac) != 1)
        return -ENOMEM;
    return CRYPTO_memcmp(mac, signature.data, sizeof mac) == 0 ? 0 : TOKEN_BAD_SIGNATURE;
}

/* OpenSSL wants r and s in DER, where JOSE has them side by side. */
static int der_of(struct span signature, uint8_t der[static ES256_DER_BYTES], size_t *ret_size)
{
    const uint8_t *bytes = (const uint8_t *)signature.data;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(bytes, PAIR_BYTES / 2, NULL);
    BIGNUM *s = BN_bin2bn(bytes + PAIR_BYTES / 2, PAIR_BYTES / 2, NULL);
    int size = -1;

    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL; /* the pair has them now */
        size = i2d_ECDSA_SIG(pair, &der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    if (size < 0)
        return -ENOMEM;
    *ret_size = (size_t)size;
    return 0;
}

static int check_public(const struct token_check *check, struct span text, struct span signature)
{
    EVP_MD_CTX *verifier = EVP_MD_CTX_new();
    int r = -ENOMEM;

    if (verifier && EVP_MD_CTX_copy_ex(verifier, check->verifier) == 1) {
        r = EVP_DigestVerify(verifier, (const uint8_t *)signature.data, signature.size,
                             (const uint8_t *)text.data, text.size);
        r = r == 1 ? 0 : TOKEN_BAD_SIGNATURE;
    }
    EVP_MD_CTX_free(verifier);
    ERR_clear_error(); /* TLS on the same thread would take what is left there for its own */
    return r;
}

int token_check_signature(const struct token_check *check, struct span text, struct span signature)
{
    uint8_t der[ES256_DER_BYTES];
    size_t der_size;
    int r;

    if (signature.size != check->signature_size)
        return TOKEN_BAD_SIGNATURE;
    if (check->algorithm == TOKEN_HS256)
        return check_mac(check, text, signature);
    if (check->algorithm != TOKEN_ES256)
        return check_public(check, text, signature);
    r = der_of(signature, der, &der_size);
    return r < 0 ? r : check_public(check, text, span_of(der, der_size));
}
