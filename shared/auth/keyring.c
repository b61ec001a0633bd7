#include "auth/keyring.h"

#include <errno.h>
#include <stdlib.h>

struct keyring {
    struct keyring_key *keys; /* sorted by id */
    size_t count, capacity;
    char signer[KEY_ID_BYTES + 1];
};

struct keyring *keyring_new(void)
{
    return calloc(1, sizeof(struct keyring));
}

static void key_deinit(struct keyring_key *key)
{
    mac_key_deinit(&key->mac);
    for (size_t i = 0; i < key->type_count; i++)
        free(key->types[i]);
    free(key->types);
    free(key->tenants);
    *key = (struct keyring_key){0};
}

void keyring_free(struct keyring *ring)
{
    if (!ring)
        return;
    for (size_t i = 0; i < ring->count; i++)
        key_deinit(&ring->keys[i]);
    free(ring->keys);
    free(ring);
}

bool keyring_id_is_valid(struct span id)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

    if (id.size == 0 || id.size > KEY_ID_BYTES)
        return false;
    for (size_t i = 0; i < id.size; i++)
        if (!memchr(allowed, id.data[i], sizeof allowed - 1))
            return false;
    return true;
}

static int compare_id(struct span a, const char *b)
{
    size_t b_size = strlen(b);
    int order = memcmp(a.data, b, a.size < b_size ? a.size : b_size);

    return order ? order : (a.size > b_size) - (a.size < b_size);
}

/* Where the id stands, or would have to. */
static size_t place_of(const struct keyring *ring, struct span id)
{
    size_t low = 0, high = ring->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_id(id, ring->keys[middle].id) > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct keyring_key *keyring_find(const struct keyring *ring, struct span id)
{
    size_t place = id.size ? place_of(ring, id) : ring->count;

    if (place == ring->count || !span_is(id, ring->keys[place].id))
        return NULL;
    return &ring->keys[place];
}

const struct keyring_key *keyring_signer(const struct keyring *ring)
{
    return ring->signer[0] ? keyring_find(ring, span_text(ring->signer)) : NULL;
}

static int make_room(struct keyring *ring)
{
    size_t capacity = ring->capacity ? ring->capacity * 2 : 8;
    struct keyring_key *keys;

    if (ring->count == KEYRING_MAX_KEYS)
        return -ENOSPC;
    if (ring->count < ring->capacity)
        return 0;
    keys = reallocarray(ring->keys, capacity, sizeof *keys);
    if (!keys)
        return -ENOMEM;
    ring->keys = keys;
    ring->capacity = capacity;
    return 0;
}

/* Takes over the key's parts where it succeeds. */
static int insert(struct keyring *ring, const struct keyring_key *key)
{
    struct span id = span_text(key->id);
    size_t place = place_of(ring, id);
    int r;

    if (keyring_find(ring, id))
        return -EEXIST;
    if ((r = make_room(ring)) < 0)
        return r;
    memmove(ring->keys + place + 1, ring->keys + place, (ring->count - place) * sizeof *ring->keys);
    ring->keys[place] = *key;
    ring->count++;
    return 0;
}

static int init_key(struct keyring_key *key, enum keyring_kind kind, struct span id,
                    const uint8_t secret[static MAC_KEY_BYTES])
{
    key->kind = kind;
    memcpy(key->id, id.data, id.size);
    return mac_key_init(&key->mac, secret);
}

int keyring_add_fleet(struct keyring *ring, struct span id,
                      const uint8_t secret[static MAC_KEY_BYTES])
{
    cleanup(key_deinit) struct keyring_key key = {0};
    int r;

    if (!keyring_id_is_valid(id))
        return -EINVAL;
    if ((r = init_key(&key, KEYRING_FLEET, id, secret)) < 0 || (r = insert(ring, &key)) < 0)
        return r;
    if (!ring->signer[0])
        memcpy(ring->signer, key.id, sizeof ring->signer);
    key = (struct keyring_key){0}; /* the ring has its parts now */
    return 0;
}

static int copy_tenants(struct keyring_key *key, const struct keyring_producer *producer)
{
    if (producer->tenant_count == 0)
        return 0;
    key->tenants = calloc(producer->tenant_count, sizeof *key->tenants);
    if (!key->tenants)
        return -ENOMEM;
    memcpy(key->tenants, producer->tenants, producer->tenant_count * sizeof *key->tenants);
    key->tenant_count = producer->tenant_count;
    return 0;
}

static int copy_types(struct keyring_key *key, const struct keyring_producer *producer)
{
    key->types = calloc(producer->type_count + 1, sizeof *key->types);
    if (!key->types)
        return -ENOMEM;
    for (size_t i = 0; i < producer->type_count; i++) {
        key->types[i] = strndup(producer->types[i].data, producer->types[i].size);
        if (!key->types[i])
            return -ENOMEM;
        key->type_count++;
    }
    return 0;
}

int keyring_add_producer(struct keyring *ring, const struct keyring_producer *producer)
{
    cleanup(key_deinit) struct keyring_key key = {.revoked = producer->revoked,
                                                  .revoked_at = producer->revoked_at};
    int r;

    if (!keyring_id_is_valid(producer->id) || producer->secret.size != MAC_KEY_BYTES)
        return -EINVAL;
    r = init_key(&key, KEYRING_PRODUCER, producer->id, (const uint8_t *)producer->secret.data);
    if (r < 0 || (r = copy_tenants(&key, producer)) < 0 || (r = copy_types(&key, producer)) < 0 ||
        (r = insert(ring, &key)) < 0)
        return r;
    key = (struct keyring_key){0}; /* the ring has its parts now */
    return 0;
}

bool keyring_allows(const struct keyring_key *key, struct tenant_id tenant, struct span type)
{
    bool tenant_fits = false, type_fits = false;

    if (key->kind == KEYRING_FLEET)
        return true;
    for (size_t i = 0; i < key->tenant_count && !tenant_fits; i++)
        tenant_fits = uuid_equal(key->tenants[i].uuid, tenant.uuid);
    for (size_t i = 0; i < key->type_count && !type_fits; i++)
        type_fits = span_is(type, key->types[i]);
    return tenant_fits && type_fits;
}

bool keyring_in_force(const struct keyring_key *key, struct timestamp appended)
{
    return !key->revoked || appended.us < key->revoked_at.us;
}
