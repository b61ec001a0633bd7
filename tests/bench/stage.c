#include "stage.h"

#include <stdio.h>
#include <stdlib.h>

enum { CONNECT_MS = 10000, PASSWORD_MS = 10000, LONG_MS = 3600000, URL_BYTES = 512 };

static const char module_url[] = "IDPMC_MC_DATABASE_URL", limit_url[] = "LIMIT_DATABASE_URL";
static const char copy[] = "idpmc_run", old[] = "idpmc_old";

/* The same server and role, another database. */
static void in_database(const char *url, const char *database, char ret_url[static URL_BYTES])
{
    const char *slash = strrchr(url, '/');

    if (!slash ||
        snprintf(ret_url, URL_BYTES, "%.*s/%s", (int)(slash - url), url, database) >= URL_BYTES)
        give_up("a database's address has another form than expected");
}

static void connect_to(struct bench *bench, const char *database)
{
    char url[URL_BYTES];

    pg_close(bench->pg);
    in_database(bench->config->database_url, database, url);
    bench->pg = pg_connect(url, "bench");
    if (!bench->pg || pg_wait(bench->pg, CONNECT_MS) < 0)
        give_up("PostgreSQL does not answer");
}

const char *stage_url(void)
{
    const char *url = getenv(module_url);

    if (!url)
        give_up("%s is not set", module_url);
    return url;
}

static void point_programs(const char *database)
{
    char moved[URL_BYTES];

    in_database(stage_url(), database, moved);
    setenv(module_url, moved, 1);
}

static void set_positions(struct bench *bench)
{
    for (int i = 0; i < PARTITIONS; i++) {
        char sql[256];

        snprintf(sql, sizeof sql,
                 "insert into mc.position (topic, part, next, epoch)"
                 " values ('idpmc.mc.commands', %d, %lld, 0)",
                 i, (long long)bench->base[i]);
        if (bench->base[i] > 0)
            bench_script(bench, sql);
    }
}

/* Of gigabytes. */
static void long_script(struct bench *bench, const char *sql)
{
    if (pg_script(bench->pg, sql, LONG_MS) < 0)
        give_up("%s: %s", sql, pg_failure(bench->pg)->message);
}

/* As files where it is large: else all of it would go through the WAL. */
static void copy_database(struct bench *bench, const char *from, const char *to)
{
    char sql[256];

    connect_to(bench, "postgres");
    snprintf(sql, sizeof sql, "drop database if exists %s with (force)", to);
    long_script(bench, sql);
    snprintf(sql, sizeof sql, "create database %s template %s%s", to, from,
             from == old ? " strategy file_copy" : "");
    long_script(bench, sql);
    connect_to(bench, to);
}

/* A copy has the tables, but not what was set for roles in the first database. */
static void stage_from(struct bench *bench, const char *from)
{
    copy_database(bench, from, copy);
    bench_script(bench, "select platform.set_role_settings(r)"
                        "  from unnest(array['idpmc_core', 'idpmc_mc', 'idpmc_ingress']) r");
    set_positions(bench);
    long_script(bench, "checkpoint");
    point_programs(copy);
}

void stage_new(struct bench *bench)
{
    stage_from(bench, "idpmc");
}

void stage_new_old(struct bench *bench)
{
    stage_from(bench, old);
}

/* Half of them from 32 to 40 days old, the others younger than 30, each tenth of them side by side
 * as in a table whose space is used again. Ids are UUIDv7 of that time, and tenants come in turn.
 * The key is made behind them, which is faster. */
static const char old_rows_sql[] =
    "alter table mc.inbox drop constraint inbox_pkey;"
    "insert into mc.inbox (tenant, id, digest, actor, type, outcome, decided_at)"
    " select t.list[1 + i %% cardinality(t.list)],"
    "        overlay(overlay(md5(i::text) placing lpad(to_hex((extract(epoch from d.at) * "
    "1000)::int8),"
    "                12, '0') || '7' from 1) placing '8' from 17)::uuid,"
    "        sha256(int8send(i)), t.list[1 + i %% cardinality(t.list)], 'mc.record-check.v1', 0, "
    "d.at"
    "   from (select array_agg(distinct tenant) as list from core.organizations) t,"
    "        generate_series(1, %lld::int8) i"
    "  cross join lateral (select now() - case when i %% 2 = 0 then interval '32 days'"
    "           + interval '8 days' * (i::float8 / %lld) else interval '1 hour'"
    "           + interval '29 days' * (i::float8 / %lld) end as at) d;"
    "alter table mc.inbox add primary key (tenant, id);";

