#include "base/map.h"

#include <errno.h>

enum { FIRST_CAPACITY = 64 };

static void place(struct map_entry *entries, size_t capacity, struct map_entry entry)
{
    size_t i = (size_t)entry.hash & (capacity - 1);

    while (entries[i].item)
        i = (i + 1) & (capacity - 1);
    entries[i] = entry;
}

static int grow(struct map *map, struct arena *arena)
{
    size_t capacity = map->capacity ? map->capacity * 2 : FIRST_CAPACITY;
    struct map_entry *entries = arena_array(arena, capacity, sizeof *entries);

    if (!entries)
        return -ENOMEM;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->entries[i].item)
            place(entries, capacity, map->entries[i]);
    map->entries = entries;
    map->capacity = capacity;
    return 0;
}

void *map_find(const struct map *map, uint64_t hash,
               bool (*same)(const void *item, const void *key), const void *key)
{
    if (map->capacity == 0)
        return NULL;
    for (size_t i = (size_t)hash & (map->capacity - 1); map->entries[i].item;
         i = (i + 1) & (map->capacity - 1))
        if (map->entries[i].hash == hash && same(map->entries[i].item, key))
            return map->entries[i].item;
    return NULL;
}

int map_add(struct map *map, struct arena *arena, uint64_t hash, void *item)
{
    if (map->count * 4 >= map->capacity * 3) {
        int r = grow(map, arena);
        if (r < 0)
            return r;
    }
    place(map->entries, map->capacity, (struct map_entry){.hash = hash, .item = item});
    map->count++;
    return 0;
}
