/* Keys compared as the wire shows them: UUIDs sort as their text does. */
#include "codec/order.h"

#include <stdlib.h>

static int compare_texts(struct span a, struct span b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int r = size ? memcmp(a.data, b.data, size) : 0;

    return r ? r : (a.size > b.size) - (a.size < b.size);
}

int order_keys(const struct field *map, const void *a, const void *b)
{
    switch (map->key->type) {
    case FIELD_UUID:
        return uuid_cmp(*(const struct uuid *)a, *(const struct uuid *)b);
    case FIELD_ENUM:
        return strcmp(map->key->names[*(const int32_t *)a], map->key->names[*(const int32_t *)b]);
    default:
        return compare_texts(*(const struct span *)a, *(const struct span *)b);
    }
}

static int compare_pairs(const void *a, const void *b, void *map)
{
    return order_keys(map, a, b);
}

static int compare_pointers(const void *a, const void *b, void *map)
{
    return order_keys(map, *(const void *const *)a, *(const void *const *)b);
}

void order_pairs(const struct field *map, void *pairs, size_t count)
{
    qsort_r(pairs, count, map->item_size, compare_pairs, (void *)map);
}

void order_pointers(const struct field *map, const void **pointers, size_t count)
{
    qsort_r(pointers, count, sizeof *pointers, compare_pointers, (void *)map);
}

size_t order_first_fault(const struct field *map, const void *pairs, size_t count)
{
    const char *at = pairs;
    size_t i = 1;

    while (i < count && order_keys(map, at + (i - 1) * map->item_size, at + i * map->item_size) < 0)
        i++;
    return i < count ? i : count;
}