void stage_make_old(struct bench *bench, int64_t rows)
{
    const long long n = (long long)rows;
    char sql[sizeof old_rows_sql + 64];

    snprintf(sql, sizeof sql, old_rows_sql, n, n, n);
    copy_database(bench, "idpmc", old);
    long_script(bench, sql);
    long_script(bench, "vacuum (freeze, analyze) mc.inbox");
    if (bench_number(bench, "select count(*) from mc.inbox"
                            " where decided_at < now() - interval '31 days'") != rows / 2)
        give_up("the inbox has not got the rows that it should");
    long_script(bench, "checkpoint");
}

void stage_close(struct bench *bench)
{
    connect_to(bench, "idpmc");
    bench_script(bench, "drop database if exists idpmc_run with (force)");
    bench_script(bench, "drop database if exists idpmc_old with (force)");
    point_programs("idpmc");
}

/* The tables of workers/mc, and one with a row for each check, as many would lay it out. */
static const char rows_sql[] =
    "select platform.create_module('rows');"
    "create table rows.checks ("
    "    tenant uuid not null, player uuid not null, day date not null, habit uuid not null,"
    "    done bool not null, primary key (tenant, player, day, habit)"
    ") with (fillfactor = 60);"
    "create table rows.days ("
    "    tenant uuid not null, player uuid not null, day date not null, said int8 not null,"
    "    done int8 not null check (done & ~said = 0), weight_done int4 not null,"
    "    weight_due int4 not null check (weight_done between 0 and weight_due),"
    "    closed bool not null, primary key (tenant, player, day)"
    ") with (fillfactor = 60);"
    "select platform.tenant_table('rows.checks');"
    "select platform.tenant_table('rows.days');";

void stage_add_rows(struct bench *bench)
{
    static const char user[] = "//idpmc_mc:";
    const char *url = stage_url(), *at = strstr(url, user);
    char own[URL_BYTES];

    if (!at)
        give_up("%s has another form than expected", module_url);
    snprintf(own, sizeof own, "%.*s//idpmc_rows:%s", (int)(at - url), url, at + strlen(user));
    bench_script(bench, rows_sql);
    if (pg_set_password(bench->pg, "idpmc_rows", own, PASSWORD_MS) != 0)
        give_up("the limit's role gets no password");
    bench_script(bench, "checkpoint");
    setenv(limit_url, own, 1);
}

void stage_drop_rls(struct bench *bench)
{
    bench_script(bench, "do $$ declare t regclass; begin"
                        "  for t in select oid from pg_class where relrowsecurity loop"
                        "    execute format('alter table %s disable row level security', t);"
                        "  end loop; end $$");
}

/* Without the time of the decision. */
static const char inbox_sql[] =
    "select bit_xor(hashtextextended(row(i.tenant, i.id, i.digest, i.actor, i.type,"
    " i.outcome)::text, 0)) from mc.inbox i";

struct truth stage_truth(struct bench *bench)
{
    static const char *const queries[TRUTHS] = {
        "select count(*) from mc.inbox",
        inbox_sql,
        "select count(*) from mc.days",
        "select bit_xor(hashtextextended(d::text, 0)) from mc.days d",
        "select count(*) from mc.outbox",
        "select count(*) + (select count(*) from mc.parked) from mc.dead",
        "select coalesce(sum(next), 0)::int8 from mc.position",
        "select coalesce(sum(epoch), 0)::int8 from mc.position",
    };
    struct truth truth;

    for (size_t i = 0; i < TRUTHS; i++)
        truth.numbers[i] = bench_number(bench, queries[i]);
    return truth;
}

bool truth_equal(const struct truth *a, const struct truth *b)
{
    return memcmp(a->numbers, b->numbers, sizeof a->numbers) == 0;
}
