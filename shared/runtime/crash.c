#include "runtime/crash.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *armed; /* NULL: none */
static size_t armed_size;
static int armed_signal;
static atomic_int left;

static void read_environment(void)
{
    const char *colon;

    armed = getenv("CRASH_AT");
    armed_signal = armed ? SIGKILL : SIGSTOP;
    if (!armed)
        armed = getenv("FREEZE_AT");
    if (!armed)
        return;
    colon = strchr(armed, ':');
    armed_size = colon ? (size_t)(colon - armed) : strlen(armed);
    atomic_store(&left, colon ? atoi(colon + 1) : 1);
}

void crash_point(const char *name)
{
    pthread_once(&once, read_environment);
    if (armed && strlen(name) == armed_size && memcmp(name, armed, armed_size) == 0 &&
        atomic_fetch_sub(&left, 1) == 1)
        raise(armed_signal); /* to this thread: a stop that another one takes would let it run on */
}
