/* shared/pg against the real server that DATABASE_URL names: values, errors, volume, loss. */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "pg/pg.h"

enum { TIMEOUT_MS = 30000 };

struct fixture {
    struct pg *pg;
    struct arena *arena;
};

static struct fixture set_up(void)
{
    const char *url = getenv("DATABASE_URL");
    struct fixture f;

    CU_ASSERT_PTR_NOT_NULL_FATAL(url);
    f.pg = pg_connect(url, "test_pg");
    f.arena = arena_new((size_t)256 << 20);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f.pg);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f.arena);
    return f;
}

static void tear_down(struct fixture *f)
{
    pg_close(f->pg);
    arena_free(f->arena);
}

/* One statement, one round trip, its answer. */
static const struct pg_rows *ask(struct pg *pg, const char *sql, const struct pg_param *params,
                                 size_t count)
{
    int answer = pg_add(pg, sql, params, count);

    CU_ASSERT_FATAL(answer >= 0);
    CU_ASSERT_EQUAL_FATAL(pg_wait(pg, TIMEOUT_MS), 0);
    return pg_rows(pg, answer);
}

static int64_t ask_number(struct pg *pg, const char *sql)
{
    return pg_get_int8(ask(pg, sql, NULL, 0), 0, 0);
}

/* One statement that fails; its SQLSTATE is as expected. */
static void fails(struct pg *pg, const char *sql, const char *sqlstate)
{
    CU_ASSERT_FATAL(pg_add(pg, sql, NULL, 0) >= 0);
    CU_ASSERT_EQUAL(pg_wait(pg, TIMEOUT_MS), -EPROTO);
    CU_ASSERT_STRING_EQUAL(pg_failure(pg)->sqlstate, sqlstate);
}

void test_values_come_back_as_they_went(void)
{
    struct fixture f = set_up();
    struct uuid uuid = uuid_v7(0);
    const struct pg_param params[] = {
        pg_uuid(f.arena, uuid),
        pg_int4(f.arena, INT32_MIN),
        pg_int8(f.arena, INT64_MAX),
        pg_bool(f.arena, true),
        pg_date(f.arena, date_of(1970, 1, 1)),
        pg_timestamp(f.arena, (struct timestamp){-1}),
        pg_text(f.arena, span_text("grün")),
        pg_bytea(f.arena, span_of("a\0b", 3)),
        {.type = PG_TEXT},
    };
    const struct pg_rows *rows = ask(f.pg, "select $1, $2, $3, $4, $5, $6, $7, $8, $9", params, 9);

    CU_ASSERT_EQUAL_FATAL(pg_row_count(rows), 1);
    CU_ASSERT_EQUAL(pg_column_count(rows), 9);
    CU_ASSERT_EQUAL(pg_column_type(rows, 4), PG_DATE);
    struct uuid got = pg_get_uuid(rows, 0, 0);
    CU_ASSERT_EQUAL(memcmp(got.bytes, uuid.bytes, 16), 0);
    CU_ASSERT_EQUAL(pg_get_int4(rows, 0, 1), INT32_MIN);
    CU_ASSERT_EQUAL(pg_get_int8(rows, 0, 2), INT64_MAX);
    CU_ASSERT_TRUE(pg_get_bool(rows, 0, 3));
    CU_ASSERT_EQUAL(pg_get_date(rows, 0, 4).days, 0);
    CU_ASSERT_EQUAL(pg_get_timestamp(rows, 0, 5).us, -1);
    CU_ASSERT_TRUE(span_is(pg_value(rows, 0, 6), "grün"));
    CU_ASSERT_TRUE(span_equal(pg_value(rows, 0, 7), span_of("a\0b", 3)));
    CU_ASSERT_TRUE(pg_null(rows, 0, 8));
    tear_down(&f);
}

void test_the_server_reads_dates_and_times_as_we_mean_them(void)
{
    struct fixture f = set_up();
    const struct pg_param params[] = {
        pg_date(f.arena, date_of(2026, 11, 22)),
        pg_timestamp(f.arena, (struct timestamp){1795370400000000}),
    };

    CU_ASSERT_TRUE(pg_get_bool(ask(f.pg,
                                   "select $1 = date '2026-11-22' and $2 = timestamptz "
                                   "'2026-11-22 18:00:00+00'",
                                   params, 2),
                               0, 0));
    tear_down(&f);
}

