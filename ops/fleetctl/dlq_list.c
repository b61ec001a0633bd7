/* fleetctl dlq list: dead letters in groups. */
#include <inttypes.h>
#include <stdio.h>

#include "codec/json_writer.h"
#include "dlq.h"
#include "screen.h"

static const char groups_sql[] =
    "select d.cause, coalesce(d.type, ''), d.fingerprint, count(*), min(d.died_at), max(d.died_at),"
    "       count(d.resolved), max(d.replays),"
    "       (array_agg(d.topic order by d.died_at desc, d.at desc))[1],"
    "       (array_agg(d.part order by d.died_at desc, d.at desc))[1],"
    "       (array_agg(d.at order by d.died_at desc, d.at desc))[1],"
    "       (array_agg(d.id::text order by d.died_at desc, d.at desc))[1],"
    "       coalesce((array_agg(d.detail order by d.died_at desc, d.at desc))[1], '')"
    "  from @.dead d where " LETTERS_DIED " group by 1, 2, 3 order by 4 desc, 1, 2, 3";

enum {
    CAUSE,
    TYPE,
    FINGERPRINT,
    COUNT,
    OLDEST,
    NEWEST,
    RESOLVED,
    REPLAYS,
    TOPIC,
    PART,
    AT,
    ID,
    DETAIL
};

struct listing {
    struct json_writer json;
    struct screen_table table;
    size_t groups;
};

static void put_time(struct json_writer *w, const char *name, struct timestamp time)
{
    char text[TIMESTAMP_TEXT + 1];

    json_member_text(w, name, timestamp_format(time, text));
}

static void put_span(struct json_writer *w, const char *name, struct span text)
{
    json_key(w, name);
    json_put_span(w, text);
}

static void add_json(struct json_writer *w, const char *module, const struct pg_rows *rows,
                     size_t row)
{
    json_open(w, '{');
    json_member_text(w, "module", module);
    put_span(w, "cause", pg_value(rows, row, CAUSE));
    if (pg_value(rows, row, TYPE).size > 0)
        put_span(w, "type", pg_value(rows, row, TYPE));
    put_span(w, "fingerprint", pg_value(rows, row, FINGERPRINT));
    json_member_integer(w, "count", pg_get_int8(rows, row, COUNT));
    json_member_integer(w, "resolved", pg_get_int8(rows, row, RESOLVED));
    json_member_integer(w, "replays_max", pg_get_int4(rows, row, REPLAYS));
    put_time(w, "oldest", pg_get_timestamp(rows, row, OLDEST));
    put_time(w, "newest", pg_get_timestamp(rows, row, NEWEST));
    json_member_open(w, "example", '{');
    put_span(w, "topic", pg_value(rows, row, TOPIC));
    json_member_integer(w, "partition", pg_get_int4(rows, row, PART));
    json_member_integer(w, "offset", pg_get_int8(rows, row, AT));
    if (!pg_null(rows, row, ID))
        put_span(w, "id", pg_value(rows, row, ID));
    put_span(w, "detail", pg_value(rows, row, DETAIL));
    json_close(w, '}');
    json_close(w, '}');
}

static void add_line(struct screen_table *table, const char *module, const struct pg_rows *rows,
                     size_t row)
{
    char oldest[TIMESTAMP_TEXT + 1], newest[TIMESTAMP_TEXT + 1], place[LETTERS_PLACE];
    struct span type = pg_value(rows, row, TYPE), print = pg_value(rows, row, FINGERPRINT);

    screen_cell(table, span_text(module));
    screen_cell(table, pg_value(rows, row, CAUSE));
    screen_cell(table, type.size > 0 ? type : span_text("-"));
    screen_cell(table, print.size > 0 ? print : span_text("-"));
    screen_cell_printf(table, "%" PRId64, pg_get_int8(rows, row, COUNT));
    timestamp_format(pg_get_timestamp(rows, row, OLDEST), oldest);
    screen_cell(table, span_text(oldest));
    timestamp_format(pg_get_timestamp(rows, row, NEWEST), newest);
    screen_cell(table, span_text(newest));
    screen_cell(table,
                span_text(letters_place(pg_value(rows, row, TOPIC), pg_get_int4(rows, row, PART),
                                        pg_get_int8(rows, row, AT), place)));
    screen_cell(table, pg_value(rows, row, DETAIL));
}

static void add_head(struct screen_table *table)
{
    static const char *const names[] = {"MODULE", "CAUSE",  "TYPE",    "FINGERPRINT", "COUNT",
                                        "OLDEST", "NEWEST", "EXAMPLE", "DETAIL"};

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
    rows = letters_ask(desk, letters_sql(desk, groups_sql, module), params, LETTERS_PARAMS, &code);
    for (size_t row = 0; rows && row < pg_row_count(rows); row++, listing->groups++) {
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

    if (!options->json && listing->groups == 0) {
        puts("no dead letters");
        return EXIT_DONE;
    }
    screen_add_json(&shown, buf_span(json));
    if (buf_failed(json) || buf_failed(&shown) ||
        (!options->json && screen_table_print(&listing->table, stdout) < 0))
        return complain(EXIT_FAULT, "out of memory");
    if (options->json)
        puts(shown.data);
    return EXIT_DONE;
}

static void deinit(struct listing *listing)
{
    screen_table_deinit(&listing->table);
}

int dlq_list(const struct letters_options *options)
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
