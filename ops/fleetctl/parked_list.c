/* fleetctl parked list: keys that wait, each with the first message of it. */
#include <inttypes.h>
#include <stdio.h>

#include "codec/json_writer.h"
#include "parked.h"
#include "screen.h"

enum { KEYS_MAX = 1000 };

/* A key is shown where any message of it matches. */
static const char keys_sql[] =
    "select f.topic, f.part, f.at, f.key, coalesce(f.type, ''), f.cause, f.attempts, f.parked_at,"
    "       f.next_try, f.held, coalesce(f.first_error, ''), coalesce(f.last_error, ''),"
    "       f.tried_at, f.id::text, g.messages, f.next_try <= now()"
    "  from (select m.hash, m.topic, m.part, m.key, min(p.at) as first, count(*) as messages"
    "          from (select distinct d.hash, d.topic, d.part, d.key from @.parked d"
    "                 where " LETTERS_PARKED ") m"
    "          join @.parked p on p.hash = m.hash and p.topic = m.topic and p.part = m.part"
    "                         and p.key = m.key"
    "         group by m.hash, m.topic, m.part, m.key) g"
    "  join @.parked f on f.topic = g.topic and f.part = g.part and f.at = g.first"
    " order by f.parked_at, f.topic, f.part, f.at limit 1001";

enum {
    TOPIC,
    PART,
    AT,
    KEY,
    TYPE,
    CAUSE,
    TRIES,
    SINCE,
    NEXT,
    HELD,
    FIRST_ERROR,
    LAST_ERROR,
    TRIED,
    ID,
    MESSAGES,
    DUE
};

struct listing {
    struct json_writer json;
    struct screen_table table;
    size_t keys;
    bool more;
};

static void put_time(struct json_writer *w, const char *name, const struct pg_rows *rows,
                     size_t row, size_t column)
{
    char text[TIMESTAMP_TEXT + 1];

    if (!pg_null(rows, row, column))
        json_member_text(w, name, timestamp_format(pg_get_timestamp(rows, row, column), text));
}

static void put_span(struct json_writer *w, const char *name, struct span text)
{
    if (text.size == 0)
        return;
    json_key(w, name);
    json_put_span(w, text);
}

static void add_json(struct json_writer *w, const char *module, const struct pg_rows *rows,
                     size_t row)
{
    json_open(w, '{');
    json_member_text(w, "module", module);
    put_span(w, "topic", pg_value(rows, row, TOPIC));
    json_member_integer(w, "partition", pg_get_int4(rows, row, PART));
    json_member_integer(w, "offset", pg_get_int8(rows, row, AT));
    put_span(w, "key", pg_value(rows, row, KEY));
    put_span(w, "id", pg_value(rows, row, ID));
    put_span(w, "type", pg_value(rows, row, TYPE));
    put_span(w, "cause", pg_value(rows, row, CAUSE));
    json_member_integer(w, "messages", pg_get_int8(rows, row, MESSAGES));
    json_member_integer(w, "attempts", pg_get_int4(rows, row, TRIES));
    put_time(w, "parked", rows, row, SINCE);
    put_time(w, "tried", rows, row, TRIED);
    put_time(w, "next_try", rows, row, NEXT);
    json_member_boolean(w, "held", pg_get_bool(rows, row, HELD));
    put_span(w, "first_error", pg_value(rows, row, FIRST_ERROR));
    put_span(w, "last_error", pg_value(rows, row, LAST_ERROR));
    json_close(w, '}');
}

static void add_next(struct screen_table *table, const struct pg_rows *rows, size_t row)
{
    char text[TIMESTAMP_TEXT + 1] = "-";

    if (pg_get_bool(rows, row, HELD))
        screen_cell(table, span_text("held"));
    else if (!pg_null(rows, row, DUE) && pg_get_bool(rows, row, DUE))
        screen_cell(table, span_text("now"));
    else if (!pg_null(rows, row, NEXT))
        screen_cell(table, span_text(timestamp_format(pg_get_timestamp(rows, row, NEXT), text)));
    else
        screen_cell(table, span_text(text));
}

