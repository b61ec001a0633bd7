/* A hash table of pointers, open addressing, in an arena: it dies with it, and nothing is ever
 * taken out. The caller hashes and compares, so that one table serves keys of any shape. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct map_entry {
    uint64_t hash;
    void *item; /* NULL: free */
};

struct map {
    struct map_entry *entries;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

/* The item with this hash for which `same(item, key)` holds, or NULL. */
void *map_find(const struct map *map, uint64_t hash,
               bool (*same)(const void *item, const void *key), const void *key);

/* Adds an item that is not there yet. 0 or -ENOMEM. */
must_check int map_add(struct map *map, struct arena *arena, uint64_t hash, void *item);

#endif
