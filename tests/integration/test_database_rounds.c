/* The ingress's rounds of questions to a real PostgreSQL: one that could not be sent whole spoils
 * none of those behind it. */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdlib.h>

#include "../workers/ingress/database.h"
#include "support/database.h"

enum { TIMEOUT_MS = 10000 };

/* Asks until it is answered; the first time there is no memory behind what was sent already. */
struct asker {
    struct loop *loop;
    int asked, failed, answer;
    int64_t answered;
};

static bool wants(void *data)
{
    const struct asker *asker = data;

    return asker->answered == 0;
}

static int queue(void *data, struct pg *pg, struct arena *arena)
{
    static const struct pg_param nowhere = {.type = PG_INT8, .size = -1};
    struct asker *asker = data;
    int r;

    (void)arena;
    asker->answer = pg_add(pg, "select 42::int8", NULL, 0);
    if (asker->answer < 0 || asker->asked++ > 0)
        return asker->answer;
    r = pg_push(pg);
    CU_ASSERT_EQUAL(r, 0);
    r = pg_add(pg, "select $1::int8", &nowhere, 1);
    CU_ASSERT_EQUAL(r, -ENOMEM);
    return r;
}

static void take(void *data, struct pg *pg)
{
    struct asker *asker = data;

    asker->answered = pg_get_int8(pg_rows(pg, asker->answer), 0, 0);
    loop_stop(asker->loop);
}

static void fail(void *data)
{
    struct asker *asker = data;

    asker->failed++;
}

static void give_up(void *data)
{
    struct asker *asker = data;

    loop_stop(asker->loop);
}

void test_a_round_without_memory_behind_what_was_sent_is_forgotten(void)
{
    struct config config = {.ingress_database_url = getenv("IDPMC_INGRESS_DATABASE_URL"),
                            .database_edge_ms = TIMEOUT_MS,
                            .database_connect_ms = TIMEOUT_MS};
    struct asker asker = {.loop = loop_new()};
    struct database_part part = {
        .wants = wants, .queue = queue, .take = take, .fail = fail, .data = &asker};
    struct loop_timer *timer = loop_timer_new(asker.loop, give_up, &asker);
    struct database *database;

    database_ready();
    database = database_new(asker.loop, &config);
    CU_ASSERT_FATAL(timer && database);
    database_add(database, &part);
    loop_timer_start(timer, TIMEOUT_MS, 0);
    loop_run(asker.loop);
    CU_ASSERT_EQUAL(asker.answered, 42);
    CU_ASSERT(asker.failed >= 1);
    database_free(database);
    loop_timer_free(timer);
    loop_free(asker.loop);
}
