/* What a timer sends has an id that derives from what it is about, and the inbox remembers it as
 * failed: the timer cannot send it again until the row is swept. */
#include <inttypes.h>

#include "letters.h"
#include "runtime/worker.h"

static const struct timer *timers_of(const char *module)
{
    static const struct timer none[] = {{0}};

    for (size_t i = 0; workers[i]; i++)
        if (strcmp(workers[i]->name, module) == 0 && workers[i]->timers)
            return workers[i]->timers;
    return none;
}

/* The types that this program's timers of the module send. */
static struct pg_param types_param(struct arena *arena, const struct timer *timers)
{
    struct pg_array types;
    size_t count = 0;

    while (timers[count].name)
        count++;
    pg_array_init(&types, arena, PG_TEXT, count);
    for (size_t i = 0; i < count; i++)
        pg_array_add_span(&types, span_text(timers[i].emit->type));
    return pg_array_param(&types);
}

int letters_warn_of_timers(struct letters_desk *desk, const char *form, int64_t *ret_count)
{
    const struct timer *timers = timers_of(desk->options->module);
    struct pg_param params[LETTERS_PARAMS + 2];
    const struct pg_rows *rows;
    int64_t sum = 0;
    int code = EXIT_DONE;

    letters_params(desk, params);
    params[LETTERS_PARAMS] = pg_timestamp(desk->scratch, desk->started);
    params[LETTERS_PARAMS + 1] = types_param(desk->scratch, timers);
    rows = letters_ask(desk, letters_sql(desk, form, desk->options->module), params,
                       COUNT_OF(params), &code);
    for (size_t i = 0; rows && i < pg_row_count(rows); i++) {
        const struct span type = pg_value(rows, i, 0);
        const int64_t count = pg_get_int8(rows, i, 1);

        complain(EXIT_DONE,
                 "warning: %" PRId64 " of them: %.*s, which a timer sends. Discarded, it stays "
                 "failed in the inbox for 31 days, and the timer cannot send it again before: what "
                 "it was to do, and whatever follows on it, stands still. Mend and redrive instead",
                 count, (int)type.size, type.data);
        sum += count;
    }
    if (rows)
        *ret_count = sum;
    return code;
}
