/* A set of keys that verify tokens. */
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "auth/token_key.h"

enum { SECRET_MIN_BYTES = 32 }; /* RFC 7518, section 3.2 */

struct token_keys *token_keys_new(void)
{
    return calloc(1, sizeof(struct token_keys));
}

void token_key_deinit(struct token_key *key)
{
    free(key->kid);
    EVP_PKEY_free(key->public_key);
    if (key->secret.data)
        OPENSSL_cleanse(key->secret.data, key->secret.size);
    buf_deinit(&key->secret);
    *key = (struct token_key){0};
}

void token_keys_truncate(struct token_keys *keys, size_t count)
{
    while (keys->count > count)
        token_key_deinit(&keys->list[--keys->count]);
}

void token_keys_free(struct token_keys *keys)
{
    if (!keys)
        return;
    token_keys_truncate(keys, 0);
    free(keys);
}

const struct token_key *token_keys_find(const struct token_keys *keys, struct span kid)
{
    if (!kid.data)
        return keys->count == 1 ? &keys->list[0] : NULL;
    for (size_t i = 0; i < keys->count; i++)
        if (keys->list[i].kid && span_is(kid, keys->list[i].kid))
            return &keys->list[i];
    return NULL;
}

int token_keys_append(struct token_keys *keys, const struct token_key *key)
{
    if (key->kid && token_keys_find(keys, span_text(key->kid)))
        return -EEXIST;
    if (keys->count == TOKEN_KEYS_MAX)
        return -ENOSPC;
    keys->list[keys->count++] = *key;
    return 0;
}

int token_keys_add_secret(struct token_keys *keys, const char *kid, struct span secret)
{
    cleanup(token_key_deinit) struct token_key key = {.algorithm = TOKEN_HS256};

    if (secret.size < SECRET_MIN_BYTES)
        return -EINVAL;
    buf_add(&key.secret, secret.data, secret.size);
    if (buf_failed(&key.secret) || (kid && !(key.kid = strdup(kid))))
        return -ENOMEM;
    if (token_keys_append(keys, &key) < 0)
        return -EINVAL;
    key = (struct token_key){0}; /* the set has its parts now */
    return 0;
}

const char *token_algorithm_name(enum token_algorithm algorithm)
{
    static const char *const names[] = {
        [TOKEN_HS256] = "HS256", [TOKEN_RS256] = "RS256", [TOKEN_ES256] = "ES256"};

    return names[algorithm];
}
