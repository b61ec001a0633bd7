/* Plans that are made on empty tables stay until autovacuum looks: so each statement of the runtime
 * and of every worker must find its rows by an index from the first day on. The database is a
 * scratch one, migrated and empty; each statement is planned as the module's own role. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "pg/pg.h"
#include "runtime/lane_state.h"
#include "runtime/uow_map.h"
#include "support/database.h"

enum { TIMEOUT_MS = 30000, SQL_BYTES = 8192, LOOKS_MAX = 128, LOOK_BYTES = 512 };

static const char *scratch_name(void)
{
    static char name[64];

    snprintf(name, sizeof name, "plans_%d", (int)getpid());
    return name;
}

/* The URL in this variable, with the scratch database in it. */
static void scratch_url(const char *variable, char url[static 1024])
{
    const char *text = getenv(variable), *slash = text ? strrchr(text, '/') : NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(slash);
    snprintf(url, 1024, "%.*s/%s", (int)(slash - text), text, scratch_name());
}

/* After the last test, where nothing can be asserted any more. */
static void drop_scratch(void)
{
    struct pg *pg = pg_connect(getenv("DATABASE_URL"), "test_plans");
    char text[128];

    snprintf(text, sizeof text, "drop database if exists %s with (force)", scratch_name());
    if (!pg || pg_wait(pg, TIMEOUT_MS) < 0 || pg_script(pg, text, TIMEOUT_MS) < 0)
        printf("# the scratch database was not dropped\n");
    pg_close(pg);
}

static void make_scratch(void)
{
    static bool made;
    char url[1024], command[4096];

    if (made)
        return;
    made = true;
    sql("create database %s", scratch_name());
    atexit(drop_scratch);
    scratch_url("IDPMC_DATABASE_URL", url);
    snprintf(command, sizeof command,
             "IDPMC_DATABASE_URL='%s' \"$BIN/fleetctl\" migrate --migrations migrations"
             " --migrations tests/support/tally/migrations >/dev/null",
             url);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
}

static struct pg *as_module(const char *module)
{
    char variable[64] = "IDPMC_", url[1024];
    struct pg *pg;

    for (size_t i = 0; module[i]; i++)
        variable[6 + i] = (char)(module[i] - 'a' + 'A');
    strcat(variable, "_DATABASE_URL");
    scratch_url(variable, url);
    pg = pg_connect(url, "test_plans");
    CU_ASSERT_FATAL(pg && pg_wait(pg, TIMEOUT_MS) == 0);
    return pg;
}

/* Every look into a table goes by an index with a condition on it. */
static bool is_by_index(const struct pg_rows *plan)
{
    bool open = false; /* an index scan whose condition did not come yet */

    for (size_t row = 0; row < pg_row_count(plan); row++) {
        char line[1024];
        struct span text = pg_value(plan, row, 0);

        snprintf(line, sizeof line, "%.*s", (int)text.size, text.data);
        if (strstr(line, "Seq Scan on"))
            return false;
        if (strstr(line, "Index Cond:"))
            open = false;
        else if (strstr(line, "->") && open)
            return false;
        if (strstr(line, "Index Scan") || strstr(line, "Index Only Scan"))
            open = true;
    }
    return !open && pg_row_count(plan) > 0;
}

static bool has_line(const struct pg_rows *plan, const char *text)
{
    for (size_t row = 0; row < pg_row_count(plan); row++)
        if (memmem(pg_value(plan, row, 0).data, pg_value(plan, row, 0).size, text, strlen(text)))
            return true;
    return false;
}

static void print_plan(const struct pg_rows *plan)
{
    for (size_t row = 0; row < pg_row_count(plan); row++)
        printf("#   %.*s\n", (int)pg_value(plan, row, 0).size, pg_value(plan, row, 0).data);
}

/* `types` as PREPARE has them: "uuid, uuid[]". The plan must have a line with `also` (NULL: none).
 */
static void check_plan_also(struct pg *pg, const char *name, const char *statement,
                            const char *types, const char *also)
{
    static char looks[LOOKS_MAX]
                     [LOOK_BYTES]; /* a connection remembers the texts of its statements */
    static size_t count;
    char text[SQL_BYTES], nulls[256] = "null", *look = looks[count++];
    int answer;

    CU_ASSERT_FATAL(count <= LOOKS_MAX);

    for (const char *c = types; *c; c++)
        if (*c == ',')
            strcat(nulls, ", null");
    snprintf(text, sizeof text, "prepare looked_at (%s) as %s", types, statement);
    if (pg_script(pg, text, TIMEOUT_MS) < 0) {
        printf("# %s: %s\n", name, pg_failure(pg)->message);
        CU_FAIL("the statement above cannot be prepared");
        return;
    }
    snprintf(look, LOOK_BYTES, "explain (costs off) execute looked_at (%s) -- %s", nulls, name);
    answer = pg_add(pg, look, NULL, 0);
    CU_ASSERT_FATAL(answer >= 0);
    CU_ASSERT_EQUAL_FATAL(pg_wait(pg, TIMEOUT_MS), 0);
    if (!is_by_index(pg_rows(pg, answer)) || (also && !has_line(pg_rows(pg, answer), also))) {
        printf("# %s:\n", name);
        print_plan(pg_rows(pg, answer));
        CU_FAIL("the plan above does not go by an index, or not by the right one");
    }
    CU_ASSERT_EQUAL_FATAL(pg_script(pg, "deallocate looked_at", TIMEOUT_MS), 0);
}

static void check_plan(struct pg *pg, const char *name, const char *statement, const char *types)
{
    check_plan_also(pg, name, statement, types, NULL);
}

