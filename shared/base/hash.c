/* SipHash-1-3 (Aumasson and Bernstein): one round a word, three at the end. */
#include "base/hash.h"

#include <pthread.h>
#include <string.h>

#include "base/random.h"

static uint64_t secret[2];

static void secret_make(void)
{
    random_fill(secret, sizeof secret);
}

static uint64_t rotate(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

/* Inlined, the four words stay in registers: a call for each round costs more than the rounds. */
static inline __attribute__((always_inline)) void round_of(uint64_t v[static 4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static inline __attribute__((always_inline)) void absorb(uint64_t v[static 4], uint64_t word)
{
    v[3] ^= word;
    round_of(v);
    v[0] ^= word;
}

uint64_t hash_bytes(uint64_t state, const void *bytes, size_t size)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const char *from = bytes;
    uint64_t v[4], word, last = (uint64_t)size << 56;
    size_t rest = size % 8;

    pthread_once(&once, secret_make);
    v[0] = secret[0] ^ state ^ 0x736f6d6570736575;
    v[1] = secret[1] ^ 0x646f72616e646f6d;
    v[2] = secret[0] ^ state ^ 0x6c7967656e657261;
    v[3] = secret[1] ^ 0x7465646279746573;
    for (size_t i = 0; i + 8 <= size; i += 8) {
        memcpy(&word, from + i, 8);
        absorb(v, word);
    }
    word = 0;
    if (rest)
        memcpy(&word, from + size - rest, rest);
    absorb(v, last | word);
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        round_of(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
