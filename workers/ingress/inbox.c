#include "inbox.h"

#include <errno.h>
#include <stdlib.h>

#include "modules.h"

enum { ROUND_MAX = 2000, FIRST_MS = 4, MOST_MS = 100 };

static const char outcomes_sql[] = "select n::int4, digest, outcome, decided_at"
                                   "  from %1$s_api.outcomes($1::uuid[], $2::uuid[], $3::uuid[])";

struct inbox_ask {
    struct inbox_ask *next, **at;
    struct inbox *inbox;
    size_t module;
    struct inbox_key key;
    int64_t next_ms, interval_ms, until_ms;
    bool asked;    /* in the round that is under way */
    bool answered; /* the database has answered before */
    void (*told)(void *data, int result, const struct inbox_row *row);
    void *data;
};

/* The asks of one module in a round, in the order of its arrays. */
struct asked {
    struct inbox_ask **list;
    size_t count;
    int answer;
};

struct inbox {
    struct loop *loop;
    struct module_statements statements;
    struct database_part part;
    struct loop_timer *timer; /* wakes the loop when somebody is due */
    struct inbox_ask *asks;
    struct inbox_ask **end; /* whoever was asked about goes to the end: all have their turn */
    int64_t due_ms;         /* when the next is due; INT64_MAX: nobody waits */
    struct asked asked[MODULES_MAX];
};

static void nothing(void *data)
{
    (void)data; /* waking the loop is enough: its turn looks who is due */
}

static void set_due(struct inbox *inbox, int64_t due_ms)
{
    inbox->due_ms = due_ms;
    if (due_ms == INT64_MAX)
        loop_timer_stop(inbox->timer);
    else
        loop_timer_start(inbox->timer, due_ms - loop_now_ms(inbox->loop), 0);
}

static void find_due(struct inbox *inbox)
{
    int64_t due_ms = INT64_MAX;

    for (const struct inbox_ask *ask = inbox->asks; ask; ask = ask->next)
        if (!ask->asked && ask->next_ms < due_ms)
            due_ms = ask->next_ms;
    set_due(inbox, due_ms);
}

static bool wants(void *data)
{
    const struct inbox *inbox = data;

    return loop_now_ms(inbox->loop) >= inbox->due_ms;
}

static int queue_module(struct inbox *inbox, size_t module, struct pg *pg, struct arena *arena)
{
    struct asked *asked = &inbox->asked[module];
    struct pg_array tenants, actors, ids;

    pg_array_init(&tenants, arena, PG_UUID, asked->count);
    pg_array_init(&actors, arena, PG_UUID, asked->count);
    pg_array_init(&ids, arena, PG_UUID, asked->count);
    for (size_t i = 0; i < asked->count; i++) {
        const struct inbox_key *key = &asked->list[i]->key;

        pg_array_add_uuid(&tenants, key->tenant.uuid);
        pg_array_add_uuid(&actors, key->actor.uuid);
        pg_array_add_uuid(&ids, key->id.uuid);
    }
    asked->answer = pg_add(pg, inbox->statements.texts[module],
                           (struct pg_param[]){pg_array_param(&tenants), pg_array_param(&actors),
                                               pg_array_param(&ids)},
                           3);
    return asked->answer;
}

static size_t mark_due(struct inbox *inbox)
{
    int64_t now_ms = loop_now_ms(inbox->loop);
    size_t count = 0;

    for (struct inbox_ask *ask = inbox->asks; ask && count < ROUND_MAX; ask = ask->next) {
        ask->asked = ask->next_ms <= now_ms;
        count += ask->asked;
    }
    return count;
}

static int queue(void *data, struct pg *pg, struct arena *arena)
{
    struct inbox *inbox = data;
    size_t count = mark_due(inbox);
    int r = 0;

    find_due(inbox);
    for (size_t i = 0; i < inbox->statements.count; i++) {
        struct asked *asked = &inbox->asked[i];

        *asked = (struct asked){.list = arena_array(arena, count, sizeof(struct inbox_ask *))};
        if (!asked->list)
            return -ENOMEM;
    }
    for (struct inbox_ask *ask = inbox->asks; ask; ask = ask->next)
        if (ask->asked)
            inbox->asked[ask->module].list[inbox->asked[ask->module].count++] = ask;
    for (size_t i = 0; i < inbox->statements.count && r >= 0; i++)
        if (inbox->asked[i].count)
            r = queue_module(inbox, i, pg, arena);
    return r;
}

static void append(struct inbox *inbox, struct inbox_ask *ask)
{
    ask->next = NULL;
    ask->at = inbox->end;
    *inbox->end = ask;
    inbox->end = &ask->next;
}

static void take_out(struct inbox_ask *ask)
{
    *ask->at = ask->next;
    if (ask->next)
        ask->next->at = ask->at;
    else
        ask->inbox->end = ask->at;
}

