/* AES-256-GCM with a fresh key for each text. A key used once needs no counter and no limit on how
 * many texts a secret seals, which 96-bit random nonces under one key would. */
#include "auth/seal.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

enum { SALT_BYTES = 16, TAG_BYTES = 16, KEY_BYTES = 32, NONCE_BYTES = 12, INFO_BYTES = 64 };
_Static_assert(SALT_BYTES + TAG_BYTES == SEAL_EXTRA_BYTES, "what surrounds the sealed text");

struct text_key {
    uint8_t key[KEY_BYTES];
    uint8_t nonce[NONCE_BYTES];
};

static void forget_key(struct text_key *key)
{
    OPENSSL_cleanse(key, sizeof *key);
}

static void free_kdf(EVP_KDF_CTX **context)
{
    EVP_KDF_CTX_free(*context);
}

static void free_cipher(EVP_CIPHER_CTX **context)
{
    EVP_CIPHER_CTX_free(*context);
}

static int derive_text_key(const uint8_t secret[static SEAL_SECRET_BYTES], const char *purpose,
                           const uint8_t salt[static SALT_BYTES], struct text_key *ret_key)
{
    char sha256[] = "SHA256", info[INFO_BYTES];
    int info_size = snprintf(info, sizeof info, "idpmc seal 1 %s", purpose);
    uint8_t input[SEAL_SECRET_BYTES], salt_copy[SALT_BYTES]; /* OSSL_PARAM takes no const */
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, sha256, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, input, sizeof input),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt_copy, sizeof salt_copy),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, (size_t)info_size),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    cleanup(free_kdf) EVP_KDF_CTX *context = hkdf ? EVP_KDF_CTX_new(hkdf) : NULL;
    int r = -ENOMEM;

    EVP_KDF_free(hkdf); /* the context holds it */
    memcpy(input, secret, sizeof input);
    memcpy(salt_copy, salt, sizeof salt_copy);
    if (context && info_size < INFO_BYTES &&
        EVP_KDF_derive(context, (uint8_t *)ret_key, sizeof *ret_key, params) == 1)
        r = 0;
    OPENSSL_cleanse(input, sizeof input);
    return r;
}

/* `size` bytes of `from` to `to`; with `encrypt` the tag is written, else checked. */
static int run_cipher(const struct text_key *key, bool encrypt, const void *from, size_t size,
                      uint8_t *to, uint8_t tag[static TAG_BYTES])
{
    cleanup(free_cipher) EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int written = 0, rest = 0;

    if (!context ||
        EVP_CipherInit_ex2(context, EVP_aes_256_gcm(), key->key, key->nonce, encrypt, NULL) != 1 ||
        EVP_CipherUpdate(context, to, &written, from, (int)size) != 1)
        return -ENOMEM;
    if (!encrypt && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) != 1)
        return -ENOMEM;
    if (EVP_CipherFinal_ex(context, to + written, &rest) != 1) {
        ERR_clear_error(); /* TLS on the same thread would take it for its own */
        return -EBADMSG;
    }
    if (encrypt && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, tag) != 1)
        return -ENOMEM;
    return 0;
}

int seal(const uint8_t secret[static SEAL_SECRET_BYTES], const char *purpose, struct span plain,
         struct buf *out)
{
    cleanup(forget_key) struct text_key key;
    size_t before = out->size;
    uint8_t *salt, *text;
    int r;

    if (plain.size > INT32_MAX - SEAL_EXTRA_BYTES)
        return -ENOMEM;
    salt = buf_extend(out, plain.size + SEAL_EXTRA_BYTES);
    if (!salt)
        return -ENOMEM;
    text = salt + SALT_BYTES;
    r = RAND_bytes(salt, SALT_BYTES) == 1 ? derive_text_key(secret, purpose, salt, &key) : -ENOMEM;
    if (r == 0)
        r = run_cipher(&key, true, plain.data, plain.size, text, text + plain.size);
    if (r < 0)
        buf_truncate(out, before);
    return r;
}

int seal_open(const uint8_t secret[static SEAL_SECRET_BYTES], const char *purpose,
              struct span sealed, struct buf *out)
{
    cleanup(forget_key) struct text_key key;
    const uint8_t *salt = (const uint8_t *)sealed.data;
    size_t before = out->size, size;
    uint8_t tag[TAG_BYTES], *plain;
    int r;

    if (sealed.size < SEAL_EXTRA_BYTES || sealed.size > INT32_MAX)
        return -EBADMSG;
    size = sealed.size - SEAL_EXTRA_BYTES;
    memcpy(tag, salt + SALT_BYTES + size, TAG_BYTES);
    plain = buf_extend(out, size);
    if (!plain)
        return -ENOMEM;
    r = derive_text_key(secret, purpose, salt, &key);
    if (r == 0)
        r = run_cipher(&key, false, salt + SALT_BYTES, size, plain, tag);
    if (r < 0)
        buf_truncate(out, before);
    return r;
}
