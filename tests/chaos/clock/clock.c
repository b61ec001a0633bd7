/* A clock that somebody sets: preloaded into a program, it moves the time of day by the
 * microseconds that stand in the file CHAOS_CLOCK names, at any moment, as `chaos set-clock` writes
 * them there. What counts since the machine's start is left alone, as setting a clock leaves it.
 *
 * Deadlines by the time of day that go into the C library are moved back. C11's cnd_timedwait is
 * among them, which calls no function that could be replaced underneath: whoever forgets it leaves
 * librdkafka with deadlines of a time that never comes. Waits that are under way when the clock is
 * set end sooner or later for it, as the kernel's would: where they are long, they are cut, and
 * whoever waits for a condition is then woken without a reason, which the standard allows at any
 * moment.
 *
 * Not moved: the times of files, timers of the kernel (timerfd, timer_settime) and sleeps until a
 * time of day (clock_nanosleep), of which these programs use none, and what other programs say it
 * is. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define SECOND_US INT64_C(1000000)

/* Deadlines by the clock since the start are smaller by far. */
enum { LOOK_US = 100000, TIME_OF_DAY_S = 1000000000 };

static int (*real_clock_gettime)(clockid_t clock, struct timespec *time);
static int (*real_cond)(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until);
static int (*real_cond_clock)(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
                              const struct timespec *until);
static int (*real_mutex)(pthread_mutex_t *mutex, const struct timespec *until);
static int (*real_sem)(sem_t *sem, const struct timespec *until);
static int (*real_cnd)(cnd_t *cond, mtx_t *mutex, const struct timespec *until);
static int (*real_mtx)(mtx_t *mutex, const struct timespec *until);

static const _Atomic int64_t *moved; /* the file; NULL: there is none */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void find(void *ret_function, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (!found)
        abort();
    memcpy(ret_function, &found, sizeof found);
}

static void prepare(void)
{
    const char *path = getenv("CHAOS_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *map = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *moved, PROT_READ, MAP_SHARED, fd, 0);

    if (map != MAP_FAILED)
        moved = map;
    if (fd >= 0)
        close(fd);
    find(&real_clock_gettime, "clock_gettime");
    find(&real_cond, "pthread_cond_timedwait");
    find(&real_cond_clock, "pthread_cond_clockwait");
    find(&real_mutex, "pthread_mutex_timedlock");
    find(&real_sem, "sem_timedwait");
    find(&real_cnd, "cnd_timedwait");
    find(&real_mtx, "mtx_timedlock");
}

static int64_t offset_us(void)
{
    pthread_once(&once, prepare);
    return moved ? atomic_load_explicit(moved, memory_order_relaxed) : 0;
}

static int64_t us_of(const struct timespec *time)
{
    return time->tv_sec * SECOND_US + time->tv_nsec / 1000;
}

static struct timespec time_of(int64_t us)
{
    return (struct timespec){.tv_sec = us / SECOND_US, .tv_nsec = us % SECOND_US * 1000};
}

/* ---- what time it is ----------------------------------------------------------------------------
 */
int clock_gettime(clockid_t clock, struct timespec *time)
{
    const int64_t offset = offset_us();
    int r = real_clock_gettime(clock, time);

    if (r == 0 && offset != 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        const long below_us = time->tv_nsec % 1000;

        *time = time_of(us_of(time) + offset);
        time->tv_nsec += below_us;
    }
    return r;
}

int gettimeofday(struct timeval *restrict ret_time, void *restrict zone)
{
    struct timespec now;

    (void)zone; /* nobody asks for it any more */
    if (clock_gettime(CLOCK_REALTIME, &now) < 0)
        return -1;
    *ret_time = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *ret_time)
{
    struct timespec now;

    if (clock_gettime(CLOCK_REALTIME, &now) < 0)
        return -1;
    if (ret_time)
        *ret_time = now.tv_sec;
    return now.tv_sec;
}

int timespec_get(struct timespec *ret_time, int base)
{
    return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, ret_time) == 0 ? base : 0;
}

/* ---- until when
 * ------------------------------------------------------------------------------------ */
static bool is_time_of_day(const struct timespec *until)
{
    return until->tv_sec > TIME_OF_DAY_S;
}

/* Waits no longer than until the clock has to be looked at again. */
static struct timespec next_look(const struct timespec *until)
{
    struct timespec now;
    int64_t late_us = us_of(until) - offset_us(), look_us;

    real_clock_gettime(CLOCK_REALTIME, &now);
    look_us = us_of(&now) + LOOK_US;
    late_us = late_us < look_us ? late_us : look_us;
    return time_of(late_us > 0 ? late_us : 0);
}

static bool has_come(const struct timespec *until)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return us_of(&now) >= us_of(until);
}

int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until)
{
    struct timespec look;
    int r;

    pthread_once(&once, prepare);
    if (!is_time_of_day(until))
        return real_cond(cond, mutex, until);
    look = next_look(until);
    r = real_cond(cond, mutex, &look);
    return r == ETIMEDOUT && !has_come(until) ? 0 : r;
}

int pthread_cond_clockwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                           clockid_t clock, const struct timespec *restrict until)
{
    struct timespec look;
    int r;

    pthread_once(&once, prepare);
    if (clock != CLOCK_REALTIME)
        return real_cond_clock(cond, mutex, clock, until);
    look = next_look(until);
    r = real_cond_clock(cond, mutex, clock, &look);
    return r == ETIMEDOUT && !has_come(until) ? 0 : r;
}

int cnd_timedwait(cnd_t *restrict cond, mtx_t *restrict mutex,
                  const struct timespec *restrict until)
{
    struct timespec look;
    int r;

    pthread_once(&once, prepare);
    look = next_look(until);
    r = real_cnd(cond, mutex, &look);
    return r == thrd_timedout && !has_come(until) ? thrd_success : r;
}

/* Nothing is lost between two looks here: a lock or a post that comes meanwhile is still there. */
int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict until)
{
    struct timespec look;
    int r;

    pthread_once(&once, prepare);
    do {
        look = next_look(until);
        r = real_mutex(mutex, &look);
    } while (r == ETIMEDOUT && !has_come(until));
    return r;
}

int mtx_timedlock(mtx_t *restrict mutex, const struct timespec *restrict until)
{
    struct timespec look;
    int r;

    pthread_once(&once, prepare);
    do {
        look = next_look(until);
        r = real_mtx(mutex, &look);
    } while (r == thrd_timedout && !has_come(until));
    return r;
}

int sem_timedwait(sem_t *restrict sem, const struct timespec *restrict until)
{
    struct timespec look;
    int r;

    pthread_once(&once, prepare);
    do {
        look = next_look(until);
        r = real_sem(sem, &look);
    } while (r < 0 && errno == ETIMEDOUT && !has_come(until));
    return r;
}