static void add_line(struct screen_table *table, const char *module, const struct pg_rows *rows,
                     size_t row)
{
    const struct span type = pg_value(rows, row, TYPE), error = pg_value(rows, row, LAST_ERROR);
    char since[TIMESTAMP_TEXT + 1], place[LETTERS_PLACE];

    screen_cell(table, span_text(module));
    screen_cell(table,
                span_text(letters_place(pg_value(rows, row, TOPIC), pg_get_int4(rows, row, PART),
                                        pg_get_int8(rows, row, AT), place)));
    screen_cell(table, pg_value(rows, row, KEY));
    screen_cell(table, type.size > 0 ? type : span_text("-"));
    screen_cell(table, pg_value(rows, row, CAUSE));
    screen_cell_printf(table, "%" PRId64, pg_get_int8(rows, row, MESSAGES));
    screen_cell_printf(table, "%" PRId32, pg_get_int4(rows, row, TRIES));
    screen_cell(table, span_text(timestamp_format(pg_get_timestamp(rows, row, SINCE), since)));
    add_next(table, rows, row);
    screen_cell(table, error.size > 0 ? error : span_text("-"));
}

static void add_head(struct screen_table *table)
{
    static const char *const names[] = {"MODULE",   "FIRST",    "KEY",   "TYPE", "CAUSE",
                                        "MESSAGES", "ATTEMPTS", "SINCE", "NEXT", "LAST ERROR"};

    table->columns = COUNT_OF(names);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        screen_cell(table, span_text(names[i]));
}

static int add_module(struct letters_desk *desk, const char *module, struct listing *listing)
{
    struct pg_param params[LETTERS_PARAMS];
    const struct pg_rows *rows;
    int code = EXIT_DONE;

    letters_params(desk, params);
    rows = letters_ask(desk, letters_sql(desk, keys_sql, module), params, LETTERS_PARAMS, &code);
    for (size_t row = 0; rows && row < pg_row_count(rows); row++, listing->keys++) {
        listing->more |= row == KEYS_MAX;
        if (row == KEYS_MAX)
            break;
        if (desk->options->json)
            add_json(&listing->json, module, rows, row);
        else
            add_line(&listing->table, module, rows, row);
    }
    return code;
}

static int print(const struct letters_options *options, struct listing *listing,
                 const struct buf *json)
{
    cleanup(buf_deinit) struct buf shown = {0};

    if (!options->json && listing->keys == 0) {
        puts("nothing is parked");
        return EXIT_DONE;
    }
    screen_add_json(&shown, buf_span(json));
    if (buf_failed(json) || buf_failed(&shown) ||
        (!options->json && screen_table_print(&listing->table, stdout) < 0))
        return complain(EXIT_FAULT, "out of memory");
    if (options->json)
        puts(shown.data);
    if (listing->more)
        fprintf(stderr, "fleetctl: only %d keys of a module are shown\n", KEYS_MAX);
    return EXIT_DONE;
}

static void deinit(struct listing *listing)
{
    screen_table_deinit(&listing->table);
}

int parked_list(const struct letters_options *options)
{
    cleanup(letters_close) struct letters_desk desk = {0};
    cleanup(deinit) struct listing listing = {0};
    cleanup(buf_deinit) struct buf json = {0};
    int code = letters_open(&desk, options);

    listing.json = (struct json_writer){.out = &json, .lines = true};
    add_head(&listing.table);
    json_open(&listing.json, '[');
    for (size_t i = 0; code == EXIT_DONE && i < desk.module_count; i++)
        code = add_module(&desk, desk.modules[i], &listing);
    json_close(&listing.json, ']');
    return code == EXIT_DONE ? print(options, &listing, &json) : code;
}
