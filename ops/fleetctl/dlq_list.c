/* fleetctl dlq list: dead letters in groups. */
#include <inttypes.h>

#include "dlq.h"
#include "letters_list.h"

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

static void add_json(struct json_writer *w, const struct pg_rows *rows, size_t row)
{
    json_member_span(w, "cause", pg_value(rows, row, CAUSE));
    if (pg_value(rows, row, TYPE).size > 0)
        json_member_span(w, "type", pg_value(rows, row, TYPE));
    json_member_span(w, "fingerprint", pg_value(rows, row, FINGERPRINT));
    json_member_integer(w, "count", pg_get_int8(rows, row, COUNT));
    json_member_integer(w, "resolved", pg_get_int8(rows, row, RESOLVED));
    json_member_integer(w, "replays_max", pg_get_int4(rows, row, REPLAYS));
    letters_json_time(w, "oldest", rows, row, OLDEST);
    letters_json_time(w, "newest", rows, row, NEWEST);
    json_member_open(w, "example", '{');
    letters_json_place(w, rows, row, TOPIC);
    if (!pg_null(rows, row, ID))
        json_member_span(w, "id", pg_value(rows, row, ID));
    json_member_span(w, "detail", pg_value(rows, row, DETAIL));
    json_close(w, '}');
}

static void add_cells(struct screen_table *table, const struct pg_rows *rows, size_t row)
{
    screen_cell(table, pg_value(rows, row, CAUSE));
    letters_cell_text(table, rows, row, TYPE);
    letters_cell_text(table, rows, row, FINGERPRINT);
    screen_cell_printf(table, "%" PRId64, pg_get_int8(rows, row, COUNT));
    letters_cell_time(table, rows, row, OLDEST);
    letters_cell_time(table, rows, row, NEWEST);
    letters_cell_place(table, rows, row, TOPIC);
    screen_cell(table, pg_value(rows, row, DETAIL));
}

int dlq_list(const struct letters_options *options)
{
    static const char *const names[] = {"MODULE", "CAUSE",  "TYPE",    "FINGERPRINT", "COUNT",
                                        "OLDEST", "NEWEST", "EXAMPLE", "DETAIL"};
    static const struct letters_list list = {.sql = groups_sql,
                                             .names = names,
                                             .columns = COUNT_OF(names),
                                             .nothing = "no dead letters",
                                             .add_json = add_json,
                                             .add_cells = add_cells};

    return letters_list(options, &list);
}
