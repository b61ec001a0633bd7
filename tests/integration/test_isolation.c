/* A worker's check of isolation finds nothing in a database that the migrations made, and each
 * breach that is planted into it. The database is a scratch one, with the platform's migrations and
 * a small module of the test's own. */
#include "runtime/isolation.h"

#include <CUnit/CUnit.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TIMEOUT_MS = 30000 };

static const char module_sql[] =
    "select platform.create_module('orchard');"
    "create table orchard.trees (tenant uuid, tree uuid, height int4, primary key (tenant, tree));"
    "create index trees_by_height on orchard.trees (tenant, height);"
    "select platform.tenant_table('orchard.trees');"
    "create table orchard.kinds (kind text primary key);"
    "create view orchard_api.trees as select tenant, tree from orchard.trees;"
    "select platform.api_view('orchard_api.trees');"
    "select platform.create_module('other');"
    "create table other.things (tenant uuid, thing uuid, primary key (tenant, thing));"
    "select platform.tenant_table('other.things');";

/* NULL database: the one that DATABASE_URL names. */
static struct pg *operator_of(const char *database)
{
    const char *url = getenv("DATABASE_URL");
    char conninfo[1024];
    struct pg *pg;

    snprintf(conninfo, sizeof conninfo, "%s%s%s", url ? url : "",
             !database                 ? ""
             : url && strchr(url, '?') ? "&dbname="
                                       : "?dbname=",
             database ? database : "");
    pg = pg_connect(conninfo, "test_isolation");
    if (pg && pg_wait(pg, TIMEOUT_MS) < 0)
        printf("# DATABASE_URL: %s\n", pg_failure(pg)->message);
    return pg;
}

static void run(struct pg *pg, const char *sql)
{
    if (pg_script(pg, sql, TIMEOUT_MS) == 0)
        return;
    printf("# %s: %s\n", pg_failure(pg)->message, sql);
    CU_FAIL_FATAL("the SQL above failed");
}

static void run_file(struct pg *pg, const char *path)
{
    FILE *file = fopen(path, "re");
    struct buf sql = {0};
    char line[4096];

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (fgets(line, sizeof line, file))
        buf_add_text(&sql, line);
    fclose(file);
    run(pg, sql.data);
    buf_deinit(&sql);
}

static const char *scratch_name(void)
{
    static char name[64];

    snprintf(name, sizeof name, "isolation_%d", (int)getpid());
    return name;
}

/* After the last test, where nothing can be asserted any more. */
static void drop_scratch(void)
{
    struct pg *pg = operator_of(NULL);
    char sql[256];

    snprintf(sql, sizeof sql, "drop database if exists %s with (force)", scratch_name());
    if (pg_script(pg, sql, TIMEOUT_MS) < 0 ||
        pg_script(pg, "drop role idpmc_orchard; drop role idpmc_other", TIMEOUT_MS) < 0)
        printf("# the scratch database was not dropped: %s\n", pg_failure(pg)->message);
    pg_close(pg);
}

