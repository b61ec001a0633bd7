/* fleetctl dlq redrive: dead letters become parked messages, and the lane that has their partition
 * tries them in the order of their keys. A chunk is one transaction that begins with the position's
 * row: no lane can decide anything of the partition meanwhile, and a batch that is under way is
 * tried again afterwards and finds what is parked. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/murmur2.h"
#include "dlq.h"
#include "dlq_letter.h"
#include "key_scan.h"
#include "runtime/crash.h"

enum { SCAN_MS = 120000, LOCKED_SCAN_MS = 2000, RUSHES = 20, PAGE = 5000 };

#define OPEN_LETTERS LETTERS_DIED " and d.resolved is null and d.died_at <= $13"

static const char partitions_sql[] =
    "select d.topic, d.part, min(d.at), p.next from @.dead d"
    "  left join @.position p on p.topic = d.topic and p.part = d.part"
    " where " OPEN_LETTERS " group by d.topic, d.part, p.next order by d.topic, d.part";

static const char keys_sql[] =
    "select d.at, coalesce(d.key, ''::bytea) from @.dead d where " OPEN_LETTERS
    "   and d.topic = $14 and d.part = $15 and d.at > $16 order by d.at limit $17";

#define ROWS                                                                                       \
    "select " LETTER_COLUMNS LETTER_TABLES " where " OPEN_LETTERS                                  \
    "   and d.topic = $14 and d.part = $15 and d.at > $16 order by d.at limit $17"
static const char rows_sql[] = ROWS " for update of d";
static const char dry_rows_sql[] = ROWS;

static const char position_sql[] = "select next from @.position where topic = $1 and part = $2";
static const char lock_sql[] =
    "update @.position set next = next where topic = $1 and part = $2 returning next";

static const char inbox_sql[] = "update @.inbox i set outcome = -2, decided_at = now()"
                                "  from unnest($1::uuid[], $2::uuid[]) u(tenant, id)"
                                " where i.tenant = u.tenant and i.id = u.id and i.outcome = -1";

static const char park_sql[] =
    "insert into @.parked (topic, part, at, hash, key, headers, value, appended, tenant, id, type,"
    "                      trace, cause)"
    " select d.topic, d.part, d.at, u.hash, coalesce(d.key, ''), coalesce(d.headers, ''),"
    "        coalesce(d.value, ''), coalesce(d.appended, d.died_at), d.tenant, d.id, d.type,"
    "        d.trace, 'redrive'"
    "   from unnest($3::int8[], $4::int4[]) u(at, hash)"
    "   join @.dead d on d.topic = $1 and d.part = $2 and d.at = u.at";

static const char resolve_sql[] =
    "update @.dead d set replays = d.replays + 1, resolved = 'redriven', resolved_at = now(),"
    "       resolved_by = $4"
    " where d.topic = $1 and d.part = $2 and d.at = any($3::int8[])";

struct redrive {
    struct letters_desk *desk;
    const char *module;
    char topic[LETTERS_PLACE];
    int32_t part;
    int64_t cursor;        /* rows up to here were judged */
    struct key_scan *scan; /* NULL: not asked about */
    size_t sums[LETTER_VERDICTS];
    const char *partitions, *keys, *rows, *position, *lock, *inbox, *park, *wake, *resolve;
};

static int prepare(struct redrive *redrive)
{
    struct letters_desk *desk = redrive->desk;
    const bool dry = desk->options->dry_run;
    const struct letters_form forms[] = {
        {&redrive->partitions, partitions_sql},
        {&redrive->keys, keys_sql},
        {&redrive->rows, dry ? dry_rows_sql : rows_sql},
        {&redrive->position, position_sql},
        {&redrive->lock, lock_sql},
        {&redrive->inbox, inbox_sql},
        {&redrive->park, park_sql},
        {&redrive->wake, letters_order_sql},
        {&redrive->resolve, resolve_sql},
    };

    return letters_forms(desk, redrive->module, forms, COUNT_OF(forms));
}

