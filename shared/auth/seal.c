/* AES-256-GCM with a fresh key for each text. A key used once needs no counter and no limit on how
 * many texts a secret seals, which 96-bit random nonces under one key would. */
#include "auth/seal.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "auth/digest.h"
#include "base/random.h"

enum {
    SALT_BYTES = 16,
    TAG_BYTES = 16,
    KEY_BYTES = 32,
    NONCE_BYTES = 12,
    INFO_BYTES = 64,
    HASH_BLOCK = 64 /* of SHA-256 */,
};
_Static_assert(SALT_BYTES + TAG_BYTES == SEAL_EXTRA_BYTES, "what surrounds the sealed text");

struct text_key {
    uint8_t key[KEY_BYTES];
    uint8_t nonce[NONCE_BYTES];
};

static void forget_key(struct text_key *key)
{
    explicit_bzero(key, sizeof *key);
}

static struct digest hmac(struct span key, struct span message)
{
    uint8_t text[HASH_BLOCK + INFO_BYTES + DIGEST_BYTES + 1];
    struct digest digest;

    memset(text, 0, HASH_BLOCK);
    memcpy(text, key.data, key.size);
    for (size_t i = 0; i < HASH_BLOCK; i++)
        text[i] ^= 0x36;
    memcpy(text + HASH_BLOCK, message.data, message.size);
    digest = digest_of(span_of(text, HASH_BLOCK + message.size));
    for (size_t i = 0; i < HASH_BLOCK; i++)
        text[i] ^= 0x36 ^ 0x5c;
    memcpy(text + HASH_BLOCK, digest.bytes, DIGEST_BYTES);
    digest = digest_of(span_of(text, HASH_BLOCK + DIGEST_BYTES));
    explicit_bzero(text, sizeof text);
    return digest;
}

/* HKDF-SHA256 (RFC 5869) by hand: OpenSSL's looks its parts up by name each time, which costs more
 * than the hashing. */
static int derive_text_key(const uint8_t secret[static SEAL_SECRET_BYTES], const char *purpose,
                           const uint8_t salt[static SALT_BYTES], struct text_key *ret_key)
{
    static const char prefix[] = "idpmc seal 1 ";
    const size_t prefix_size = sizeof prefix - 1, purpose_size = strlen(purpose),
                 info_size = prefix_size + purpose_size;
    uint8_t message[DIGEST_BYTES + INFO_BYTES + 1]; /* the block before, the info, a number */
    uint8_t *info = message + DIGEST_BYTES;
    struct digest key, block;

    if (info_size >= INFO_BYTES)
        return -ENOMEM;
    memcpy(info, prefix, prefix_size);
    memcpy(info + prefix_size, purpose, purpose_size);
    key = hmac(span_of(salt, SALT_BYTES), span_of(secret, SEAL_SECRET_BYTES));
    info[info_size] = 1;
    block = hmac(span_of(key.bytes, DIGEST_BYTES), span_of(info, info_size + 1));
    memcpy(ret_key->key, block.bytes, KEY_BYTES);
    memcpy(message, block.bytes, DIGEST_BYTES);
    info[info_size] = 2;
    block = hmac(span_of(key.bytes, DIGEST_BYTES), span_of(message, DIGEST_BYTES + info_size + 1));
    memcpy(ret_key->nonce, block.bytes, NONCE_BYTES);
    explicit_bzero(&key, sizeof key);
    explicit_bzero(&block, sizeof block);
    explicit_bzero(message, sizeof message);
    return 0;
}

static pthread_key_t cipher_slot;
static bool has_slot;

static void free_cipher(void *context)
{
    EVP_CIPHER_CTX_free(context);
}

static void make_slot(void)
{
    has_slot = pthread_key_create(&cipher_slot, free_cipher) == 0;
}

/* The thread's AES-256-GCM; NULL without memory. */
static EVP_CIPHER_CTX *keep_cipher(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    EVP_CIPHER_CTX *context;

    if (pthread_once(&once, make_slot) != 0 || !has_slot)
        return NULL;
    context = pthread_getspecific(cipher_slot);
    if (context)
        return context;
    context = EVP_CIPHER_CTX_new();
    if (context && EVP_CipherInit_ex2(context, EVP_aes_256_gcm(), NULL, NULL, 1, NULL) == 1 &&
        pthread_setspecific(cipher_slot, context) == 0)
        return context;
    EVP_CIPHER_CTX_free(context);
    return NULL;
}

/* `size` bytes of `from` to `to`; with `encrypt` the tag is written, else checked. */
static int run_cipher(const struct text_key *key, bool encrypt, const void *from, size_t size,
                      uint8_t *to, uint8_t tag[static TAG_BYTES])
{
    EVP_CIPHER_CTX *context = keep_cipher();
    int written = 0, rest = 0;

    if (!context || EVP_CipherInit_ex2(context, NULL, key->key, key->nonce, encrypt, NULL) != 1 ||
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
    random_fill(salt, SALT_BYTES);
    r = derive_text_key(secret, purpose, salt, &key);
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
