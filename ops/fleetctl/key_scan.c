#include "key_scan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "bus/bus_scan.h"
#include "runtime/worker.h"

enum { OPEN_MS = 10000, JUDGED = 500, TOPIC_BYTES = 256, ARENA_BYTES = 512 << 20 };

struct watched {
    struct span key;
    int64_t moved_by;        /* the last later message that was decided; -1: none */
    struct waiting *waiting; /* those behind it that may still be decided */
    uint64_t round;          /* it was judged again in this one */
};

/* A message of a watched key. */
struct later {
    struct watched *watched;
    int64_t at;
    struct uuid tenant, id;
    bool has_id;
};

/* One that is dead or parked, and may be decided while we work. */
struct waiting {
    struct waiting *next;
    struct later later;
};

struct key_scan {
    struct letters_desk *desk;
    struct bus_scan *bus;
    struct arena *arena, *scratch; /* the desk's scratch is a chunk's */
    struct map keys;
    const char *judge_sql;
    const struct worker *worker; /* NULL: nobody whom this program knows */
    char topic[TOPIC_BYTES];
    int32_t part;
    bool foreign;  /* another module's topic: types that nobody handles are passed over */
    int64_t first; /* nothing before it is asked about */
    int64_t known; /* what came from here on can be known */
    int64_t next;  /* read up to here */
    struct later later[JUDGED]; /* to be judged */
    size_t later_count;
    struct waiting *spare;
    uint64_t round;
};

/* Which of these messages were decided, and which wait: one that is dead now, or parked. A
 * duplicate of such a one is neither: its own place will never be decided. */
static const char judge[] =
    "select u.n::int4, w.waits from unnest($3::int8[], $4::uuid[], $5::uuid[]) with ordinality"
    "       u(at, tenant, id, n)"
    " cross join lateral (select"
    "          exists (select from @.parked k"
    "                   where k.topic = $1 and k.part = $2 and k.at = u.at)"
    "       or exists (select from @.dead d where d.topic = $1 and d.part = $2 and d.at = u.at"
    "                     and d.resolved is distinct from 'redriven') as waits offset 0) w"
    " where w.waits or not exists (select from @.inbox i where i.tenant = u.tenant and i.id = u.id"
    "                                 and i.outcome < 0)";

static int read_brokers(struct buf *ret_brokers)
{
    int code = setting_read("IDPMC_KAFKA_BROKERS", ret_brokers);

    if (code == EXIT_DONE && ret_brokers->size == 0)
        code = setting_read("KAFKA_BROKERS", ret_brokers);
    if (code == EXIT_DONE && ret_brokers->size == 0)
        code = complain(EXIT_MISUSE, "set IDPMC_KAFKA_BROKERS (or KAFKA_BROKERS): the topic says "
                                     "whether a key has moved on; or give --out-of-order");
    return code;
}

static const struct worker *find_worker(const char *module)
{
    for (size_t i = 0; workers[i]; i++)
        if (strcmp(workers[i]->name, module) == 0)
            return workers[i];
    return NULL;
}

static int open_bus(struct key_scan *scan, int64_t first, int64_t next)
{
    cleanup(buf_deinit) struct buf brokers = {0};
    int64_t low = 0, high = 0;
    char error[256];
    int code = read_brokers(&brokers);

    if (code != EXIT_DONE)
        return code;
    scan->bus = bus_scan_open(brokers.data, "fleetctl", scan->topic, scan->part, OPEN_MS, &low,
                              &high, error);
    if (!scan->bus)
        return complain(EXIT_UNAVAILABLE, "%s/%d: %s", scan->topic, scan->part, error);
    scan->first = first;
    scan->next = first + 1 > low ? first + 1 : low;
    scan->known = high < next ? INT64_MAX : low; /* shorter than it was: made anew */
    if (scan->known == INT64_MAX || scan->next >= high)
        scan->next = high;
    return bus_scan_start(scan->bus, scan->next) < 0
               ? complain(EXIT_UNAVAILABLE, "%s/%d cannot be read", scan->topic, scan->part)
               : EXIT_DONE;
}

