/* fleetctl parked discard: a parked message becomes a dead letter that nobody will try again, and
 * its key goes on. As with a redrive, each transaction begins with the position's row, so that no
 * lane decides anything of the partition meanwhile. */
#include <inttypes.h>
#include <stdio.h>

#include "parked.h"
#include "runtime/crash.h"

static const char places_sql[] =
    "select d.topic, d.part, count(*), 0::int8 from @.parked d where " LETTERS_PARKED
    " and d.parked_at <= $13 group by d.topic, d.part order by d.topic, d.part";

static const char timers_sql[] =
    "select d.type, count(*) from @.parked d where " LETTERS_PARKED
    " and d.parked_at <= $13 and d.tenant is not null and d.type = any($14) group by 1 order by 1";

static const char lock_sql[] = "update @.position set next = next where topic = $1 and part = $2";

static const char rows_sql[] =
    "select d.at, d.hash, d.key from @.parked d where " LETTERS_PARKED
    " and d.parked_at <= $13 and d.topic = $14 and d.part = $15 order by d.at limit $16 for update";

static const char inbox_sql[] =
    "update @.inbox i set outcome = -1, decided_at = now() from @.parked k"
    " where k.topic = $1 and k.part = $2 and k.at = any($3::int8[])"
    "   and i.tenant = k.tenant and i.id = k.id and i.outcome = -2 and i.digest = sha256(k.value)";

/* Of a message that had the place in a topic that was there before. */
static const char forget_sql[] = "delete from @.dead d using @.parked k"
                                 " where k.topic = $1 and k.part = $2 and k.at = any($3::int8[])"
                                 "   and d.topic = k.topic and d.part = k.part and d.at = k.at"
                                 "   and d.appended is distinct from k.appended";

/* One that was redriven has its row already, which keeps what it died of. */
static const char dead_sql[] =
    "insert into @.dead (topic, part, at, cause, detail, attempts, tenant, id, type, key, headers,"
    "                    value, trace, fingerprint, appended, resolved, resolved_at, resolved_by)"
    " select k.topic, k.part, k.at, 'discarded',"
    "        'was parked (' || k.cause || ')' || coalesce(': ' || k.last_error, ''), k.attempts,"
    "        k.tenant, k.id, k.type, k.key, k.headers, k.value, k.trace,"
    "        left(md5('discarded|' || k.cause || '|' || coalesce(k.type, '')), 16), k.appended,"
    "        'discarded', now(), $4"
    "   from @.parked k where k.topic = $1 and k.part = $2 and k.at = any($3::int8[])"
    " on conflict (topic, part, at) do update set resolved = 'discarded', resolved_at = now(),"
    "        resolved_by = excluded.resolved_by";

static const char delete_sql[] =
    "delete from @.parked k where k.topic = $1 and k.part = $2 and k.at = any($3::int8[])";

/* What is the first of such a key now is due, unless it is held. */
static const char wake_sql[] =
    "update @.parked k set next_try = now()"
    "  from (select p.hash, p.key, min(p.at) as first"
    "          from unnest($3::int4[], $4::bytea[]) t(hash, key)"
    "          join @.parked p on p.hash = t.hash and p.topic = $1 and p.part = $2 and p.key = "
    "t.key"
    "         group by p.hash, p.key) f"
    " where k.hash = f.hash and k.topic = $1 and k.part = $2 and k.key = f.key and k.at = f.first"
    "   and k.next_try is null and not k.held";

struct discard {
    struct letters_desk *desk;
    const char *module;
    const char *places, *lock, *rows, *inbox, *forget, *dead, *delete, *wake;
    struct buf who;
    size_t sum;
};

static void discard_deinit(struct discard *discard)
{
    buf_deinit(&discard->who);
}

static int prepare(struct discard *discard)
{
    const struct letters_form forms[] = {
        {&discard->places, places_sql}, {&discard->lock, lock_sql},     {&discard->rows, rows_sql},
        {&discard->inbox, inbox_sql},   {&discard->forget, forget_sql}, {&discard->dead, dead_sql},
        {&discard->delete, delete_sql}, {&discard->wake, wake_sql},
    };

    letters_operator(discard->desk->options, &discard->who);
    return letters_forms(discard->desk, discard->module, forms, COUNT_OF(forms));
}