void test_arrays_unnest_in_their_order(void)
{
    struct fixture f = set_up();
    struct pg_array numbers, words;

    pg_array_init(&numbers, f.arena, PG_INT8, 3);
    pg_array_init(&words, f.arena, PG_TEXT, 3);
    for (int i = 0; i < 3; i++) {
        pg_array_add_int8(&numbers, 10 * i);
        if (i == 1)
            pg_array_add(&words, NULL, 0);
        else
            pg_array_add_span(&words, span_text(i ? "two" : ""));
    }
    const struct pg_param params[] = {pg_array_param(&numbers), pg_array_param(&words)};
    const struct pg_rows *rows = ask(f.pg, "select n, w from unnest($1, $2) u(n, w)", params, 2);

    CU_ASSERT_EQUAL_FATAL(pg_row_count(rows), 3);
    CU_ASSERT_EQUAL(pg_get_int8(rows, 2, 0), 20);
    CU_ASSERT_TRUE(!pg_null(rows, 0, 1) && pg_value(rows, 0, 1).size == 0);
    CU_ASSERT_TRUE(pg_null(rows, 1, 1));
    CU_ASSERT_TRUE(span_is(pg_value(rows, 2, 1), "two"));
    tear_down(&f);
}

void test_an_empty_array_is_no_rows(void)
{
    struct fixture f = set_up();
    struct pg_array none;

    pg_array_init(&none, f.arena, PG_UUID, 0);
    struct pg_param param = pg_array_param(&none);
    CU_ASSERT_EQUAL(pg_row_count(ask(f.pg, "select unnest($1)", &param, 1)), 0);
    tear_down(&f);
}

void test_a_value_of_another_size_reads_as_zero(void)
{
    struct fixture f = set_up();
    const struct pg_rows *rows = ask(f.pg, "select 7::int2, null::int8", NULL, 0);

    CU_ASSERT_EQUAL(pg_get_int4(rows, 0, 0), 0);
    CU_ASSERT_EQUAL(pg_get_int8(rows, 0, 1), 0);
    tear_down(&f);
}

void test_infinity_reads_as_the_nearest_number(void)
{
    struct fixture f = set_up();
    const struct pg_rows *rows =
        ask(f.pg, "select date 'infinity', timestamptz 'infinity'", NULL, 0);

    CU_ASSERT_EQUAL(pg_get_date(rows, 0, 0).days, INT32_MAX);
    CU_ASSERT_EQUAL(pg_get_timestamp(rows, 0, 1).us, INT64_MAX);
    tear_down(&f);
}

void test_a_round_trip_answers_each_statement_in_order(void)
{
    struct fixture f = set_up();

    for (int i = 0; i < 20; i++) {
        struct pg_param number = pg_int4(f.arena, i);
        CU_ASSERT_EQUAL(pg_add(f.pg, "select $1", &number, 1), i);
    }
    CU_ASSERT_EQUAL_FATAL(pg_wait(f.pg, TIMEOUT_MS), 0);
    for (int i = 0; i < 20; i++)
        CU_ASSERT_EQUAL(pg_get_int4(pg_rows(f.pg, i), 0, 0), i);
    CU_ASSERT_EQUAL(pg_stats(f.pg).round_trips, 1);
    CU_ASSERT_EQUAL(pg_stats(f.pg).statements, 20);
    CU_ASSERT_PTR_NULL(pg_rows(f.pg, 20));
    CU_ASSERT_PTR_NULL(pg_rows(f.pg, -1));
    tear_down(&f);
}

void test_a_text_is_prepared_once_wherever_it_stands(void)
{
    struct fixture f = set_up();
    char copy[] = "select 1::int8";

    ask_number(f.pg, "select 1::int8");
    ask_number(f.pg, copy);
    CU_ASSERT_EQUAL(ask_number(f.pg,
                               "select count(*) from pg_prepared_statements where statement like "
                               "'select 1%'"),
                    1);
    tear_down(&f);
}

void test_a_text_with_other_types_is_another_statement(void)
{
    struct fixture f = set_up();
    struct pg_param number = pg_int8(f.arena, 5), text = pg_text(f.arena, span_text("five"));

    CU_ASSERT_EQUAL(pg_get_int8(ask(f.pg, "select $1", &number, 1), 0, 0), 5);
    CU_ASSERT_TRUE(span_is(pg_value(ask(f.pg, "select $1", &text, 1), 0, 0), "five"));
    tear_down(&f);
}