int key_scan_open(struct letters_desk *desk, const char *module, struct span topic, int32_t part,
                  int64_t first, int64_t next, struct key_scan **ret_scan)
{
    struct key_scan *scan = calloc(1, sizeof *scan);
    char own[TOPIC_BYTES];

    if (!scan)
        return complain(EXIT_FAULT, "out of memory");
    *ret_scan = scan;
    scan->desk = desk;
    scan->arena = arena_new(ARENA_BYTES);
    scan->scratch = arena_new(ARENA_BYTES);
    scan->judge_sql = letters_sql(desk, judge, module);
    scan->worker = find_worker(module);
    scan->part = part;
    snprintf(scan->topic, sizeof scan->topic, "%.*s", (int)topic.size, topic.data);
    snprintf(own, sizeof own, "idpmc.%s.commands", module);
    scan->foreign = strcmp(own, scan->topic) != 0;
    if (!scan->arena || !scan->scratch || !scan->judge_sql)
        return complain(EXIT_FAULT, "out of memory");
    return open_bus(scan, first, next);
}

void key_scan_close(struct key_scan **scan)
{
    if (!*scan)
        return;
    bus_scan_close((*scan)->bus);
    arena_free((*scan)->arena);
    arena_free((*scan)->scratch);
    free(*scan);
    *scan = NULL;
}

static bool is_key(const void *item, const void *key)
{
    return span_equal(((const struct watched *)item)->key, *(const struct span *)key);
}

static struct watched *find(const struct key_scan *scan, struct span key)
{
    return map_find(&scan->keys, hash_bytes(0, key.data, key.size), is_key, &key);
}

int key_scan_watch(struct key_scan *scan, struct span key)
{
    struct watched *watched;

    if (find(scan, key))
        return EXIT_DONE;
    watched = arena_alloc(scan->arena, sizeof *watched);
    if (watched)
        *watched = (struct watched){
            .key = span_of(arena_copy(scan->arena, key.data, key.size), key.size), .moved_by = -1};
    if (!watched || !watched->key.data ||
        map_add(&scan->keys, scan->arena, hash_bytes(0, key.data, key.size), watched) < 0)
        return complain(EXIT_FAULT, "out of memory");
    return EXIT_DONE;
}

/* What was decided last says all about those before it. */
static void note_decided(const struct later *later)
{
    if (later->at > later->watched->moved_by)
        later->watched->moved_by = later->at;
}

static int note_waiting(struct key_scan *scan, const struct later *later)
{
    struct watched *watched = later->watched;
    struct waiting *waiting = scan->spare;

    if (waiting)
        scan->spare = waiting->next;
    else
        waiting = arena_alloc(scan->arena, sizeof *waiting);
    if (!waiting)
        return complain(EXIT_FAULT, "out of memory");
    *waiting = (struct waiting){watched->waiting, *later};
    watched->waiting = waiting;
    return EXIT_DONE;
}

/* Holds what was found against the tables. */
static int settle(struct key_scan *scan)
{
    struct pg_array ats, tenants, ids;
    struct arena *arena = scan->scratch;
    const struct pg_rows *rows;
    int code = EXIT_DONE;

    if (scan->later_count == 0)
        return EXIT_DONE;
    arena_reset(arena);
    pg_array_init(&ats, arena, PG_INT8, scan->later_count);
    pg_array_init(&tenants, arena, PG_UUID, scan->later_count);
    pg_array_init(&ids, arena, PG_UUID, scan->later_count);
    for (size_t i = 0; i < scan->later_count; i++) {
        const struct later *later = &scan->later[i];

        pg_array_add_int8(&ats, later->at);
        pg_array_add(&tenants, later->has_id ? later->tenant.bytes : NULL, sizeof later->tenant);
        pg_array_add(&ids, later->has_id ? later->id.bytes : NULL, sizeof later->id);
    }
    rows = letters_ask(scan->desk, scan->judge_sql,
                       (struct pg_param[]){pg_text(arena, span_text(scan->topic)),
                                           pg_int4(arena, scan->part), pg_array_param(&ats),
                                           pg_array_param(&tenants), pg_array_param(&ids)},
                       5, &code);
    for (size_t row = 0; rows && code == EXIT_DONE && row < pg_row_count(rows); row++) {
        const int32_t n = pg_get_int4(rows, row, 0);

        if (n < 1 || (size_t)n > scan->later_count)
            continue;
        if (pg_get_bool(rows, row, 1))
            code = note_waiting(scan, &scan->later[n - 1]);
        else
            note_decided(&scan->later[n - 1]);
    }
    scan->later_count = 0;
    return code;
}