/* The statements of one transaction, behind its lock and its rows. */
static int save(struct discard *discard, const struct letters_partition *place,
                const struct pg_rows *rows)
{
    struct letters_desk *desk = discard->desk;
    struct arena *arena = desk->scratch;
    const size_t count = pg_row_count(rows);
    struct pg_array ats, hashes, keys;
    struct pg_param params[4] = {pg_text(arena, place->topic), pg_int4(arena, place->part)};
    int code = EXIT_DONE;

    pg_array_init(&ats, arena, PG_INT8, count);
    pg_array_init(&hashes, arena, PG_INT4, count);
    pg_array_init(&keys, arena, PG_BYTEA, count);
    for (size_t i = 0; i < count; i++) {
        pg_array_add_int8(&ats, pg_get_int8(rows, i, 0));
        pg_array_add_int4(&hashes, pg_get_int4(rows, i, 1));
        pg_array_add_span(&keys, pg_value(rows, i, 2));
    }
    params[2] = pg_array_param(&ats);
    params[3] = pg_text(arena, buf_span(&discard->who));
    if (letters_add(desk, discard->inbox, params, 3, &code) < 0 ||
        letters_add(desk, discard->forget, params, 3, &code) < 0 ||
        letters_add(desk, discard->dead, params, 4, &code) < 0 ||
        letters_add(desk, discard->delete, params, 3, &code) < 0)
        return code;
    params[2] = pg_array_param(&hashes);
    params[3] = pg_array_param(&keys);
    if (letters_add(desk, discard->wake, params, 4, &code) < 0)
        return code;
    crash_point("discard");
    return letters_commit(desk, discard->module, "parked discard", count);
}

static int discard_some(struct discard *discard, const struct letters_partition *place,
                        size_t limit, size_t *ret_count)
{
    struct letters_desk *desk = discard->desk;
    struct pg_param params[LETTERS_PARAMS + 4];
    const struct pg_rows *rows;
    int code = EXIT_DONE;

    arena_reset(desk->scratch);
    letters_params(desk, params);
    params[LETTERS_PARAMS] = pg_timestamp(desk->scratch, desk->started);
    params[LETTERS_PARAMS + 1] = pg_text(desk->scratch, place->topic);
    params[LETTERS_PARAMS + 2] = pg_int4(desk->scratch, place->part);
    params[LETTERS_PARAMS + 3] = pg_int8(desk->scratch, (int64_t)limit);
    if (!letters_ask(desk, "begin", NULL, 0, &code) ||
        !letters_ask(desk, discard->lock, params + LETTERS_PARAMS + 1, 2, &code))
        return code;
    rows = letters_ask(desk, discard->rows, params, COUNT_OF(params), &code);
    if (!rows)
        return code;
    *ret_count = pg_row_count(rows);
    if (*ret_count > 0)
        return save(discard, place, rows);
    return letters_ask(desk, "rollback", NULL, 0, &code) ? EXIT_DONE : code;
}

static int discard_place(struct discard *discard, const struct letters_partition *place)
{
    const struct letters_options *options = discard->desk->options;
    const size_t limit = letters_chunk(options);
    size_t count;
    int code;

    do {
        int64_t began_ms = monotonic_ms();

        count = 0;
        code = discard_some(discard, place, limit, &count);
        if (code == EXIT_DONE)
            discard->sum += count;
        if (code == EXIT_DONE && count > 0)
            letters_pace(options, count, began_ms, LETTERS_PAUSE_MS);
    } while (code == EXIT_DONE && count > 0);
    return code;
}

static int ask(struct discard *discard, const struct letters_partition *places, size_t count)
{
    const struct letters_options *options = discard->desk->options;
    int64_t messages = 0, ticks = 0;
    int code;

    for (size_t i = 0; i < count; i++)
        messages += places[i].numbers[0];
    if (count == 0 && !options->dry_run) {
        puts("nothing is parked");
        return -1;
    }
    for (size_t i = 0; options->dry_run && i < count; i++)
        printf("would discard %" PRId64 "  %.*s/%" PRId32 "\n", places[i].numbers[0],
               (int)places[i].topic.size, places[i].topic.data, places[i].part);
    code = letters_warn_of_timers(discard->desk, timers_sql, &ticks);
    if (code != EXIT_DONE || options->dry_run)
        return code != EXIT_DONE ? code : -1;
    return letters_confirm_discard(options, messages, "parked messages", ticks);
}

int parked_discard(const struct letters_options *options)
{
    cleanup(letters_close) struct letters_desk desk = {0};
    cleanup(discard_deinit) struct discard discard = {.desk = &desk, .module = options->module};
    struct letters_partition *places = NULL;
    size_t count = 0;
    int code = letters_open(&desk, options);

    if (code == EXIT_DONE)
        code = prepare(&discard);
    if (code == EXIT_DONE)
        code = letters_partitions(&desk, discard.places, &places, &count);
    if (code == EXIT_DONE)
        code = ask(&discard, places, count);
    if (code != EXIT_DONE)
        return code < 0 ? EXIT_DONE : code;
    for (size_t i = 0; code == EXIT_DONE && i < count; i++)
        code = discard_place(&discard, &places[i]);
    printf("discarded %zu\n", discard.sum);
    return code;
}
