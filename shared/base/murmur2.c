#include "base/murmur2.h"

static const uint32_t SEED = 0x9747b28c, MIX = 0x5bd1e995;

static uint32_t word_at(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

uint32_t murmur2(struct span key)
{
    const unsigned char *bytes = (const unsigned char *)key.data;
    size_t words = key.size / 4, rest = key.size % 4;
    uint32_t hash = SEED ^ (uint32_t)key.size;

    for (size_t i = 0; i < words; i++) {
        uint32_t word = word_at(bytes + 4 * i) * MIX;

        word = (word ^ word >> 24) * MIX;
        hash = hash * MIX ^ word;
    }
    if (rest > 0) {
        for (size_t i = 0; i < rest; i++)
            hash ^= (uint32_t)bytes[4 * words + i] << (8 * i);
        hash *= MIX;
    }
    hash = (hash ^ hash >> 13) * MIX;
    return hash ^ hash >> 15;
}

int32_t murmur2_partition(struct span key, int32_t partitions)
{
    return (int32_t)(murmur2(key) & 0x7fffffff) % partitions;
}
