/* The order of a map's pairs: by the bytes of their keys on the wire, so that one map has one
 * encoding. Pure, any thread. */
#ifndef CODEC_ORDER_H
#define CODEC_ORDER_H

#include "codec/message.h"

/* Compares two keys of the MAP field as strcmp does. */
int order_keys(const struct field *map, const void *a, const void *b);

/* Sorts pairs, which are then rows of `map->item_size` bytes, or pointers to such rows. */
void order_pairs(const struct field *map, void *pairs, size_t count);
void order_pointers(const struct field *map, const void **pointers, size_t count);

/* The first pair from the second on whose key is not above the one's before it, or `count`. */
size_t order_first_fault(const struct field *map, const void *pairs, size_t count);

#endif
