#include "versions.h"

#include <errno.h>
#include <stdlib.h>

#include "base/murmur2.h"
#include "modules.h"

enum { STRIPES = 128, ROUND_MAX = 2000 };

static const char versions_sql[] =
    "select u.n::int4,"
    "       sum(('x' || encode(substring(p.stripes from u.stripe * 8 + 1 for 8), "
    "'hex'))::bit(64)::int8)::int8"
    "  from unnest($1::int4[]) with ordinality u(stripe, n)"
    " cross join lateral (select stripes from %1$s_api.positions"
    "                      where topic = 'idpmc.%1$s.commands' and stripes is not null offset 0) p"
    " group by u.n";

struct ask {
    struct ask *next;
    size_t module;
    int32_t stripe;
    int64_t version;
    void (*told)(void *data, int result, int64_t version);
    void *data;
};

/* The asks of one module in a round, in the order of its array. */
struct asked {
    struct ask **list;
    size_t count;
    int answer;
};

struct versions {
    struct module_statements statements;
    struct database_part part;
    struct ask *first, **last; /* in order; the first `in_round` are asked */
    size_t count, in_round;
    struct asked asked[MODULES_MAX];
};

static bool wants(void *data)
{
    return ((struct versions *)data)->count > 0;
}

static int queue_module(struct versions *versions, size_t module, struct pg *pg,
                        struct arena *arena)
{
    struct asked *asked = &versions->asked[module];
    struct pg_array stripes;

    pg_array_init(&stripes, arena, PG_INT4, asked->count);
    for (size_t i = 0; i < asked->count; i++)
        pg_array_add_int4(&stripes, asked->list[i]->stripe);
    asked->answer = pg_add(pg, versions->statements.texts[module],
                           (struct pg_param[]){pg_array_param(&stripes)}, 1);
    return asked->answer;
}

static int queue(void *data, struct pg *pg, struct arena *arena)
{
    struct versions *versions = data;
    struct ask *ask = versions->first;
    int r = 0;

    versions->in_round = versions->count < ROUND_MAX ? versions->count : ROUND_MAX;
    for (size_t i = 0; i < versions->statements.count; i++) {
        versions->asked[i].count = 0;
        versions->asked[i].list = arena_array(arena, versions->in_round, sizeof(struct ask *));
        if (!versions->asked[i].list)
            return -ENOMEM;
    }
    for (size_t i = 0; i < versions->in_round; i++, ask = ask->next) {
        struct asked *asked = &versions->asked[ask->module];

        asked->list[asked->count++] = ask;
    }
    for (size_t i = 0; i < versions->statements.count && r >= 0; i++)
        if (versions->asked[i].count)
            r = queue_module(versions, i, pg, arena);
    return r;
}

/* Tells the first `count`, who may ask again while they are told. */
static void tell(struct versions *versions, size_t count, int result)
{
    while (count--) {
        struct ask *ask = versions->first;

        versions->first = ask->next;
        if (!versions->first)
            versions->last = &versions->first;
        versions->count--;
        ask->told(ask->data, result, ask->version);
        free(ask);
    }
}

static void take(void *data, struct pg *pg)
{
    struct versions *versions = data;

    for (size_t i = 0; i < versions->statements.count; i++) {
        struct asked *asked = &versions->asked[i];
        const struct pg_rows *rows = asked->count ? pg_rows(pg, asked->answer) : NULL;

        for (size_t row = 0; rows && row < pg_row_count(rows); row++) {
            size_t n = (size_t)pg_get_int4(rows, row, 0);

            if (n >= 1 && n <= asked->count)
                asked->list[n - 1]->version = pg_get_int8(rows, row, 1);
        }
    }
    tell(versions, versions->in_round, 0);
}

static void fail(void *data)
{
    struct versions *versions = data;

    tell(versions, versions->count, -EIO);
}

struct versions *versions_new(struct database *database)
{
    struct versions *versions = calloc(1, sizeof *versions);

    if (!versions)
        return NULL;
    if (module_statements_init(&versions->statements, versions_sql) < 0) {
        versions_free(versions);
        return NULL;
    }
    versions->last = &versions->first;
    versions->part = (struct database_part){
        .wants = wants, .queue = queue, .take = take, .fail = fail, .data = versions};
    database_add(database, &versions->part);
    return versions;
}

void versions_free(struct versions *versions)
{
    if (!versions)
        return;
    module_statements_deinit(&versions->statements);
    free(versions);
}

void versions_ask(struct versions *versions, const char *module, struct tenant_id tenant,
                  struct uuid aggregate, void (*told)(void *data, int result, int64_t version),
                  void *data)
{
    char key[RECORD_KEY_TEXT + 1];
    struct ask *ask = calloc(1, sizeof *ask);
    size_t found = module_statements_find(&versions->statements, module);

    if (!ask || found == MODULES_MAX) {
        free(ask);
        told(data, -ENOENT, 0);
        return;
    }
    message_record_key(tenant, aggregate, key);
    ask->module = found;
    ask->stripe = (int32_t)((murmur2(span_of(key, RECORD_KEY_TEXT)) >> 16) % STRIPES);
    ask->told = told;
    ask->data = data;
    *versions->last = ask;
    versions->last = &ask->next;
    versions->count++;
}