/* The filter's parameters, and the page behind the cursor. */
static void page_params(struct redrive *redrive, int64_t after, int64_t limit,
                        struct pg_param params[static LETTERS_PARAMS + 5])
{
    struct arena *arena = redrive->desk->scratch;

    letters_params(redrive->desk, params);
    params[LETTERS_PARAMS] = pg_timestamp(arena, redrive->desk->started);
    params[LETTERS_PARAMS + 1] = pg_text(arena, span_text(redrive->topic));
    params[LETTERS_PARAMS + 2] = pg_int4(arena, redrive->part);
    params[LETTERS_PARAMS + 3] = pg_int8(arena, after);
    params[LETTERS_PARAMS + 4] = pg_int8(arena, limit);
}

static int watch_keys(struct redrive *redrive)
{
    struct pg_param params[LETTERS_PARAMS + 5];
    const struct pg_rows *rows;
    int64_t after = -1;
    int code = EXIT_DONE;

    do {
        arena_reset(redrive->desk->scratch);
        page_params(redrive, after, PAGE, params);
        rows = letters_ask(redrive->desk, redrive->keys, params, COUNT_OF(params), &code);
        for (size_t i = 0; rows && code == EXIT_DONE && i < pg_row_count(rows); i++) {
            after = pg_get_int8(rows, i, 0);
            code = key_scan_watch(redrive->scan, pg_value(rows, i, 1));
        }
    } while (rows && code == EXIT_DONE && pg_row_count(rows) == PAGE);
    return code;
}

/* The position's `next`; under its lock where `sql` takes it. Negative: *ret_code says why. */
static int64_t read_position(struct redrive *redrive, const char *sql, int *ret_code)
{
    struct arena *arena = redrive->desk->scratch;
    const struct pg_rows *rows =
        letters_ask(redrive->desk, sql,
                    (struct pg_param[]){pg_text(arena, span_text(redrive->topic)),
                                        pg_int4(arena, redrive->part)},
                    2, ret_code);

    if (rows && pg_row_count(rows) == 1)
        return pg_get_int8(rows, 0, 0);
    if (rows)
        *ret_code = complain(EXIT_FAULT, "%s/%" PRId32 " has no position: no lane would try again",
                             redrive->topic, redrive->part);
    return -1;
}

static int end_transaction(struct redrive *redrive, const char *sql)
{
    int code;

    return letters_ask(redrive->desk, sql, NULL, 0, &code) ? EXIT_DONE : code;
}

/* Reads on to where the position is, then locks it, and reads what came meanwhile; a lane that is
 * faster than that is waited for without the lock. */
static int begin_chunk(struct redrive *redrive)
{
    const bool dry = redrive->desk->options->dry_run;
    int code = EXIT_DONE;

    for (int i = 0; i < RUSHES; i++) {
        int64_t next = read_position(redrive, redrive->position, &code);

        if (next >= 0 && redrive->scan)
            code = key_scan_read(redrive->scan, next, SCAN_MS);
        if (code != EXIT_DONE || dry)
            return code;
        code = end_transaction(redrive, "begin");
        next = code == EXIT_DONE ? read_position(redrive, redrive->lock, &code) : -1;
        if (next < 0 || !redrive->scan)
            return code;
        if (key_scan_read(redrive->scan, next, LOCKED_SCAN_MS) == EXIT_DONE)
            return EXIT_DONE;
        code = end_transaction(redrive, "rollback");
        if (code != EXIT_DONE)
            return code;
    }
    return complain(EXIT_UNAVAILABLE, "%s/%" PRId32 " moves on faster than it can be read",
                    redrive->topic, redrive->part);
}

