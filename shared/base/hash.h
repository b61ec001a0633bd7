/* A 64-bit hash for tables in memory, seeded at random once a process, so that nobody can choose
 * keys that collide. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3 over `size` bytes, continued from `state` (0 to begin). Any thread. */
uint64_t hash_bytes(uint64_t state, const void *bytes, size_t size);

#endif
