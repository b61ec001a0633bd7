/* The operator's place of work: a connection, the modules, and what was done. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/date.h"
#include "letters.h"
#include "local_env.h"
#include "screen.h"

enum { ARENA_BYTES = 512 << 20, SCRATCH_BYTES = 64 << 20, ANSWER_MS = 65000 };

/* A transaction holds what a lane needs: it must be over soon, whatever becomes of us. */
static const char settings_sql[] =
    "select set_config('lock_timeout', '10s', false), set_config('statement_timeout', '60s', "
    "false),"
    "       set_config('idle_in_transaction_session_timeout', '10s', false), now()";

static const char modules_sql[] =
    "select n.nspname::text, exists (select from pg_catalog.pg_class k where k.relnamespace = n.oid"
    "                                   and k.relname = 'parked')"
    "  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
    " where c.relname = 'dead' and c.relkind = 'r' and n.nspname ~ '^[a-z][a-z0-9_]{0,30}$'"
    "   and exists (select from pg_catalog.pg_class i where i.relnamespace = n.oid"
    "                  and i.relname = 'position')"
    " order by n.nspname";

const char letters_order_sql[] =
    "update @.parked k set next_try = case when k.at = f.first then now() end"
    "  from (select p.hash, p.key, min(p.at) as first"
    "          from (select distinct t.hash, t.key from @.parked t"
    "                 where t.topic = $1 and t.part = $2 and t.at = any($3::int8[])) t"
    "          join @.parked p on p.hash = t.hash and p.topic = $1 and p.part = $2 and p.key = "
    "t.key"
    "         group by p.hash, p.key) f"
    " where k.hash = f.hash and k.topic = $1 and k.part = $2 and k.key = f.key"
    "   and case when k.at = f.first then k.next_try is null and not k.held"
    "            else k.next_try is not null end";

int letters_add(struct letters_desk *desk, const char *sql, const struct pg_param *params,
                size_t count, int *ret_code)
{
    int answer = sql ? pg_add(desk->pg, sql, params, count) : -1;

    if (answer < 0)
        *ret_code = complain(EXIT_FAULT, "out of memory");
    return answer;
}

int letters_send(struct letters_desk *desk)
{
    return pg_wait(desk->pg, ANSWER_MS) < 0 ? complain_of_database(desk->pg, "the database")
                                            : EXIT_DONE;
}

const struct pg_rows *letters_ask(struct letters_desk *desk, const char *sql,
                                  const struct pg_param *params, size_t count, int *ret_code)
{
    int answer = letters_add(desk, sql, params, count, ret_code);

    if (answer < 0 || (*ret_code = letters_send(desk)) != EXIT_DONE)
        return NULL;
    return pg_rows(desk->pg, answer);
}

static int complain_of_modules(const struct pg_rows *rows, const char *wanted)
{
    complain(EXIT_MISUSE, "there is no module \"%s\" in this database; these are:", wanted);
    for (size_t i = 0; i < pg_row_count(rows); i++)
        fprintf(stderr, "  %.*s\n", (int)pg_value(rows, i, 0).size, pg_value(rows, i, 0).data);
    return EXIT_MISUSE;
}

static int find_modules(struct letters_desk *desk)
{
    const char *wanted = desk->options->module;
    int code = EXIT_DONE;
    const struct pg_rows *rows = letters_ask(desk, modules_sql, NULL, 0, &code);

    for (size_t i = 0; rows && i < pg_row_count(rows) && i < LETTERS_MODULES; i++) {
        struct span name = pg_value(rows, i, 0);

        if (wanted && !span_is(name, wanted))
            continue;
        if (!pg_get_bool(rows, i, 1))
            return complain(EXIT_FAULT,
                            "module %.*s has no table of parked messages yet: fleetctl migrate",
                            (int)name.size, name.data);
        snprintf(desk->modules[desk->module_count++], sizeof *desk->modules, "%.*s", (int)name.size,
                 name.data);
    }
    if (rows && wanted && desk->module_count == 0)
        return complain_of_modules(rows, wanted);
    if (rows && desk->module_count == 0)
        return complain(EXIT_MISUSE, "this database has no modules: fleetctl migrate");
    return code;
}

int letters_open(struct letters_desk *desk, const struct letters_options *options)
{
    const struct pg_rows *rows;
    int code = local_env_load("env");

    desk->options = options;
    desk->arena = arena_new(ARENA_BYTES);
    desk->scratch = arena_new(SCRATCH_BYTES);
    if (!desk->arena || !desk->scratch)
        return complain(EXIT_FAULT, "out of memory");
    if (code == EXIT_DONE)
        code = operator_connect(&desk->pg);
    if (code != EXIT_DONE || !(rows = letters_ask(desk, settings_sql, NULL, 0, &code)))
        return code;
    desk->started = pg_get_timestamp(rows, 0, 3);
    return find_modules(desk);
}