static enum dlq_verdict judge_key(const struct redrive *redrive, struct dlq_letter *letter)
{
    switch (key_scan_state(redrive->scan, letter->key, letter->at, &letter->moved_by)) {
    case KEY_STANDS:
        return LETTER_GO;
    case KEY_MOVED:
        return LETTER_MOVED;
    default:
        return LETTER_UNKNOWN;
    }
}

/* The keys of those that would go, in the order of their offsets. */
static int judge_keys(struct redrive *redrive, struct dlq_letter *letters, size_t count)
{
    int code = EXIT_DONE;

    if (!redrive->scan)
        return EXIT_DONE;
    key_scan_begin(redrive->scan);
    for (size_t i = 0; i < count && code == EXIT_DONE; i++)
        if (letters[i].verdict == LETTER_GO)
            code = key_scan_judge(redrive->scan, letters[i].key, letters[i].at);
    if (code == EXIT_DONE)
        code = key_scan_end(redrive->scan);
    for (size_t i = 0; i < count && code == EXIT_DONE; i++)
        if (letters[i].verdict == LETTER_GO)
            letters[i].verdict = judge_key(redrive, &letters[i]);
    return code;
}

/* The next rows behind the cursor, judged. */
static int read_letters(struct redrive *redrive, size_t limit,
                        struct dlq_letter letters[static LETTERS_CHUNK], size_t *ret_count)
{
    struct pg_param params[LETTERS_PARAMS + 5];
    const struct pg_rows *rows;
    size_t count = 0;
    int code = EXIT_DONE;

    page_params(redrive, redrive->cursor, (int64_t)limit, params);
    rows = letters_ask(redrive->desk, redrive->rows, params, COUNT_OF(params), &code);
    for (; rows && code == EXIT_DONE && count < pg_row_count(rows); count++)
        code = dlq_letter_take(redrive->desk, rows, count, &letters[count]);
    if (code == EXIT_DONE)
        code = judge_keys(redrive, letters, count);
    if (code == EXIT_DONE)
        *ret_count = count;
    return code;
}

/* Everything that becomes of those that go, and the COMMIT. */
static int save(struct redrive *redrive, const struct dlq_letter *letters, size_t count,
                size_t going)
{
    struct letters_desk *desk = redrive->desk;
    struct arena *arena = desk->scratch;
    struct pg_array ats, hashes, tenants, ids;
    cleanup(buf_deinit) struct buf who = {0};
    struct pg_param place[4] = {pg_text(arena, span_text(redrive->topic)),
                                pg_int4(arena, redrive->part)};
    int code = EXIT_DONE;

    pg_array_init(&ats, arena, PG_INT8, going);
    pg_array_init(&hashes, arena, PG_INT4, going);
    pg_array_init(&tenants, arena, PG_UUID, going);
    pg_array_init(&ids, arena, PG_UUID, going);
    for (size_t i = 0; i < count; i++) {
        if (letters[i].verdict != LETTER_GO)
            continue;
        pg_array_add_int8(&ats, letters[i].at);
        pg_array_add_int4(&hashes, (int32_t)murmur2(letters[i].key));
        if (letters[i].was_failed) {
            pg_array_add_uuid(&tenants, letters[i].tenant);
            pg_array_add_uuid(&ids, letters[i].id);
        }
    }
    letters_operator(desk->options, &who);
    place[2] = pg_array_param(&ats);
    place[3] = pg_array_param(&hashes);
    if (letters_add(desk, redrive->inbox,
                    (struct pg_param[]){pg_array_param(&tenants), pg_array_param(&ids)}, 2,
                    &code) < 0 ||
        letters_add(desk, redrive->park, place, 4, &code) < 0 ||
        letters_add(desk, redrive->wake, place, 3, &code) < 0)
        return code;
    place[3] = pg_text(arena, buf_span(&who));
    if (letters_add(desk, redrive->resolve, place, 4, &code) < 0)
        return code;
    crash_point("redrive");
    code = letters_commit(desk, redrive->module, "dlq redrive", going);
    crash_point("redriven");
    return code;
}