void test_rows_changed_are_counted(void)
{
    struct fixture f = set_up();

    ask(f.pg, "create temp table t (n int4)", NULL, 0);
    CU_ASSERT_EQUAL(pg_affected(ask(f.pg, "insert into t select generate_series(1, 7)", NULL, 0)),
                    7);
    CU_ASSERT_EQUAL(pg_affected(ask(f.pg, "update t set n = 0 where n > 4", NULL, 0)), 3);
    tear_down(&f);
}

void test_after_an_error_the_rest_is_skipped_and_the_connection_goes_on(void)
{
    struct fixture f = set_up();

    ask(f.pg, "create temp table t (n int4 primary key)", NULL, 0);
    CU_ASSERT_EQUAL(pg_add(f.pg, "begin isolation level repeatable read", NULL, 0), 0);
    CU_ASSERT_EQUAL(pg_add(f.pg, "insert into t values (1)", NULL, 0), 1);
    CU_ASSERT_EQUAL(pg_add(f.pg, "insert into t values (1)", NULL, 0), 2);
    CU_ASSERT_EQUAL(pg_add(f.pg, "insert into t values (2)", NULL, 0), 3);
    CU_ASSERT_EQUAL(pg_add(f.pg, "commit", NULL, 0), 4);
    CU_ASSERT_EQUAL(pg_wait(f.pg, TIMEOUT_MS), -EPROTO);
    CU_ASSERT_STRING_EQUAL(pg_failure(f.pg)->sqlstate, "23505");
    CU_ASSERT_EQUAL(pg_failure(f.pg)->answer, 2);
    CU_ASSERT_PTR_NULL(strstr(pg_failure(f.pg)->message, "(1)"));
    CU_ASSERT_EQUAL(pg_row_count(pg_rows(f.pg, 3)), 0);
    CU_ASSERT_TRUE(pg_in_transaction(f.pg));
    ask(f.pg, "rollback", NULL, 0);
    CU_ASSERT_FALSE(pg_in_transaction(f.pg));
    CU_ASSERT_EQUAL(ask_number(f.pg, "select count(*) from t"), 0);
    tear_down(&f);
}

void test_what_was_skipped_before_it_was_prepared_is_prepared_later(void)
{
    struct fixture f = set_up();

    CU_ASSERT_FATAL(pg_add(f.pg, "select 1 / 0", NULL, 0) >= 0);
    CU_ASSERT_FATAL(pg_add(f.pg, "select 42::int8", NULL, 0) >= 0);
    CU_ASSERT_EQUAL(pg_wait(f.pg, TIMEOUT_MS), -EPROTO);
    CU_ASSERT_EQUAL(ask_number(f.pg, "select 42::int8"), 42);
    tear_down(&f);
}

void test_a_statement_that_cannot_be_prepared_names_itself(void)
{
    struct fixture f = set_up();

    CU_ASSERT_FATAL(pg_add(f.pg, "select 1", NULL, 0) >= 0);
    CU_ASSERT_FATAL(pg_add(f.pg, "select nothing from nowhere", NULL, 0) >= 0);
    CU_ASSERT_EQUAL(pg_wait(f.pg, TIMEOUT_MS), -EPROTO);
    CU_ASSERT_STRING_EQUAL(pg_failure(f.pg)->sqlstate, "42P01");
    CU_ASSERT_EQUAL(pg_failure(f.pg)->answer, 1);
    CU_ASSERT_EQUAL(pg_failure(f.pg)->position, 21);
    fails(f.pg, "select 1; select 2", "42601");
    tear_down(&f);
}

void test_a_failure_is_forgotten_by_the_next_round_trip(void)
{
    struct fixture f = set_up();

    fails(f.pg, "select 1 / 0", "22012");
    ask_number(f.pg, "select 1::int8");
    CU_ASSERT_STRING_EQUAL(pg_failure(f.pg)->sqlstate, "");
    CU_ASSERT_EQUAL(pg_failure(f.pg)->answer, -1);
    tear_down(&f);
}

void test_a_statement_that_a_migration_outdated_works_on_the_second_try(void)
{
    struct fixture f = set_up();

    ask(f.pg, "create temp table t as select 1 as a", NULL, 0);
    ask(f.pg, "select * from t", NULL, 0);
    ask(f.pg, "alter table t add b int4 default 7", NULL, 0);
    fails(f.pg, "select * from t", "0A000");
    CU_ASSERT_EQUAL(pg_get_int4(ask(f.pg, "select * from t", NULL, 0), 0, 1), 7);
    tear_down(&f);
}