void letters_close(struct letters_desk *desk)
{
    pg_close(desk->pg);
    arena_free(desk->arena);
    arena_free(desk->scratch);
}

/* A module's name may be a word of SQL's. */
const char *letters_sql(struct letters_desk *desk, const char *form, const char *module)
{
    cleanup(buf_deinit) struct buf text = {0};

    for (const char *c = form; *c; c++) {
        if (*c == '@')
            buf_printf(&text, "\"%s\"", module);
        else
            buf_add_char(&text, *c);
    }
    return buf_failed(&text) ? NULL : arena_copy(desk->arena, text.data, text.size);
}

int letters_forms(struct letters_desk *desk, const char *module, const struct letters_form *forms,
                  size_t count)
{
    for (size_t i = 0; i < count; i++) {
        *forms[i].sql = letters_sql(desk, forms[i].form, module);
        if (!*forms[i].sql)
            return complain(EXIT_FAULT, "out of memory");
    }
    return EXIT_DONE;
}

struct pg_param letters_null(enum pg_type type)
{
    return (struct pg_param){.type = type};
}

static struct pg_param text_or_null(struct arena *arena, const char *text)
{
    return text ? pg_text(arena, span_text(text)) : letters_null(PG_TEXT);
}

void letters_params(struct letters_desk *desk, struct pg_param params[static LETTERS_PARAMS])
{
    const struct letters_options *o = desk->options;
    struct arena *arena = desk->scratch;

    params[0] = text_or_null(arena, o->topic);
    params[1] = o->partition >= 0 ? pg_int4(arena, (int32_t)o->partition) : letters_null(PG_INT4);
    params[2] = o->offset >= 0 ? pg_int8(arena, o->offset) : letters_null(PG_INT8);
    params[3] = text_or_null(arena, o->cause);
    params[4] = text_or_null(arena, o->type);
    params[5] = o->has_tenant ? pg_uuid(arena, o->tenant) : letters_null(PG_UUID);
    params[6] = o->has_id ? pg_uuid(arena, o->id) : letters_null(PG_UUID);
    params[7] = o->key ? pg_bytea(arena, span_text(o->key)) : letters_null(PG_BYTEA);
    params[8] = o->has_since ? pg_timestamp(arena, o->since) : letters_null(PG_TIMESTAMPTZ);
    params[9] = o->has_until ? pg_timestamp(arena, o->until) : letters_null(PG_TIMESTAMPTZ);
    params[10] = text_or_null(arena, o->fingerprint);
    params[11] = pg_bool(arena, o->all);
}

static const char operation_sql[] =
    "insert into platform.operations (operator, action, module, messages, filter)"
    " values ($1, $2, $3, $4, $5::text::jsonb) returning operation";
static const char operation_more_sql[] =
    "update platform.operations set messages = messages + $2 where operation = $1"
    " returning operation";

/* One row a run, or what is added to it. As letters_add. */
static int add_operation(struct letters_desk *desk, const char *module, const char *action,
                         size_t messages, int *ret_code)
{
    cleanup(buf_deinit) struct buf who = {0}, filter = {0};
    struct arena *arena = desk->scratch;

    if (desk->operation > 0)
        return letters_add(
            desk, operation_more_sql,
            (struct pg_param[]){pg_int8(arena, desk->operation), pg_int8(arena, (int64_t)messages)},
            2, ret_code);
    letters_operator(desk->options, &who);
    letters_options_describe(desk->options, &filter);
    return letters_add(
        desk, operation_sql,
        (struct pg_param[]){pg_text(arena, buf_span(&who)), pg_text(arena, span_text(action)),
                            pg_text(arena, span_text(module)), pg_int8(arena, (int64_t)messages),
                            pg_text(arena, buf_span(&filter))},
        5, ret_code);
}

int letters_commit(struct letters_desk *desk, const char *module, const char *action,
                   size_t messages)
{
    int code = EXIT_DONE, operation = -1;

    if (messages > 0)
        operation = add_operation(desk, module, action, messages, &code);
    if (code != EXIT_DONE || letters_add(desk, "commit", NULL, 0, &code) < 0)
        return code;
    code = letters_send(desk);
    if (code == EXIT_DONE && operation >= 0)
        desk->operation = pg_get_int8(pg_rows(desk->pg, operation), 0, 0);
    return code;
}

