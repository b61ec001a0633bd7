/* fleetctl dlq discard: dead letters that nobody will try again. The rows stay. */
#include <inttypes.h>
#include <stdio.h>

#include "dlq.h"

#define OPEN_LETTERS LETTERS_DIED " and d.resolved is null and d.died_at <= $13"

static const char count_sql[] = "select count(*) from @.dead d where " OPEN_LETTERS;
static const char groups_sql[] =
    "select d.cause, coalesce(d.type, '-'), count(*) from @.dead d where " OPEN_LETTERS
    " group by 1, 2 order by 3 desc, 1, 2";
static const char timers_sql[] =
    "select d.type, count(*) from @.dead d where " OPEN_LETTERS
    " and d.tenant is not null and d.type = any($14) group by 1 order by 1";
static const char discard_sql[] =
    "update @.dead d set resolved = 'discarded', resolved_at = now(), resolved_by = $14"
    " where d.ctid = any(array(select d.ctid from @.dead d where " OPEN_LETTERS
    "                           order by d.topic, d.part, d.at limit $15 for update))"
    "   and d.resolved is null returning 1";

/* What a form with the filter's parameters, and when the desk was opened, finds of the module. */
static const struct pg_rows *ask(struct letters_desk *desk, const char *form, int *ret_code)
{
    struct pg_param params[LETTERS_PARAMS + 1];

    letters_params(desk, params);
    params[LETTERS_PARAMS] = pg_timestamp(desk->scratch, desk->started);
    return letters_ask(desk, letters_sql(desk, form, desk->options->module), params,
                       COUNT_OF(params), ret_code);
}

static int count_letters(struct letters_desk *desk, int64_t *ret_count)
{
    int code = EXIT_DONE;
    const struct pg_rows *rows = ask(desk, count_sql, &code);

    if (rows)
        *ret_count = pg_get_int8(rows, 0, 0);
    return code;
}

/* One transaction; its rows go into the sum of the operation. */
static int discard_some(struct letters_desk *desk, const char *sql, const char *module,
                        struct span who, size_t limit, size_t *ret_count)
{
    struct pg_param params[LETTERS_PARAMS + 3];
    const struct pg_rows *rows;
    int code = EXIT_DONE;

    arena_reset(desk->scratch);
    letters_params(desk, params);
    params[LETTERS_PARAMS] = pg_timestamp(desk->scratch, desk->started);
    params[LETTERS_PARAMS + 1] = pg_text(desk->scratch, who);
    params[LETTERS_PARAMS + 2] = pg_int8(desk->scratch, (int64_t)limit);
    if (!letters_ask(desk, "begin", NULL, 0, &code))
        return code;
    rows = letters_ask(desk, sql, params, COUNT_OF(params), &code);
    if (!rows)
        return code;
    *ret_count = pg_row_count(rows);
    return letters_commit(desk, module, "dlq discard", *ret_count);
}

static int discard_all(struct letters_desk *desk, const char *module)
{
    const struct letters_options *options = desk->options;
    const size_t limit = letters_chunk(options);
    const char *sql = letters_sql(desk, discard_sql, module);
    cleanup(buf_deinit) struct buf who = {0};
    size_t count = 0, sum = 0;
    int code;

    letters_operator(options, &who);
    do {
        int64_t began_ms = monotonic_ms();

        code = discard_some(desk, sql, module, buf_span(&who), limit, &count);
        if (code == EXIT_DONE)
            sum += count;
        if (code == EXIT_DONE && count > 0)
            letters_pace(options, count, began_ms, 0);
    } while (code == EXIT_DONE && count > 0);
    printf("discarded %zu\n", sum);
    return code;
}

static int say_what(struct letters_desk *desk)
{
    int code = EXIT_DONE;
    const struct pg_rows *rows = ask(desk, groups_sql, &code);

    for (size_t i = 0; rows && i < pg_row_count(rows); i++) {
        printf("would discard %" PRId64 "  ", pg_get_int8(rows, i, 2));
        letters_print(pg_value(rows, i, 0), 64);
        fputs("  ", stdout);
        letters_print(pg_value(rows, i, 1), 64);
        putchar('\n');
    }
    return code;
}

int dlq_discard(const struct letters_options *options)
{
    cleanup(letters_close) struct letters_desk desk = {0};
    int64_t count = 0, ticks = 0;
    int code = letters_open(&desk, options);

    if (code == EXIT_DONE)
        code = count_letters(&desk, &count);
    if (code != EXIT_DONE)
        return code;
    if (count == 0) {
        puts("no dead letters");
        return EXIT_DONE;
    }
    if (options->dry_run)
        code = say_what(&desk);
    if (code == EXIT_DONE)
        code = letters_warn_of_timers(&desk, timers_sql, &ticks);
    if (code != EXIT_DONE || options->dry_run)
        return code;
    code = letters_confirm_discard(options, count, "dead letters", ticks);
    if (code != EXIT_DONE)
        return code < 0 ? EXIT_DONE : code;
    return discard_all(&desk, options->module);
}
