/* fleetctl parked retry: the first message of each key is due now, whatever its back-off says and
 * also where it is held. Its attempts are counted anew. */
#include <inttypes.h>
#include <stdio.h>

#include "parked.h"

/* The first message of each key of which any matches. */
#define FIRSTS                                                                                     \
    "(select m.topic, m.part, min(p.at) as first"                                                  \
    "   from (select distinct d.hash, d.topic, d.part, d.key from @.parked d"                      \
    "          where " LETTERS_PARKED ") m"                                                        \
    "   join @.parked p on p.hash = m.hash and p.topic = m.topic and p.part = m.part"              \
    "                  and p.key = m.key"                                                          \
    "  group by m.hash, m.topic, m.part, m.key) g"

static const char retry_sql[] =
    "update @.parked k set next_try = now(), held = false, attempts = 0, trying = 0 from " FIRSTS
    " where k.topic = g.topic and k.part = g.part and k.at = g.first"
    " returning k.topic, k.part, k.at, k.key";
static const char dry_sql[] =
    "select k.topic, k.part, k.at, k.key from " FIRSTS
    "  join @.parked k on k.topic = g.topic and k.part = g.part and k.at = g.first"
    " order by k.topic, k.part, k.at";

/* What is told after the commit, when the rows are gone. */
struct firsts {
    size_t count;
    struct {
        char place[LETTERS_PLACE];
        struct span key; /* in the desk's scratch */
    } lines[LETTERS_LINES];
};

static int take(struct letters_desk *desk, const struct pg_rows *rows, struct firsts *ret_firsts)
{
    ret_firsts->count = pg_row_count(rows);
    for (size_t i = 0; i < ret_firsts->count && i < LETTERS_LINES; i++) {
        const struct span key = pg_value(rows, i, 3);

        letters_row_place(rows, i, 0, ret_firsts->lines[i].place);
        ret_firsts->lines[i].key = span_of(arena_copy(desk->scratch, key.data, key.size), key.size);
        if (!ret_firsts->lines[i].key.data)
            return complain(EXIT_FAULT, "out of memory");
    }
    return EXIT_DONE;
}

static void tell(struct letters_desk *desk, const struct firsts *firsts)
{
    const bool dry = desk->options->dry_run;

    for (size_t i = 0; i < firsts->count && letters_line(desk); i++) {
        printf("%s  key ", firsts->lines[i].place);
        letters_print(firsts->lines[i].key, 80);
        puts(dry ? "  would be tried at once" : "  is tried at once");
    }
    printf("%s %zu keys\n", dry ? "would retry" : "retried", firsts->count);
}

static int retry(struct letters_desk *desk, const char *module)
{
    const bool dry = desk->options->dry_run;
    struct pg_param params[LETTERS_PARAMS];
    const struct pg_rows *rows;
    struct firsts firsts;
    int code = EXIT_DONE;

    letters_params(desk, params);
    if (!dry && !letters_ask(desk, "begin", NULL, 0, &code))
        return code;
    rows = letters_ask(desk, letters_sql(desk, dry ? dry_sql : retry_sql, module), params,
                       LETTERS_PARAMS, &code);
    if (!rows)
        return code;
    code = take(desk, rows, &firsts);
    if (code == EXIT_DONE && !dry)
        code = letters_commit(desk, module, "parked retry", firsts.count);
    if (code == EXIT_DONE)
        tell(desk, &firsts);
    return code;
}

int parked_retry(const struct letters_options *options)
{
    cleanup(letters_close) struct letters_desk desk = {0};
    int code = letters_open(&desk, options);

    return code == EXIT_DONE ? retry(&desk, options->module) : code;
}