int letters_partitions(struct letters_desk *desk, const char *sql,
                       struct letters_partition **ret_list, size_t *ret_count)
{
    struct pg_param params[LETTERS_PARAMS + 1];
    struct letters_partition *list;
    const struct pg_rows *rows;
    int code = EXIT_DONE;

    letters_params(desk, params);
    params[LETTERS_PARAMS] = pg_timestamp(desk->scratch, desk->started);
    rows = letters_ask(desk, sql, params, COUNT_OF(params), &code);
    if (!rows)
        return code;
    list = arena_array(desk->arena, pg_row_count(rows), sizeof *list);
    for (size_t i = 0; list && i < pg_row_count(rows); i++) {
        const struct span topic = pg_value(rows, i, 0);

        list[i] = (struct letters_partition){
            .topic = span_of(arena_copy(desk->arena, topic.data, topic.size), topic.size),
            .part = pg_get_int4(rows, i, 1),
            .numbers = {pg_get_int8(rows, i, 2), pg_get_int8(rows, i, 3)}};
        if (!list[i].topic.data)
            list = NULL;
    }
    if (!list)
        return complain(EXIT_FAULT, "out of memory");
    *ret_list = list;
    *ret_count = pg_row_count(rows);
    return EXIT_DONE;
}

size_t letters_chunk(const struct letters_options *options)
{
    return options->rate > 0 && options->rate < LETTERS_CHUNK ? (size_t)options->rate
                                                              : LETTERS_CHUNK;
}

void letters_print(struct span text, size_t max)
{
    cleanup(buf_deinit) struct buf shown = {0};

    screen_add(&shown, text, max);
    if (!buf_failed(&shown) && shown.size > 0)
        fwrite(shown.data, 1, shown.size, stdout);
}

char *letters_place(struct span topic, int32_t part, int64_t at, char text[static LETTERS_PLACE])
{
    snprintf(text, LETTERS_PLACE, "%.*s/%" PRId32 "@%" PRId64, (int)topic.size, topic.data, part,
             at);
    return text;
}

char *letters_row_place(const struct pg_rows *rows, size_t row, size_t column,
                        char text[static LETTERS_PLACE])
{
    return letters_place(pg_value(rows, row, column), pg_get_int4(rows, row, column + 1),
                         pg_get_int8(rows, row, column + 2), text);
}

bool letters_line(struct letters_desk *desk)
{
    if (desk->lines == LETTERS_LINES)
        puts("... and more, which only the sums tell");
    return desk->lines++ < LETTERS_LINES;
}

static int confirm(const struct letters_options *options, const char *question)
{
    char answer[16];

    if (options->yes)
        return EXIT_DONE;
    if (!isatty(STDIN_FILENO))
        return complain(EXIT_MISUSE, "%s: nobody is there to ask; say --yes", question);
    printf("%s? [y/N] ", question);
    fflush(stdout);
    if (fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
        return EXIT_DONE;
    puts("nothing was changed");
    return -1;
}

int letters_confirm_discard(const struct letters_options *options, int64_t count, const char *what,
                            int64_t ticks)
{
    cleanup(buf_deinit) struct buf question = {0};

    buf_printf(&question, "discard %" PRId64 " %s of %s", count, what, options->module);
    if (ticks > 0)
        buf_printf(&question, ", %" PRId64 " of them a timer's", ticks);
    return buf_failed(&question) ? complain(EXIT_FAULT, "out of memory")
                                 : confirm(options, question.data);
}

void letters_pace(const struct letters_options *options, size_t count, int64_t began_ms,
                  int64_t least_ms)
{
    int64_t wait_ms = least_ms;

    if (options->rate > 0)
        wait_ms = (int64_t)count * 1000 / options->rate - (monotonic_ms() - began_ms);
    if (wait_ms < least_ms)
        wait_ms = least_ms;
    if (wait_ms > 0)
        nanosleep(&(struct timespec){wait_ms / 1000, (long)(wait_ms % 1000) * 1000000}, NULL);
}

int letters_main(int argc, char **argv, const char *usage, const struct letters_action *actions,
                 size_t count)
{
    struct letters_options options;
    int code;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return EXIT_DONE;
    }
    for (size_t i = 0; argc > 1 && i < count; i++) {
        const char *word = strrchr(actions[i].name, ' ') + 1;

        if (strcmp(argv[1], word) != 0)
            continue;
        if (argc > 2 && strcmp(argv[2], "--help") == 0) {
            fputs(usage, stdout);
            return EXIT_DONE;
        }
        code = letters_options_read(argc - 1, argv + 1, &actions[i], &options);
        return code == EXIT_DONE ? actions[i].run(&options) : code;
    }
    fputs(usage, stderr);
    return EXIT_MISUSE;
}
