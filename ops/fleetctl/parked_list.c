/* fleetctl parked list: keys that wait, each with the first message of it. */
#include <inttypes.h>

#include "letters_list.h"
#include "parked.h"

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

static void add_text(struct json_writer *w, const char *name, const struct pg_rows *rows,
                     size_t row, size_t column)
{
    const struct span text = pg_value(rows, row, column);

    if (text.size > 0)
        json_member_span(w, name, text);
}

static void add_json(struct json_writer *w, const struct pg_rows *rows, size_t row)
{
    letters_json_place(w, rows, row, TOPIC);
    add_text(w, "key", rows, row, KEY);
    add_text(w, "id", rows, row, ID);
    add_text(w, "type", rows, row, TYPE);
    add_text(w, "cause", rows, row, CAUSE);
    json_member_integer(w, "messages", pg_get_int8(rows, row, MESSAGES));
    json_member_integer(w, "attempts", pg_get_int4(rows, row, TRIES));
    letters_json_time(w, "parked", rows, row, SINCE);
    letters_json_time(w, "tried", rows, row, TRIED);
    letters_json_time(w, "next_try", rows, row, NEXT);
    json_member_boolean(w, "held", pg_get_bool(rows, row, HELD));
    add_text(w, "first_error", rows, row, FIRST_ERROR);
    add_text(w, "last_error", rows, row, LAST_ERROR);
}

static void add_next(struct screen_table *table, const struct pg_rows *rows, size_t row)
{
    if (pg_get_bool(rows, row, HELD))
        screen_cell(table, span_text("held"));
    else if (!pg_null(rows, row, DUE) && pg_get_bool(rows, row, DUE))
        screen_cell(table, span_text("now"));
    else
        letters_cell_time(table, rows, row, NEXT);
}

static void add_cells(struct screen_table *table, const struct pg_rows *rows, size_t row)
{
    letters_cell_place(table, rows, row, TOPIC);
    screen_cell(table, pg_value(rows, row, KEY));
    letters_cell_text(table, rows, row, TYPE);
    screen_cell(table, pg_value(rows, row, CAUSE));
    screen_cell_printf(table, "%" PRId64, pg_get_int8(rows, row, MESSAGES));
    screen_cell_printf(table, "%" PRId32, pg_get_int4(rows, row, TRIES));
    letters_cell_time(table, rows, row, SINCE);
    add_next(table, rows, row);
    letters_cell_text(table, rows, row, LAST_ERROR);
}

int parked_list(const struct letters_options *options)
{
    static const char *const names[] = {"MODULE",   "FIRST",    "KEY",   "TYPE", "CAUSE",
                                        "MESSAGES", "ATTEMPTS", "SINCE", "NEXT", "LAST ERROR"};
    static const struct letters_list list = {.sql = keys_sql,
                                             .names = names,
                                             .columns = COUNT_OF(names),
                                             .nothing = "nothing is parked",
                                             .most = KEYS_MAX,
                                             .things = "keys",
                                             .add_json = add_json,
                                             .add_cells = add_cells};

    return letters_list(options, &list);
}
