#include "base/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/tzif.h"

/* The IANA database has some 600 names, and each is kept under one spelling only. */
enum { MAX_ZONES = 2048, CACHE_CHAINS = 256, MAX_NAME = 64, MAX_FILE_BYTES = 1 << 20 };

static const int64_t US_A_SECOND = 1000000, SECONDS_A_DAY = 86400;

struct zone {
    struct zone *next; /* of its chain */
    char name[MAX_NAME + 1];
    struct tzif tzif;
};

/* Zones that were found. They are never freed, so a pointer may be kept and read without the lock.
 * What was not found is not remembered: names come from users, and there is no end to wrong ones.
 */
static struct {
    pthread_mutex_t lock;
    struct zone *chains[CACHE_CHAINS];
    size_t count;
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '+' || c == '-';
}

/* Parts of such characters with single slashes between them: no way out of the database's folder,
 * and no second spelling of a name. */
static bool is_name(struct span name)
{
    bool in_part = false;

    if (name.size > MAX_NAME)
        return false;
    for (size_t i = 0; i < name.size; i++) {
        bool slash = name.data[i] == '/';

        if (slash ? !in_part : !is_name_character(name.data[i]))
            return false;
        in_part = !slash;
    }
    return in_part;
}

/* What says that there is no file of this name, and is the same the next time. */
static bool is_absence(int error)
{
    return error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG;
}

static int open_zone(struct span name)
{
    const char *folder = getenv("TZDIR");
    char path[4096];
    int size, fd;

    if (!folder || !*folder)
        folder = "/usr/share/zoneinfo";
    size = snprintf(path, sizeof path, "%s/%.*s", folder, (int)name.size, name.data);
    if (size < 0 || (size_t)size >= sizeof path)
        return -ENOENT;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return is_absence(errno) ? -ENOENT : -errno;
    return fd;
}

static void close_file(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static int read_zone(struct span name, struct buf *content)
{
    cleanup(close_file) int fd = open_zone(name);
    struct stat status;
    char *place;

    if (fd < 0)
        return fd;
    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode) || status.st_size > MAX_FILE_BYTES)
        return -ENOENT;
    place = buf_extend(content, (size_t)status.st_size);
    if (!place)
        return -ENOMEM;
    if (read(fd, place, (size_t)status.st_size) != status.st_size)
        return -EIO;
    return 0;
}

/* A file that is no TZif file is no zone. */
static int zone_load(struct span name, struct zone **ret_zone)
{
    cleanup(buf_deinit) struct buf content = {0};
    struct zone *zone;
    int r = read_zone(name, &content);

    if (r < 0)
        return r;
    zone = calloc(1, sizeof *zone);
    if (!zone)
        return -ENOMEM;
    r = tzif_parse(buf_span(&content), &zone->tzif);
    if (r < 0) {
        free(zone);
        return r == -EINVAL ? -ENOENT : r;
    }
    memcpy(zone->name, name.data, name.size);
    *ret_zone = zone;
    return 0;
}

static size_t chain_of(struct span name)
{
    uint32_t hash = 2166136261; /* FNV-1a: only names of existing files get in */

    for (size_t i = 0; i < name.size; i++)
        hash = (hash ^ (uint8_t)name.data[i]) * 16777619;
    return hash % CACHE_CHAINS;
}

static int find_locked(struct span name, const struct zone **ret_zone)
{
    struct zone **chain = &cache.chains[chain_of(name)];
    struct zone *zone = *chain;
    int r = 0;

    while (zone && !span_is(name, zone->name))
        zone = zone->next;
    if (!zone) {
        r = cache.count < MAX_ZONES ? zone_load(name, &zone) : -ENOENT;
        if (r < 0)
            return r;
        zone->next = *chain;
        *chain = zone;
        cache.count++;
    }
    *ret_zone = zone;
    return 0;
}

int zone_find(struct span name, const struct zone **ret_zone)
{
    /* Commands of one tenant come in a row. */
    static _Thread_local const struct zone *last;
    int r = 0;

    if (!is_name(name))
        return -ENOENT;
    if (!last || !span_is(name, last->name)) {
        pthread_mutex_lock(&cache.lock);
        r = find_locked(name, &last);
        pthread_mutex_unlock(&cache.lock);
    }
    if (r == 0)
        *ret_zone = last;
    return r;
}

int32_t zone_offset(const struct zone *zone, struct timestamp at)
{
    return tzif_period(&zone->tzif, timestamp_seconds(at)).offset_s;
}

struct date zone_date(const struct zone *zone, struct timestamp at)
{
    return date_of_seconds(timestamp_seconds(at) + zone_offset(zone, at));
}

struct timestamp zone_day_start(const struct zone *zone, struct date date)
{
    int64_t midnight = date.days * SECONDS_A_DAY;
    int64_t from = midnight - TZ_MAX_OFFSET_S; /* surely before it */

    /* The first instant at which clocks show midnight or later. */
    for (;;) {
        struct tz_period period = tzif_period(&zone->tzif, from);
        int64_t start = midnight - period.offset_s;

        if (start < from)
            start = from;
        if (start < period.end)
            return (struct timestamp){start * US_A_SECOND};
        from = period.end;
    }
}