void test_a_parameter_without_memory_sends_nothing(void)
{
    struct fixture f = set_up();
    struct arena *tiny = arena_new(64);
    struct pg_param param = pg_text(tiny, span_text("longer than the sixty-four bytes that the "
                                                    "arena may have at the most"));

    CU_ASSERT_EQUAL(ask_number(f.pg, "select 1::int8"), 1);
    CU_ASSERT_EQUAL(pg_add(f.pg, "create temp table never (n int4)", NULL, 0), 0);
    CU_ASSERT_EQUAL(pg_add(f.pg, "select length($1)", &param, 1), -ENOMEM);
    CU_ASSERT_EQUAL(pg_add(f.pg, "select 2", NULL, 0), -ENOMEM);
    CU_ASSERT_EQUAL(pg_wait(f.pg, TIMEOUT_MS), -ENOMEM);
    fails(f.pg, "select n from never", "42P01");
    arena_free(tiny);
    tear_down(&f);
}

void test_too_many_parameters_are_refused(void)
{
    struct fixture f = set_up();
    struct pg_param params[PG_MAX_PARAMS + 1] = {0};

    CU_ASSERT_EQUAL(pg_add(f.pg, "select 1", params, PG_MAX_PARAMS + 1), -E2BIG);
    tear_down(&f);
}

void test_what_was_queued_can_be_dropped(void)
{
    struct fixture f = set_up();

    CU_ASSERT_FATAL(pg_add(f.pg, "create temp table never (n int4)", NULL, 0) >= 0);
    pg_clear(f.pg);
    fails(f.pg, "select n from never", "42P01");
    tear_down(&f);
}

/* It takes effect although nothing behind it is sent yet, and what comes later belongs to the same
 * round trip. */
void test_what_is_pushed_begins_before_the_rest_is_known(void)
{
    struct fixture f = set_up(), other = set_up();
    int first, second;

    CU_ASSERT_EQUAL_FATAL(pg_wait(f.pg, TIMEOUT_MS), 0);
    first = pg_add(f.pg, "select pg_advisory_lock(4711), 1::int8", NULL, 0);
    CU_ASSERT_EQUAL_FATAL(pg_push(f.pg), 0);
    while (ask_number(other.pg, "select count(*) from pg_locks where locktype = 'advisory'"
                                " and objid = 4711") == 0)
        poll(NULL, 0, 10);
    second = pg_add(f.pg, "select 2::int8", NULL, 0);
    CU_ASSERT_EQUAL_FATAL(pg_wait(f.pg, TIMEOUT_MS), 0);
    CU_ASSERT_EQUAL(pg_get_int8(pg_rows(f.pg, first), 0, 1), 1);
    CU_ASSERT_EQUAL(pg_get_int8(pg_rows(f.pg, second), 0, 0), 2);
    CU_ASSERT_EQUAL(pg_stats(f.pg).round_trips, 1);
    tear_down(&other);
    tear_down(&f);
}

void test_what_was_pushed_can_be_dropped_with_the_rest(void)
{
    struct fixture f = set_up();

    CU_ASSERT_EQUAL_FATAL(pg_wait(f.pg, TIMEOUT_MS), 0);
    CU_ASSERT_EQUAL(pg_add(f.pg, "begin", NULL, 0), 0);
    CU_ASSERT_EQUAL(pg_add(f.pg, "select 1 / 0", NULL, 0), 1);
    CU_ASSERT_EQUAL(pg_push(f.pg), 0);
    pg_clear(f.pg); /* cannot take it back */
    CU_ASSERT_EQUAL(pg_add(f.pg, "create table never (n int4)", NULL, 0), 2);
    CU_ASSERT_EQUAL(pg_drop(f.pg, TIMEOUT_MS), 0);
    CU_ASSERT_TRUE(pg_in_transaction(f.pg));
    CU_ASSERT_EQUAL(pg_add(f.pg, "rollback", NULL, 0), 0);
    CU_ASSERT_EQUAL(pg_wait(f.pg, TIMEOUT_MS), 0);
    fails(f.pg, "select n from never", "42P01");
    CU_ASSERT_EQUAL(ask_number(f.pg, "select 3::int8"), 3);
    tear_down(&f);
}