static bool is_handled(const struct worker *worker, struct span type)
{
    for (const struct handler *handler = worker->handlers; handler->on; handler++)
        if (span_is(type, handler->on->type))
            return true;
    return false;
}

static void take_header(struct later *later, const struct bus_header *header, bool has[static 2])
{
    if (span_is(header->name, "ce_tenant"))
        has[0] = uuid_parse(header->value, &later->tenant) == 0;
    else if (span_is(header->name, "ce_id"))
        has[1] = uuid_parse(header->value, &later->id) == 0;
}

/* A message that a lane took. */
static void take(struct key_scan *scan, const struct bus_message *message)
{
    struct bus_header headers[BUS_MAX_HEADERS];
    struct later later = {.watched = find(scan, message->key), .at = message->offset};
    bool has[2] = {false, false};
    struct span type = {0};
    int count;

    if (!later.watched)
        return;
    count = bus_message_headers(message, headers, BUS_MAX_HEADERS);
    for (int i = 0; i < count; i++) {
        take_header(&later, &headers[i], has);
        if (span_is(headers[i].name, "ce_type"))
            type = headers[i].value;
    }
    if (scan->foreign && scan->worker && !is_handled(scan->worker, type))
        return;
    later.has_id = has[0] && has[1];
    scan->later[scan->later_count++] = later;
}

static int complain_of_reading(struct key_scan *scan, int r)
{
    return complain(EXIT_UNAVAILABLE, "%s/%d cannot be read from offset %lld on: %s", scan->topic,
                    scan->part, (long long)scan->next, strerror(-r));
}

int key_scan_read(struct key_scan *scan, int64_t next, int timeout_ms)
{
    const int64_t deadline = monotonic_ms() + timeout_ms;
    struct bus_message message;
    int code = EXIT_DONE, r = 1;

    while (code == EXIT_DONE && r == 1 && scan->next < next && scan->known != INT64_MAX) {
        int64_t left = deadline - monotonic_ms();

        r = left > 0 ? bus_scan_next(scan->bus, next, (int)left, &message) : -ETIMEDOUT;
        if (r == 1) {
            take(scan, &message);
            scan->next = message.offset + 1;
            bus_message_release(&message);
        }
        if (r == 0)
            scan->next = next;
        if (scan->later_count == JUDGED)
            code = settle(scan);
    }
    if (r == -ERANGE)
        scan->known = INT64_MAX; /* retention was faster */
    else if (r < 0)
        return complain_of_reading(scan, r);
    return code == EXIT_DONE ? settle(scan) : code;
}

void key_scan_begin(struct key_scan *scan)
{
    scan->round++;
}

/* Those that wait are taken off their key's list, which settle makes anew; up to `at`, and up to
 * what was decided, nobody asks about them again. */
int key_scan_judge(struct key_scan *scan, struct span key, int64_t at)
{
    struct watched *watched = find(scan, key);
    struct waiting *waiting;
    int code = EXIT_DONE;

    if (!watched || watched->round == scan->round)
        return EXIT_DONE;
    watched->round = scan->round;
    waiting = watched->waiting;
    watched->waiting = NULL;
    while (waiting && code == EXIT_DONE) {
        struct waiting *next = waiting->next;

        if (waiting->later.at > at && waiting->later.at > watched->moved_by)
            scan->later[scan->later_count++] = waiting->later;
        waiting->next = scan->spare;
        scan->spare = waiting;
        waiting = next;
        if (scan->later_count == JUDGED)
            code = settle(scan);
    }
    return code;
}

int key_scan_end(struct key_scan *scan)
{
    return settle(scan);
}

enum key_state key_scan_state(const struct key_scan *scan, struct span key, int64_t at,
                              int64_t *ret_by)
{
    const struct watched *watched = find(scan, key);

    if (!watched || at < scan->first || at + 1 < scan->known)
        return KEY_UNKNOWN;
    *ret_by = watched->moved_by;
    return watched->moved_by > at ? KEY_MOVED : KEY_STANDS;
}