static void finish(struct inbox_ask *ask, int result, const struct inbox_row *row)
{
    take_out(ask);
    ask->told(ask->data, result, row);
    free(ask);
}

/* Answered, time up, or asked again later. */
static void settle(struct inbox_ask *ask, bool known, const struct inbox_row *row)
{
    int64_t now_ms = loop_now_ms(ask->inbox->loop);

    ask->asked = false;
    ask->answered |= known;
    if (row || now_ms >= ask->until_ms) {
        finish(ask, ask->answered ? 0 : -EIO, row);
        return;
    }
    ask->next_ms = now_ms + ask->interval_ms;
    if (ask->next_ms > ask->until_ms)
        ask->next_ms = ask->until_ms;
    ask->interval_ms += ask->interval_ms / 2;
    if (ask->interval_ms > MOST_MS)
        ask->interval_ms = MOST_MS;
    take_out(ask);
    append(ask->inbox, ask);
}

static bool read_row(const struct pg_rows *rows, size_t row, struct inbox_row *ret_row)
{
    struct span digest = pg_value(rows, row, 1);

    if (digest.size != DIGEST_BYTES)
        return false;
    memcpy(ret_row->digest.bytes, digest.data, DIGEST_BYTES);
    ret_row->outcome = pg_get_int4(rows, row, 2);
    ret_row->decided_at = pg_get_timestamp(rows, row, 3);
    return true;
}

static void take_module(struct asked *asked, struct pg *pg)
{
    const struct pg_rows *rows = pg_rows(pg, asked->answer);

    for (size_t row = 0; rows && row < pg_row_count(rows); row++) {
        size_t n = (size_t)pg_get_int4(rows, row, 0);
        struct inbox_row found;

        if (n < 1 || n > asked->count || !asked->list[n - 1] || !read_row(rows, row, &found))
            continue;
        settle(asked->list[n - 1], true, &found);
        asked->list[n - 1] = NULL;
    }
    for (size_t i = 0; i < asked->count; i++)
        if (asked->list[i])
            settle(asked->list[i], true, NULL);
}

static void take(void *data, struct pg *pg)
{
    struct inbox *inbox = data;

    for (size_t i = 0; i < inbox->statements.count; i++)
        if (inbox->asked[i].count)
            take_module(&inbox->asked[i], pg);
    find_due(inbox);
}

/* Those who were asked for in the round that failed, or are due. */
static void fail(void *data)
{
    struct inbox *inbox = data;
    int64_t now_ms = loop_now_ms(inbox->loop);
    struct inbox_ask *next;

    for (struct inbox_ask *ask = inbox->asks; ask; ask = next) {
        next = ask->next;
        if (ask->asked || ask->next_ms <= now_ms)
            settle(ask, false, NULL);
    }
    find_due(inbox);
}

struct inbox *inbox_new(struct loop *loop, struct database *database)
{
    struct inbox *inbox = calloc(1, sizeof *inbox);

    if (!inbox)
        return NULL;
    inbox->loop = loop;
    inbox->end = &inbox->asks;
    inbox->due_ms = INT64_MAX;
    inbox->timer = loop_timer_new(loop, nothing, NULL);
    if (!inbox->timer || module_statements_init(&inbox->statements, outcomes_sql) < 0) {
        inbox_free(inbox);
        return NULL;
    }
    inbox->part = (struct database_part){
        .wants = wants, .queue = queue, .take = take, .fail = fail, .data = inbox};
    database_add(database, &inbox->part);
    return inbox;
}

void inbox_free(struct inbox *inbox)
{
    if (!inbox)
        return;
    while (inbox->asks)
        finish(inbox->asks, -EIO, NULL);
    loop_timer_free(inbox->timer);
    module_statements_deinit(&inbox->statements);
    free(inbox);
}

struct inbox_ask *inbox_wait(struct inbox *inbox, const struct inbox_key *key, int64_t wait_ms,
                             void (*told)(void *data, int result, const struct inbox_row *row),
                             void *data)
{
    size_t module = module_statements_find(&inbox->statements, key->module);
    struct inbox_ask *ask = module < MODULES_MAX ? malloc(sizeof *ask) : NULL;
    int64_t now_ms = loop_now_ms(inbox->loop);

    if (!ask)
        return NULL;
    *ask = (struct inbox_ask){.inbox = inbox,
                              .module = module,
                              .key = *key,
                              .next_ms = now_ms + (wait_ms ? FIRST_MS : 0),
                              .interval_ms = FIRST_MS,
                              .until_ms = now_ms + wait_ms,
                              .told = told,
                              .data = data};
    append(inbox, ask);
    if (ask->next_ms < inbox->due_ms)
        set_due(inbox, ask->next_ms);
    return ask;
}

void inbox_hurry(struct inbox_ask *ask)
{
    ask->until_ms = ask->next_ms = loop_now_ms(ask->inbox->loop);
    if (!ask->asked)
        set_due(ask->inbox, ask->next_ms);
}
