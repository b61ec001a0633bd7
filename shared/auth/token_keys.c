/* A set of keys that verify tokens. */
#include <errno.h>
#include <stdlib.h>

#include "auth/token_key.h"

enum { SECRET_MIN_BYTES = 32 }; /* RFC 7518, section 3.2 */

struct token_keys *token_keys_new(void)
{
    return calloc(1, sizeof(struct token_keys));
}

static void token_key_deinit(struct token_key *key)
{
    free(key->kid);
    token_check_deinit(&key->check);
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

static const struct token_key *find_named(const struct token_keys *keys, struct span kid)
{
    for (size_t i = 0; i < keys->count; i++)
        if (keys->list[i].kid && span_is(kid, keys->list[i].kid))
            return &keys->list[i];
    return NULL;
}

static const struct token_key *find_secret(const struct token_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        if (keys->list[i].algorithm == TOKEN_HS256 && !keys->list[i].kid)
            return &keys->list[i];
    return NULL;
}

static const struct token_key *find_only_public(const struct token_keys *keys)
{
    const struct token_key *only = NULL;

    for (size_t i = 0; i < keys->count; i++) {
        if (keys->list[i].algorithm == TOKEN_HS256)
            continue;
        if (only)
            return NULL;
        only = &keys->list[i];
    }
    return only;
}

const struct token_key *token_keys_find(const struct token_keys *keys,
                                        const struct token_header *header)
{
    const struct token_key *named = header->kid.data ? find_named(keys, header->kid) : NULL;

    if (named)
        return named;
    if (span_is(header->algorithm, "HS256"))
        return find_secret(keys);
    return header->kid.data ? NULL : find_only_public(keys);
}

int token_keys_append(struct token_keys *keys, const char *kid, const struct token_check *check)
{
    char *copy = NULL;

    if (kid && find_named(keys, span_text(kid)))
        return -EEXIST;
    if (keys->count == TOKEN_KEYS_MAX)
        return -ENOSPC;
    if (kid && !(copy = strdup(kid)))
        return -ENOMEM;
    keys->list[keys->count++] =
        (struct token_key){.kid = copy, .algorithm = check->algorithm, .check = *check};
    return 0;
}

int token_keys_add_secret(struct token_keys *keys, const char *kid, struct span secret)
{
    struct token_check check;
    int r;

    if (secret.size < SECRET_MIN_BYTES || (!kid && find_secret(keys)))
        return -EINVAL;
    if (token_check_init_secret(&check, secret) < 0)
        return -ENOMEM;
    r = token_keys_append(keys, kid, &check);
    if (r == 0)
        return 0;
    token_check_deinit(&check);
    return r == -ENOMEM ? r : -EINVAL;
}