/* Nothing behind a statement that had no memory is sent, and what was sent is answered. */
void test_without_memory_behind_a_push_the_round_trip_is_dropped(void)
{
    struct fixture f = set_up();
    struct arena *tiny = arena_new(64);
    struct pg_param param = pg_text(
        tiny,
        span_of("0123456789012345678901234567890123456789012345678901234567890123456789", 70));

    CU_ASSERT_EQUAL(param.size, -1);
    CU_ASSERT_EQUAL_FATAL(pg_wait(f.pg, TIMEOUT_MS), 0);
    CU_ASSERT_EQUAL(pg_add(f.pg, "select 1", NULL, 0), 0);
    CU_ASSERT_EQUAL(pg_push(f.pg), 0);
    CU_ASSERT_EQUAL(pg_add(f.pg, "select length($1)", &param, 1), -ENOMEM);
    CU_ASSERT_EQUAL(pg_push(f.pg), -ENOMEM);
    CU_ASSERT_EQUAL(pg_pump(f.pg), -ENOMEM);
    CU_ASSERT_EQUAL(pg_drop(f.pg, TIMEOUT_MS), 0);
    CU_ASSERT_EQUAL(ask_number(f.pg, "select 3::int8"), 3);
    arena_free(tiny);
    tear_down(&f);
}

void test_nothing_can_be_queued_while_a_round_trip_is_under_way(void)
{
    struct fixture f = set_up();

    CU_ASSERT_EQUAL_FATAL(pg_wait(f.pg, TIMEOUT_MS), 0);
    CU_ASSERT_EQUAL(pg_add(f.pg, "select pg_sleep(0.1)", NULL, 0), 0);
    CU_ASSERT_EQUAL(pg_pump(f.pg), 0);
    CU_ASSERT_EQUAL(pg_add(f.pg, "select 1", NULL, 0), -EBUSY);
    CU_ASSERT_EQUAL(pg_wait(f.pg, TIMEOUT_MS), 0);
    tear_down(&f);
}

/* Both sides' buffers fill: a client that only wrote, or only read, would wait for ever. */
void test_fifty_megabytes_each_way_do_not_deadlock(void)
{
    struct fixture f = set_up();
    enum { PIECE = 1 << 20, PIECES = 50 };
    char *piece = calloc(1, PIECE);
    struct pg_param param = pg_bytea(f.arena, span_of(piece, PIECE));

    for (int i = 0; i < PIECES; i++)
        CU_ASSERT_EQUAL(pg_add(f.pg, "select $1", &param, 1), i);
    CU_ASSERT_EQUAL_FATAL(pg_wait(f.pg, TIMEOUT_MS), 0);
    for (int i = 0; i < PIECES; i++)
        CU_ASSERT_EQUAL(pg_value(pg_rows(f.pg, i), 0, 0).size, PIECE);
    free(piece);
    tear_down(&f);
}

void test_a_statement_that_takes_too_long_times_out(void)
{
    struct fixture f = set_up();
    int64_t before;

    CU_ASSERT_EQUAL_FATAL(pg_wait(f.pg, TIMEOUT_MS), 0);
    CU_ASSERT_FATAL(pg_add(f.pg, "select pg_sleep(60)", NULL, 0) >= 0);
    before = monotonic_ms();
    CU_ASSERT_EQUAL(pg_wait(f.pg, 100), -ETIMEDOUT);
    CU_ASSERT_TRUE(monotonic_ms() - before < 30000);
    pg_close(f.pg); /* and closing does not wait for it */
    f.pg = NULL;
    CU_ASSERT_TRUE(monotonic_ms() - before < 30000);
    tear_down(&f);
}

/* The haste may come while it waits. */
static void *hurry_soon(void *data)
{
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    atomic_store((atomic_bool *)data, true);
    return NULL;
}

void test_who_has_to_hurry_does_not_wait_for_a_server_that_hangs(void)
{
    struct fixture f = set_up();
    atomic_bool hurry = false;
    pthread_t thread;
    int64_t before;

    pg_hurry_when(f.pg, &hurry, 200);
    CU_ASSERT_EQUAL_FATAL(pg_wait(f.pg, TIMEOUT_MS), 0);
    CU_ASSERT_FATAL(pg_add(f.pg, "select pg_sleep(60)", NULL, 0) >= 0);
    before = monotonic_ms();
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, hurry_soon, &hurry), 0);
    CU_ASSERT_EQUAL(pg_wait(f.pg, 60000), -ETIMEDOUT);
    CU_ASSERT_TRUE(monotonic_ms() - before < 30000);
    pthread_join(thread, NULL);
    tear_down(&f);
}

