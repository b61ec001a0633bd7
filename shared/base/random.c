#include "base/random.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Much at once: the call costs as much as some hundred of the bytes. */
enum { POOL_BYTES = 2048 };

static _Thread_local struct {
    uint8_t bytes[POOL_BYTES];
    size_t left;
} pool;

/* A child must not hand out what its parent does. */
static void pool_forget(void)
{
    pool.left = 0;
}

static void forget_in_children(void)
{
    pthread_atfork(NULL, NULL, pool_forget);
}

/* A signal may cut short what is asked for. */
static void pool_fill(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    ssize_t size;

    pthread_once(&once, forget_in_children);
    while ((size = getrandom(pool.bytes, sizeof pool.bytes, 0)) <= 0)
        if (errno != EINTR)
            abort();
    pool.left = (size_t)size;
}

void random_fill(void *bytes, size_t size)
{
    uint8_t *to = bytes;

    while (size > 0) {
        size_t part;

        if (pool.left == 0)
            pool_fill();
        part = size < pool.left ? size : pool.left;
        pool.left -= part;
        memcpy(to, pool.bytes + pool.left, part);
        /* What was handed out may be a secret. */
        memset(pool.bytes + pool.left, 0, part);
        to += part;
        size -= part;
    }
}