/* A chunk under way, until it is committed or there is nothing to commit. */
static int run_chunk(struct redrive *redrive, size_t limit, size_t *ret_count)
{
    const bool dry = redrive->desk->options->dry_run;
    struct dlq_letter letters[LETTERS_CHUNK];
    size_t count = 0, going = 0;
    int code = begin_chunk(redrive);

    if (code == EXIT_DONE)
        code = read_letters(redrive, limit, letters, &count);
    for (size_t i = 0; i < count; i++)
        going += letters[i].verdict == LETTER_GO;
    if (code == EXIT_DONE && !dry)
        code =
            going > 0 ? save(redrive, letters, count, going) : end_transaction(redrive, "rollback");
    for (size_t i = 0; code == EXIT_DONE && i < count; i++) {
        redrive->sums[letters[i].verdict]++;
        dlq_letter_tell(redrive->desk, span_text(redrive->topic), redrive->part, &letters[i]);
        redrive->cursor = letters[i].at;
    }
    *ret_count = count;
    return code;
}

static int run_partition(struct redrive *redrive)
{
    const struct letters_options *options = redrive->desk->options;
    const size_t limit = letters_chunk(options);
    size_t count;
    int code;

    redrive->cursor = -1;
    do {
        int64_t began_ms = monotonic_ms();

        arena_reset(redrive->desk->scratch);
        code = run_chunk(redrive, limit, &count);
        if (code == EXIT_DONE && count > 0 && !options->dry_run)
            letters_pace(options, count, began_ms, LETTERS_PAUSE_MS);
    } while (code == EXIT_DONE && count == limit);
    return code;
}

static int scan_partition(struct redrive *redrive, const struct letters_partition *place)
{
    cleanup(key_scan_close) struct key_scan *scan = NULL;
    const bool asks = !redrive->desk->options->out_of_order;
    int code = EXIT_DONE;

    snprintf(redrive->topic, sizeof redrive->topic, "%.*s", (int)place->topic.size,
             place->topic.data);
    redrive->part = place->part;
    if (asks)
        code = key_scan_open(redrive->desk, redrive->module, place->topic, place->part,
                             place->numbers[0], place->numbers[1], &scan);
    redrive->scan = scan;
    if (asks && code == EXIT_DONE)
        code = watch_keys(redrive);
    if (code == EXIT_DONE)
        code = run_partition(redrive);
    redrive->scan = NULL;
    return code;
}

/* How many there are of each kind; EXIT_FAULT where some were refused that the operator wanted. */
static int sum_up(const struct redrive *redrive)
{
    const bool dry = redrive->desk->options->dry_run;
    int code = EXIT_DONE;

    printf("%s %zu", dry ? "would redrive" : "redriven", redrive->sums[LETTER_GO]);
    for (int i = LETTER_GO + 1; i < LETTER_VERDICTS; i++) {
        if (redrive->sums[i] == 0)
            continue;
        printf(", %s %zu", dlq_letter_words(i), redrive->sums[i]);
        if (dlq_letter_refused(i) && !dry)
            code = EXIT_FAULT;
    }
    putchar('\n');
    return code;
}

int dlq_redrive(const struct letters_options *options)
{
    cleanup(letters_close) struct letters_desk desk = {0};
    struct redrive redrive = {.desk = &desk, .module = options->module};
    struct letters_partition *places = NULL;
    size_t count = 0;
    int code = letters_open(&desk, options), summed;

    if (code == EXIT_DONE)
        code = prepare(&redrive);
    if (code == EXIT_DONE)
        code = letters_partitions(&desk, redrive.partitions, &places, &count);
    if (code != EXIT_DONE)
        return code;
    for (size_t i = 0; code == EXIT_DONE && i < count; i++)
        code = scan_partition(&redrive, &places[i]);
    summed = sum_up(&redrive);
    return code == EXIT_DONE ? summed : code;
}