void test_who_has_to_hurry_still_gets_what_comes_in_time(void)
{
    struct fixture f = set_up();
    atomic_bool hurry = true;

    pg_hurry_when(f.pg, &hurry, TIMEOUT_MS);
    CU_ASSERT_EQUAL_FATAL(pg_wait(f.pg, TIMEOUT_MS), 0);
    CU_ASSERT_FATAL(pg_add(f.pg, "select pg_sleep(0.3)", NULL, 0) >= 0);
    CU_ASSERT_EQUAL(pg_wait(f.pg, TIMEOUT_MS), 0);
    tear_down(&f);
}

void test_a_session_that_the_server_ends_says_why(void)
{
    struct fixture f = set_up();

    CU_ASSERT_FATAL(pg_add(f.pg, "select pg_terminate_backend(pg_backend_pid())", NULL, 0) >= 0);
    CU_ASSERT_EQUAL(pg_wait(f.pg, TIMEOUT_MS), -EIO);
    CU_ASSERT_STRING_EQUAL(pg_failure(f.pg)->sqlstate, "57P01");
    CU_ASSERT_EQUAL(pg_failure(f.pg)->answer, -1);
    CU_ASSERT_EQUAL(pg_pump(f.pg), -EIO);
    tear_down(&f);
}

void test_a_session_that_ended_while_idle_is_tried_again(void)
{
    struct fixture f = set_up(), other = set_up();
    struct pg_param pid;

    pid = pg_int4(f.arena, pg_get_int4(ask(f.pg, "select pg_backend_pid()", NULL, 0), 0, 0));
    ask(other.pg, "select pg_terminate_backend($1, 5000)", &pid, 1);
    CU_ASSERT_FATAL(pg_add(f.pg, "select 1", NULL, 0) >= 0);
    CU_ASSERT_EQUAL(pg_wait(f.pg, TIMEOUT_MS), -EIO);
    CU_ASSERT_EQUAL(pg_classify(pg_failure(f.pg)->sqlstate), PG_RETRY);
    tear_down(&f);
    tear_down(&other);
}

static void cannot_connect(const char *conninfo, const char *sqlstate, int timeout_ms, int result)
{
    struct pg *pg = pg_connect(conninfo, "test_pg");

    CU_ASSERT_PTR_NOT_NULL_FATAL(pg);
    CU_ASSERT_EQUAL(pg_wait(pg, timeout_ms), result);
    CU_ASSERT_STRING_EQUAL(pg_failure(pg)->sqlstate, sqlstate);
    CU_ASSERT_EQUAL(pg_failure(pg)->answer, -1);
    pg_close(pg);
}

void test_a_refused_connection_has_a_reason(void)
{
    char unknown[512];

    snprintf(unknown, sizeof unknown, "%s%sdbname=no_such_database", getenv("DATABASE_URL"),
             strchr(getenv("DATABASE_URL"), '?') ? "&" : "?");
    cannot_connect("host=127.0.0.1 port=1", "08000", TIMEOUT_MS, -EIO);
    cannot_connect("no=such=option", "08000", TIMEOUT_MS, -EIO);
    cannot_connect(unknown, "3D000", TIMEOUT_MS, -EIO);
}

/* More than the server keeps to itself before it sends. */
static const char much_sql[] = "select repeat('x', 65536)";

void test_an_answer_can_be_had_before_those_behind_it(void)
{
    struct fixture f = set_up();
    const int first = pg_add(f.pg, "select 7::int8", NULL, 0);
    int much = pg_add(f.pg, much_sql, NULL, 0), last = pg_add(f.pg, "select pg_sleep(1)", NULL, 0);

    CU_ASSERT_EQUAL_FATAL(pg_wait_answer(f.pg, first, TIMEOUT_MS), 0);
    CU_ASSERT_EQUAL(pg_get_int8(pg_rows(f.pg, first), 0, 0), 7);
    CU_ASSERT_EQUAL(pg_add(f.pg, "select 1", NULL, 0), -EBUSY); /* the round is not over */
    CU_ASSERT_PTR_NULL(pg_rows(f.pg, last));
    CU_ASSERT_EQUAL_FATAL(pg_wait_answer(f.pg, last, TIMEOUT_MS), 0);
    CU_ASSERT_EQUAL(pg_wait(f.pg, TIMEOUT_MS), 0);
    CU_ASSERT_EQUAL(pg_get_int8(pg_rows(f.pg, first), 0, 0), 7);
    CU_ASSERT_EQUAL(pg_value(pg_rows(f.pg, much), 0, 0).size, 65536);
    CU_ASSERT_EQUAL(pg_wait_answer(f.pg, first, 0), 0); /* also afterwards */
    tear_down(&f);
}