/* A few blocks of the heap, and for what failed a look at its dead letter. */
static void check_sweep(struct pg *pg, const struct lane_sql *lane)
{
    static const char types[] = "int8, int8, int4";

    check_plan_also(pg, "inbox_delete", lane->inbox_delete, types, "Tid Range Scan on inbox");
    check_plan_also(pg, "inbox_delete, its letters", lane->inbox_delete, types,
                    "using dead_open_ids on dead");
}

static void check_parking(struct pg *pg, const struct lane_sql *lane)
{
    check_plan(pg, "park_find", lane->park_find, "int4[]");
    check_plan(pg, "park_add", lane->park_add,
               "text[], int4[], int8[], int4[], bytea[], bytea[], bytea[], timestamptz[], uuid[],"
               " uuid[], text[], text[], text[], int4[], text[], int8[]");
    check_plan(pg, "park_due", lane->park_due, "text[], int4[], int4");
    check_plan(pg, "park_try", lane->park_try, "text, int4, int8, int8, int8");
    check_plan(pg, "park_run", lane->park_run, "int4, text, int4, bytea, int4");
    check_plan(pg, "park_failed", lane->park_failed, "text, int4, int8, text, bool");
    check_plan(pg, "park_released", lane->park_released, "text, int4, int8, int8");
    check_plan(pg, "park_done", lane->park_done, "text, int4, int8[], int4, bytea");
    check_plan(pg, "park_wake", lane->park_wake, "int4, text, int4, bytea");
}

void test_the_runtimes_statements_go_by_an_index_on_a_fresh_database(void)
{
    make_scratch();
    for (size_t i = 0; workers[i]; i++) {
        struct pg *pg = as_module(workers[i]->name);
        struct lane_sql lane;

        CU_ASSERT_EQUAL_FATAL(lane_sql_init(&lane, workers[i]->name), 0);
        check_plan(pg, "inbox_find", lane.inbox_find, "uuid[], uuid[]");
        check_plan(pg, "inbox_add", lane.inbox_add,
                   "uuid[], uuid[], bytea[], uuid[], text[], int4[]");
        check_plan(pg, "inbox_update", lane.inbox_update, "uuid[], uuid[], int4[]");
        check_sweep(pg, &lane);
        check_plan(pg, "outbox_add", lane.outbox_add, "text[], int4[], int8[], int4[], bytea[]");
        check_plan(pg, "outbox_delete", lane.outbox_delete, "text[], int4[], int8[], int4[]");
        check_plan(pg, "outbox_read", lane.outbox_read, "text[], int4[]");
        check_plan(pg, "dead_add", lane.dead_add,
                   "text[], int4[], int8[], text[], text[], int4[], uuid[], uuid[], text[],"
                   " bytea[], bytea[], bytea[], text[], text[], timestamptz[]");
        check_parking(pg, &lane);
        check_plan(pg, "claim", lane.claim, "text[], int4[], int8[], bytea");
        check_plan(pg, "move", lane.move,
                   "text[], int4[], int8[], int8[], int8[], bytea[], int8[], bytea[]");
        check_plan(pg, "try", lane.try, "text, int4, int8, int8, int8, bool");
        check_plan(pg, "acquit", lane.acquit, "text[], int4[], int8[]");
        check_plan(pg, "permissions", uow_permissions_sql, "uuid, uuid[], text[]");
        check_plan(pg, "coached", uow_coached_sql, "uuid, uuid[], uuid[]");
        lane_sql_deinit(&lane);
        pg_close(pg);
    }
}

static void add_types(char *text, const struct column *columns, unsigned count)
{
    static const char *const names[] = {
        [COLUMN_UUID] = ", uuid[]", [COLUMN_INT4] = ", int4[]",
        [COLUMN_INT8] = ", int8[]", [COLUMN_BOOL] = ", bool[]",
        [COLUMN_DATE] = ", date[]", [COLUMN_TIMESTAMP] = ", timestamptz[]",
        [COLUMN_TEXT] = ", text[]",
    };

    for (unsigned i = 0; i < count; i++)
        strcat(text, names[columns[i].type]);
}

/* The tenant, and an array for each of the first `count` columns. */
static const char *types_of(const struct entity *entity, unsigned count)
{
    static char text[1024];

    strcpy(text, "uuid");
    add_types(text, entity->columns, count);
    return text;
}

/* Those of load_page: owner, filters, the key from which on, and limits. */
static const char *page_types_of(const struct entity *entity)
{
    static char text[1024];

    strcpy(text, "uuid");
    add_types(text, entity->columns, entity->owner_columns);
    add_types(text, entity->filters, entity->filter_count);
    strcat(text, ", uuid[], int4[]");
    return text;
}

static void check_entity(struct pg *pg, const struct entity *entity)
{
    if (entity->load)
        check_plan(pg, entity->name, entity->load, types_of(entity, entity->key_columns));
    if (entity->load_all)
        check_plan(pg, entity->name, entity->load_all, types_of(entity, entity->owner_columns));
    if (entity->load_page)
        check_plan(pg, entity->name, entity->load_page, page_types_of(entity));
    if (entity->save)
        check_plan(pg, entity->name, entity->save, types_of(entity, entity->column_count));
}

void test_every_entitys_statements_go_by_an_index_on_a_fresh_database(void)
{
    make_scratch();
    for (size_t i = 0; workers[i]; i++) {
        struct pg *pg = as_module(workers[i]->name);

        for (const struct entity *const *entity = workers[i]->entities; *entity; entity++)
            check_entity(pg, *entity);
        for (const struct timer *timer = workers[i]->timers; timer && timer->name; timer++)
            check_plan(pg, timer->name, timer->due, "uuid, date, int4");
        pg_close(pg);
    }
}