static void make_scratch(void)
{
    struct pg *pg = operator_of(NULL);
    char sql[256];
    glob_t found;

    snprintf(sql, sizeof sql, "create database %s", scratch_name());
    run(pg, sql);
    pg_close(pg);
    atexit(drop_scratch);

    pg = operator_of(scratch_name());
    run(pg, "create schema platform");
    CU_ASSERT_EQUAL_FATAL(glob("migrations/platform/*.sql", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        run_file(pg, found.gl_pathv[i]);
    globfree(&found);
    run(pg, module_sql);
    pg_close(pg);
}

static struct pg *scratch(void)
{
    static bool made;

    if (!made)
        make_scratch();
    made = true;
    return operator_of(scratch_name());
}

/* What the module's role finds after `sql` has run; all of it is rolled back. */
static int check_after(const char *sql, const char *role, const char *module, struct buf *breaches)
{
    struct pg *pg = scratch();
    char set_role[128];
    int r;

    run(pg, "begin");
    run(pg, sql);
    snprintf(set_role, sizeof set_role, "set local role %s; set local search_path = ''", role);
    run(pg, set_role);
    r = isolation_check(pg, module, breaches);
    if (r < 0)
        printf("# %s\n", pg_failure(pg)->message);
    pg_close(pg);
    return r;
}

static void is_breach_of(const char *role, const char *module, const char *sql, const char *breach)
{
    struct buf breaches = {0};

    CU_ASSERT_TRUE(check_after(sql, role, module, &breaches) > 0);
    if (!breaches.data || !strstr(breaches.data, breach)) {
        printf("# wanted: %s\n# after: %s\n# got: %s\n", breach, sql,
               breaches.data ? breaches.data : "nothing");
        CU_FAIL("the breach was not found");
    }
    buf_deinit(&breaches);
}

static void is_breach(const char *sql, const char *breach)
{
    is_breach_of("idpmc_orchard", "orchard", sql, breach);
}

void test_what_the_migrations_made_has_no_breach(void)
{
    struct buf breaches = {0};

    CU_ASSERT_EQUAL(check_after("select 1", "idpmc_orchard", "orchard", &breaches), 0);
    CU_ASSERT_EQUAL(check_after("select 1", "idpmc_other", "other", &breaches), 0);
    CU_ASSERT_EQUAL(check_after("select 1", "idpmc_ingress", "ingress", &breaches), 0);
    CU_ASSERT_EQUAL(breaches.size, 0);
    buf_deinit(&breaches);
}

void test_a_role_that_may_too_much_is_named(void)
{
    is_breach("alter role idpmc_orchard superuser", "role idpmc_orchard may do too much");
    is_breach("alter role idpmc_orchard bypassrls", "role idpmc_orchard may do too much");
    is_breach("alter role idpmc_orchard createrole", "role idpmc_orchard may do too much");
    is_breach("alter role idpmc_orchard createdb", "role idpmc_orchard may do too much");
}

void test_another_modules_role_is_refused(void)
{
    is_breach_of("idpmc_other", "orchard", "select 1",
                 "role idpmc_other: the worker must log in as idpmc_orchard");
}

void test_a_membership_is_named(void)
{
    is_breach("grant idpmc_other to idpmc_orchard",
              "role idpmc_orchard is a member of idpmc_other: revoke");
    is_breach("grant pg_read_all_data to idpmc_orchard", "is a member of pg_read_all_data");
    is_breach("grant pg_write_all_data to idpmc_worker",
              "role idpmc_worker is a member of pg_write_all_data");
}

void test_what_the_role_owns_is_named(void)
{
    is_breach("alter table orchard.trees owner to idpmc_orchard",
              "role idpmc_orchard owns table orchard.trees");
    is_breach("alter schema orchard owner to idpmc_orchard", "owns schema orchard");
}

void test_a_tenant_table_without_row_level_security_is_named(void)
{
    is_breach("alter table orchard.trees no force row level security",
              "table orchard.trees: row-level security is not enabled and forced");
    is_breach("alter table orchard.trees disable row level security",
              "table orchard.trees: row-level security is not enabled and forced");
    is_breach("create table orchard.plain (tenant uuid primary key)",
              "table orchard.plain: row-level");
}

void test_a_table_without_a_tenant_that_the_worker_may_write_is_named(void)
{
    is_breach("grant insert on orchard.kinds to idpmc_orchard", "table orchard.kinds: row-level");
}

void test_a_missing_policy_is_named(void)
{
    is_breach("drop policy one_tenant on orchard.trees", "table orchard.trees has no policy");
}

void test_any_policy_but_the_prescribed_one_is_named(void)
{
    static const char *const planted[] = {
        "create policy all_rows on orchard.trees using (true)",
        "alter policy one_tenant on orchard.trees using (true)",
        "alter policy one_tenant on orchard.trees with check (true)",
        /* once a row, not once a statement */
        "alter policy one_tenant on orchard.trees using"
        " (tenant = nullif(current_setting('app.tenant', true), '')::uuid)",
        "alter policy one_tenant on orchard.trees to idpmc_orchard",
        "drop policy one_tenant on orchard.trees; create policy one_tenant on orchard.trees for "
        "select using"
        " (tenant = (select nullif(current_setting('app.tenant', true), '')::uuid))",
    };

    for (size_t i = 0; i < COUNT_OF(planted); i++)
        is_breach(planted[i], "on orchard.trees is not the prescribed one");
}

void test_a_key_or_index_that_does_not_begin_with_the_tenant_is_named(void)
{
    is_breach("create index by_height on orchard.trees (height)",
              "index orchard.by_height does not begin with tenant");
    is_breach("create index by_sum on orchard.trees ((height + 1), tenant)",
              "index orchard.by_sum does not begin with tenant");
    is_breach("alter table orchard.trees drop constraint trees_pkey",
              "table orchard.trees has no primary key");
}

void test_truncate_is_named_because_no_policy_stops_it(void)
{
    is_breach("grant truncate on orchard.trees to idpmc_orchard",
              "orchard.trees can be truncated by idpmc_orchard");
}

void test_a_materialized_view_is_named(void)
{
    is_breach("create materialized view orchard_api.heights as select * from orchard.trees",
              "orchard_api.heights is no table and no view");
}

void test_rights_on_another_module_are_named(void)
{
    is_breach("grant usage on schema other to idpmc_orchard",
              "role idpmc_orchard may use schema other of another module");
    is_breach("grant select on other.things to public", "has rights on other.things");
    is_breach("grant select (thing) on other.things to idpmc_worker", "has rights on other.things");
    is_breach("grant create on schema orchard to idpmc_orchard", "may create in schema orchard");
    is_breach("grant create on schema public to public", "may create in schema public");
    is_breach("do $$ begin execute format('grant create on database %I to idpmc_orchard',"
              " current_database()); end $$",
              "may create in database");
}

void test_writing_through_a_published_view_is_named(void)
{
    is_breach("grant update on orchard_api.trees to idpmc_worker",
              "role idpmc_orchard may write orchard_api.trees");
    is_breach("grant delete on platform.tenants to idpmc_worker",
              "role idpmc_orchard may write platform.tenants");
}

void test_a_view_that_lends_other_rights_is_named(void)
{
    is_breach("create view orchard.tall as select * from orchard.trees",
              "view orchard.tall lends the rights of");
    is_breach("create view public.tall as select * from orchard.trees;"
              "grant select on public.tall to idpmc_orchard",
              "view public.tall lends the rights of");
}

void test_an_owner_of_views_whom_no_policy_binds_is_named(void)
{
    is_breach("alter role idpmc_api_owner login", "role idpmc_api_owner owns the published views");
    is_breach("alter role idpmc_api_owner bypassrls", "role idpmc_api_owner owns the published");
    is_breach("grant idpmc_other to idpmc_api_owner", "role idpmc_api_owner is a member of");
}

void test_a_definer_function_is_named(void)
{
    static const char planted[] =
        "create function orchard_api.peek() returns bigint language sql security definer set "
        "search_path = '' as 'select count(*) from orchard.trees';"
        "grant execute on function orchard_api.peek() to idpmc_orchard, idpmc_ingress";

    is_breach(planted, "function orchard_api.peek() lends the rights of");
    is_breach_of("idpmc_ingress", "ingress", planted, "function orchard_api.peek() lends");
    is_breach("grant execute on function orchard_api.outcomes(uuid[], uuid[], uuid[]) to "
              "idpmc_worker",
              "function orchard_api.outcomes(uuid[],uuid[],uuid[]) lends the rights of");
}

void test_the_ingress_may_reach_no_module_s_tables(void)
{
    is_breach_of("idpmc_ingress", "ingress", "grant select on orchard.inbox to idpmc_ingress",
                 "role idpmc_ingress has rights on orchard.inbox");
}

/* What the rules are for: rows of one tenant at a time, and none without one. */
void test_a_statement_sees_one_tenant_and_without_one_nothing(void)
{
    static const char *const rows[] = {
        "insert into orchard.trees values ('00000000-0000-0000-0000-00000000000a', "
        "'00000000-0000-0000-0000-000000000001')",
        "insert into orchard.trees values ('00000000-0000-0000-0000-00000000000b', "
        "'00000000-0000-0000-0000-000000000001')",
    };
    struct pg *pg = scratch();
    int all, mine, none;

    run(pg, "begin");
    run(pg, rows[0]);
    run(pg, rows[1]);
    run(pg, "set local role idpmc_orchard");
    all = pg_add(pg, "select count(*) from orchard.trees", NULL, 0);
    CU_ASSERT_FATAL(pg_add(pg,
                           "select set_config('app.tenant', "
                           "'00000000-0000-0000-0000-00000000000a', true)",
                           NULL, 0) >= 0);
    mine = pg_add(pg, "select count(*) from orchard_api.trees", NULL, 0);
    CU_ASSERT_EQUAL_FATAL(pg_wait(pg, TIMEOUT_MS), 0);
    CU_ASSERT_EQUAL(pg_get_int8(pg_rows(pg, all), 0, 0), 0);
    CU_ASSERT_EQUAL(pg_get_int8(pg_rows(pg, mine), 0, 0), 1);
    none = pg_add(pg, rows[1], NULL, 0);
    CU_ASSERT_EQUAL(pg_wait(pg, TIMEOUT_MS), -EPROTO);
    CU_ASSERT_EQUAL(pg_failure(pg)->answer, none);
    CU_ASSERT_STRING_EQUAL(pg_failure(pg)->sqlstate, "42501");
    pg_close(pg);
}

void test_a_view_of_another_modules_table_cannot_be_published(void)
{
    struct pg *pg = scratch();

    run(pg, "begin");
    run(pg, "create view orchard_api.things as select * from other.things");
    CU_ASSERT_EQUAL(pg_script(pg, "select platform.api_view('orchard_api.things')", TIMEOUT_MS),
                    -EPROTO);
    CU_ASSERT_PTR_NOT_NULL(strstr(pg_failure(pg)->message, "reads other.things"));
    pg_close(pg);
}

void test_a_table_whose_key_does_not_begin_with_the_tenant_cannot_be_a_tenant_table(void)
{
    struct pg *pg = scratch();

    run(pg, "begin");
    run(pg, "create table orchard.odd (tree uuid, tenant uuid, primary key (tree, tenant))");
    CU_ASSERT_EQUAL(pg_script(pg, "select platform.tenant_table('orchard.odd')", TIMEOUT_MS),
                    -EPROTO);
    CU_ASSERT_PTR_NOT_NULL(strstr(pg_failure(pg)->message, "must begin with \"tenant uuid\""));
    pg_close(pg);
}
