/* Lists of letters, each module's behind the other's. */
#include "letters_list.h"

#include <stdio.h>

struct listing {
    const struct letters_list *list;
    struct buf json;
    struct json_writer writer;
    struct screen_table table;
    size_t rows;
    bool more; /* of some module than are shown */
};

void letters_json_time(struct json_writer *w, const char *name, const struct pg_rows *rows,
                       size_t row, size_t column)
{
    char text[TIMESTAMP_TEXT + 1];

    if (!pg_null(rows, row, column))
        json_member_text(w, name, timestamp_format(pg_get_timestamp(rows, row, column), text));
}

void letters_json_place(struct json_writer *w, const struct pg_rows *rows, size_t row,
                        size_t column)
{
    json_member_span(w, "topic", pg_value(rows, row, column));
    json_member_integer(w, "partition", pg_get_int4(rows, row, column + 1));
    json_member_integer(w, "offset", pg_get_int8(rows, row, column + 2));
}

void letters_cell_text(struct screen_table *table, const struct pg_rows *rows, size_t row,
                       size_t column)
{
    const struct span text = pg_value(rows, row, column);

    screen_cell(table, text.size > 0 ? text : span_text("-"));
}

void letters_cell_time(struct screen_table *table, const struct pg_rows *rows, size_t row,
                       size_t column)
{
    char text[TIMESTAMP_TEXT + 1] = "-";

    if (!pg_null(rows, row, column))
        timestamp_format(pg_get_timestamp(rows, row, column), text);
    screen_cell(table, span_text(text));
}

void letters_cell_place(struct screen_table *table, const struct pg_rows *rows, size_t row,
                        size_t column)
{
    char place[LETTERS_PLACE];

    screen_cell(table, span_text(letters_row_place(rows, row, column, place)));
}

static void add_row(struct listing *listing, const char *module, const struct pg_rows *rows,
                    size_t row, bool json)
{
    if (json) {
        json_open(&listing->writer, '{');
        json_member_text(&listing->writer, "module", module);
        listing->list->add_json(&listing->writer, rows, row);
        json_close(&listing->writer, '}');
    } else {
        screen_cell(&listing->table, span_text(module));
        listing->list->add_cells(&listing->table, rows, row);
    }
    listing->rows++;
}

static int add_module(struct letters_desk *desk, const char *module, struct listing *listing)
{
    const struct letters_list *list = listing->list;
    struct pg_param params[LETTERS_PARAMS];
    const struct pg_rows *rows;
    size_t count;
    int code = EXIT_DONE;

    letters_params(desk, params);
    rows = letters_ask(desk, letters_sql(desk, list->sql, module), params, LETTERS_PARAMS, &code);
    if (!rows)
        return code;
    count = pg_row_count(rows);
    if (list->most > 0 && count > list->most) {
        listing->more = true;
        count = list->most;
    }
    for (size_t row = 0; row < count; row++)
        add_row(listing, module, rows, row, desk->options->json);
    return EXIT_DONE;
}

static int print_json(const struct buf *json)
{
    cleanup(buf_deinit) struct buf shown = {0};

    screen_add_json(&shown, buf_span(json));
    if (buf_failed(json) || buf_failed(&shown))
        return complain(EXIT_FAULT, "out of memory");
    puts(shown.data);
    return EXIT_DONE;
}

static int print_table(const struct listing *listing)
{
    if (listing->rows == 0)
        puts(listing->list->nothing);
    else if (screen_table_print(&listing->table, stdout) < 0)
        return complain(EXIT_FAULT, "out of memory");
    return EXIT_DONE;
}

static void begin(struct listing *listing)
{
    const struct letters_list *list = listing->list;

    listing->writer = (struct json_writer){.out = &listing->json, .lines = true};
    json_open(&listing->writer, '[');
    listing->table.columns = list->columns;
    for (size_t i = 0; i < list->columns; i++)
        screen_cell(&listing->table, span_text(list->names[i]));
}

static void deinit(struct listing *listing)
{
    buf_deinit(&listing->json);
    screen_table_deinit(&listing->table);
}

int letters_list(const struct letters_options *options, const struct letters_list *list)
{
    cleanup(letters_close) struct letters_desk desk = {0};
    cleanup(deinit) struct listing listing = {.list = list};
    int code = letters_open(&desk, options);

    begin(&listing);
    for (size_t i = 0; code == EXIT_DONE && i < desk.module_count; i++)
        code = add_module(&desk, desk.modules[i], &listing);
    json_close(&listing.writer, ']');
    if (code == EXIT_DONE)
        code = options->json ? print_json(&listing.json) : print_table(&listing);
    if (code == EXIT_DONE && listing.more)
        fprintf(stderr, "fleetctl: only %zu %s of a module are shown\n", list->most, list->things);
    return code;
}
