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
    ES256_BYTES = 64,    /* r and s (RFC 7518, section 3.4) */
    ES256_DER_BYTES = 72 /* the most that they take in DER */
};

static int init_mac(struct token_check *check, const struct token_key *key)
{
    char sha256[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

    check->mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    check->signature_size = HS256_BYTES;
    EVP_MAC_free(hmac); /* the context holds it */
    if (!check->mac ||
        EVP_MAC_init(check->mac, (const uint8_t *)key->secret.data, key->secret.size, params) != 1)
        return -ENOMEM;
    return 0;
}

static int init_verifier(struct token_check *check, const struct token_key *key)
{
    EVP_PKEY_CTX *settings = NULL; /* the verifier's own */

    check->verifier = EVP_MD_CTX_new();
    if (!check->verifier || EVP_DigestVerifyInit_ex(check->verifier, &settings, "SHA256", NULL,
                                                    NULL, key->public_key, NULL) != 1)
        return -ENOMEM;
    if (key->algorithm == TOKEN_ES256) {
        check->signature_size = ES256_BYTES;
        return 0;
    }
    check->signature_size = (size_t)EVP_PKEY_get_size(key->public_key);
    return EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PADDING) == 1 ? 0 : -ENOMEM;
}

int token_check_init(struct token_check *check, const struct token_key *key)
{
    struct token_check made = {.algorithm = key->algorithm};
    int r = key->algorithm == TOKEN_HS256 ? init_mac(&made, key) : init_verifier(&made, key);

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
    BIGNUM *r = BN_bin2bn(bytes, ES256_BYTES / 2, NULL);
    BIGNUM *s = BN_bin2bn(bytes + ES256_BYTES / 2, ES256_BYTES / 2, NULL);
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
    if (check->algorithm == TOKEN_RS256)
        return check_public(check, text, signature);
    r = der_of(signature, der, &der_size);
    return r < 0 ? r : check_public(check, text, span_of(der, der_size));
}