void test_a_round_trip_that_is_under_way_can_be_dropped(void)
{
    struct fixture f = set_up();
    int first = pg_add(f.pg, "begin", NULL, 0);

    CU_ASSERT_FATAL(first >= 0 && pg_add(f.pg, much_sql, NULL, 0) >= 0);
    CU_ASSERT_FATAL(pg_add(f.pg, "select pg_sleep(0.3)", NULL, 0) >= 0);
    CU_ASSERT_EQUAL_FATAL(pg_wait_answer(f.pg, first, TIMEOUT_MS), 0);
    CU_ASSERT_EQUAL(pg_drop(f.pg, TIMEOUT_MS), 0);
    CU_ASSERT_TRUE(pg_in_transaction(f.pg));
    CU_ASSERT_FATAL(pg_add(f.pg, "rollback", NULL, 0) >= 0);
    CU_ASSERT_EQUAL(pg_wait(f.pg, TIMEOUT_MS), 0);
    CU_ASSERT_EQUAL(ask_number(f.pg, "select 7::int8"), 7);
    tear_down(&f);
}

void test_who_waits_for_an_answer_hears_of_a_failure_at_the_rounds_end(void)
{
    struct fixture f = set_up();
    const int first = pg_add(f.pg, "select 1 / 0", NULL, 0);
    int last = pg_add(f.pg, much_sql, NULL, 0);

    CU_ASSERT_EQUAL(pg_wait_answer(f.pg, first, TIMEOUT_MS), -EPROTO);
    CU_ASSERT_EQUAL(pg_wait_answer(f.pg, last, TIMEOUT_MS), -EPROTO);
    CU_ASSERT_STRING_EQUAL(pg_failure(f.pg)->sqlstate, "22012");
    CU_ASSERT_EQUAL(ask_number(f.pg, "select 1::int8"), 1); /* idle, and of use */
    tear_down(&f);
}

/* A listener that accepts and says nothing. */
void test_a_server_that_is_silent_times_out(void)
{
    struct fixture f = set_up();
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_storage address = {.ss_family = AF_INET};
    socklen_t size = sizeof address;
    char conninfo[64];
    uint16_t port;

    CU_ASSERT_EQUAL_FATAL(listen(fd, 1), 0);
    CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    memcpy(&port, (char *)&address + 2, sizeof port);
    snprintf(conninfo, sizeof conninfo, "host=127.0.0.1 port=%d", (port & 255) << 8 | port >> 8);
    cannot_connect(conninfo, "08000", 200, -ETIMEDOUT);
    close(fd);
    tear_down(&f);
}

void test_a_script_runs_all_or_says_which_statement_failed(void)
{
    struct fixture f = set_up();

    CU_ASSERT_EQUAL(
        pg_script(f.pg, "create temp table t (n int4); insert into t values (1), (2)", TIMEOUT_MS),
        0);
    CU_ASSERT_EQUAL(ask_number(f.pg, "select count(*) from t"), 2);
    CU_ASSERT_EQUAL(
        pg_script(f.pg, "insert into t values (3); select 1/0; drop table t", TIMEOUT_MS), -EPROTO);
    CU_ASSERT_STRING_EQUAL(pg_failure(f.pg)->sqlstate, "22012");
    CU_ASSERT_EQUAL(pg_failure(f.pg)->answer, 1);
    CU_ASSERT_EQUAL(ask_number(f.pg, "select count(*) from t"), 2);
    CU_ASSERT_EQUAL(pg_script(f.pg, "select 1;\nselect x", TIMEOUT_MS), -EPROTO);
    CU_ASSERT_EQUAL(pg_failure(f.pg)->position, 18);
    CU_ASSERT_EQUAL(pg_script(f.pg, "select pg_sleep(5)", 100), -ETIMEDOUT);
    tear_down(&f);
}
