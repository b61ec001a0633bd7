/* fleetctl migrate: applies the migrations that the database lacks, each in one transaction, under
 * an advisory lock, and gives the programs' roles their passwords. Who wants a table whole makes
 * all wait who come after it: a file whose locks others hold lets them through, and comes again. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "fleetctl.h"
#include "migration.h"
#include "role_password.h"
#include "runtime/crash.h"
#include "screen.h"
#include "sql_text.h"

enum {
    MAX_FOLDERS = 16,
    ARENA_BYTES = 256 << 20,
    STATEMENT_TIMEOUT_MS = 60 * 60 * 1000, /* a migration may rewrite a large table */
    TRIES = 20,
    MAX_TRIES = 10000,
    WAIT_S = 300, /* who starts us, as a container, tells of a failure rather than of nothing */
    MAX_WAIT_S = 24 * 60 * 60,
    MAX_NAME_BYTES = 64,
    BETWEEN_TRIES_S = 2,
};

/* The fleet waits behind us for so long, and its own lock_timeout is 5 s. */
static const char begin_sql[] = "begin; set local search_path = ''; set local lock_timeout = '3s'";

/* The server looks for a client that was killed; from version 14 on. */
static const char watch_sql[] = "select set_config(name, '2s', false) from pg_catalog.pg_settings"
                                " where name = 'client_connection_check_interval'";

/* Who holds a lock that we wait for can be asked only while we wait. Who did so through the whole
 * wait is in a transaction that is older. */
static const char oldest_sql[] =
    "select a.pid, coalesce(a.usename, '?')::text, coalesce(a.application_name, ''),"
    "       extract(epoch from clock_timestamp() - a.xact_start)::int8"
    "  from pg_catalog.pg_stat_activity a"
    " where a.pid <> pg_backend_pid() and a.datname = current_database()"
    "   and a.xact_start < clock_timestamp() - interval '3 s'"
    "   and exists (select from pg_catalog.pg_locks l"
    "                where l.pid = a.pid and l.granted and l.locktype = 'relation')"
    " order by a.xact_start limit 1";

/* The key of the lock that one migration of a database has at a time. */
#define LOCK_KEY "hashtextextended('idpmc.migrate', 0)"

/* Who has it, and since when they are connected: what of it this operator may see. */
static const char holder_sql[] =
    "select l.pid, coalesce(a.usename, '?')::text, coalesce(a.application_name, ''),"
    "       coalesce(host(a.client_addr), ''),"
    "       extract(epoch from clock_timestamp() - a.backend_start)::int8"
    "  from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a on a.pid = l.pid"
    " where l.locktype = 'advisory' and l.granted and l.pid is not null and l.objsubid = 1"
    "   and l.database = (select oid from pg_catalog.pg_database"
    "                      where datname = current_database())"
    "   and l.classid::int8 << 32 | l.objid::int8 = " LOCK_KEY;

struct options {
    const char *folders[MAX_FOLDERS];
    size_t folder_count;
    int tries;  /* of a file whose locks others hold */
    int wait_s; /* for another migration */
    bool plan;
};

struct run {
    struct arena *arena;
    struct pg *pg;
    struct migrations migrations;
    bool *applied; /* for each of the migrations */
    int tries, wait_s;
};

static void print_usage(FILE *to)
{
    fputs(
        "usage: fleetctl migrate [--plan] [--tries N] [--wait S] [--migrations FOLDER]...\n\n"
        "  --plan               shows what would be applied, and changes nothing\n"
        "  --tries N            of a file that waits for 3 s for a lock that others hold (20)\n"
        "  --wait S             for another migration of the database to end, in seconds (300)\n"
        "  --migrations FOLDER  where <module>/NNNN_what.sql stand; may be given several times\n\n"
        "IDPMC_DATABASE_URL or DATABASE_URL names the database and its operator. Roles whose\n"
        "IDPMC_<MODULE>_DATABASE_URL or IDPMC_INGRESS_DATABASE_URL is set get its password.\n",
        to);
}

/* The folder in the tree that this program was built in; else the one where we are. */
static const char *default_folder(void)
{
    static const char beside[] = "/../migrations";
    static char path[4096];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - sizeof beside);

    if (size > 0) {
        char *name = memrchr(path, '/', (size_t)size);
        if (name) {
            memcpy(name, beside, sizeof beside);
            if (access(path, R_OK | X_OK) == 0)
                return path;
        }
    }
    return "migrations";
}

/* EXIT_DONE, or it has said that this is no number from 1 to `max`. */
static int read_number(const char *option, const char *text, int max, int *ret_number)
{
    int64_t number;

    if (parse_number(text, max, &number) < 0 || number < 1)
        return complain(EXIT_MISUSE, "--%s: \"%s\" is not a number from 1 to %d", option, text,
                        max);
    *ret_number = (int)number;
    return EXIT_DONE;
}

static int read_options(int argc, char **argv, struct options *ret_options)
{
    static const struct option known[] = {
        {"plan", no_argument, NULL, 'p'},       {"tries", required_argument, NULL, 't'},
        {"wait", required_argument, NULL, 'w'}, {"migrations", required_argument, NULL, 'm'},
        {"help", no_argument, NULL, 'h'},       {0},
    };
    struct options options = {.tries = TRIES, .wait_s = WAIT_S};
    int option, code = EXIT_DONE;

    while (code == EXIT_DONE && (option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'h') {
            print_usage(stdout);
            exit(EXIT_DONE);
        }
        if (option == '?' || (option == 'm' && options.folder_count == MAX_FOLDERS)) {
            print_usage(stderr);
            return EXIT_MISUSE;
        }
        if (option == 'p')
            options.plan = true;
        else if (option == 'm')
            options.folders[options.folder_count++] = optarg;
        else if (option == 't')
            code = read_number("tries", optarg, MAX_TRIES, &options.tries);
        else
            code = read_number("wait", optarg, MAX_WAIT_S, &options.wait_s);
    }
    if (code != EXIT_DONE)
        return code;
    if (optind < argc)
        return complain(EXIT_MISUSE, "migrate takes no argument \"%s\"", argv[optind]);
    if (options.folder_count == 0)
        options.folders[options.folder_count++] = default_folder();
    *ret_options = options;
    return EXIT_DONE;
}

/* One statement in a round trip of its own. */
static int ask(struct run *run, const char *sql, const struct pg_rows **ret_rows)
{
    int answer = pg_add(run->pg, sql, NULL, 0);

    if (answer < 0)
        return complain(EXIT_FAULT, "out of memory");
    if (pg_wait(run->pg, STATEMENT_TIMEOUT_MS) < 0)
        return complain_of_database(run->pg, "the database refused");
    *ret_rows = pg_rows(run->pg, answer);
    return EXIT_DONE;
}

/* Others have what it wants: a lock that it waited for too long, or that waited for it. */
static bool is_held_up(struct pg *pg)
{
    const char *sqlstate = pg_failure(pg)->sqlstate;

    return strcmp(sqlstate, "55P03") == 0 || strcmp(sqlstate, "40P01") == 0;
}

/* ": pid 4711 (operator, fleetctl)", from the first three columns. */
static void add_backend(struct buf *who, const struct pg_rows *rows)
{
    buf_printf(who, ": pid %" PRId32 " (", pg_get_int4(rows, 0, 0));
    screen_add(who, pg_value(rows, 0, 1), MAX_NAME_BYTES);
    buf_printf(who, ", ");
    screen_add(who, pg_value(rows, 0, 2), MAX_NAME_BYTES);
    buf_printf(who, ")");
}

/* The migration that has the lock, in words, with its pid; empty and 0 where none has it any more.
 */
static int describe_holder(struct run *run, struct buf *who, int *ret_pid)
{
    const struct pg_rows *rows;
    int code = ask(run, holder_sql, &rows);

    *ret_pid = 0;
    if (code != EXIT_DONE || pg_row_count(rows) == 0)
        return code;
    *ret_pid = pg_get_int4(rows, 0, 0);
    add_backend(who, rows);
    if (pg_value(rows, 0, 3).size > 0) {
        buf_printf(who, " from ");
        screen_add(who, pg_value(rows, 0, 3), MAX_NAME_BYTES);
    }
    if (!pg_null(rows, 0, 4))
        buf_printf(who, ", connected for %" PRId64 " s", pg_get_int8(rows, 0, 4));
    return buf_failed(who) ? complain(EXIT_FAULT, "out of memory") : EXIT_DONE;
}

static int give_up(struct run *run)
{
    cleanup(buf_deinit) struct buf who = {0};
    int pid, code;

    if (pg_script(run->pg, "rollback", STATEMENT_TIMEOUT_MS) < 0)
        return complain_of_database(run->pg, "the database refused");
    code = describe_holder(run, &who, &pid);
    if (code != EXIT_DONE)
        return code;
    if (pid == 0)
        return complain(EXIT_UNAVAILABLE,
                        "another migration did not end within %d s, and has ended now; nothing was "
                        "applied; migrate again",
                        run->wait_s);
    return complain(EXIT_UNAVAILABLE,
                    "another migration did not end within %d s%s; nothing was applied; let it end, "
                    "or end it (select pg_terminate_backend(%d)), and migrate again",
                    run->wait_s, who.data, pid);
}

static int wait_for_lock(struct run *run)
{
    char script[160];

    snprintf(script, sizeof script,
             "begin; set local lock_timeout = '%ds'; select pg_advisory_lock(" LOCK_KEY "); commit",
             run->wait_s);
    if (pg_script(run->pg, script, STATEMENT_TIMEOUT_MS + run->wait_s * 1000) == 0)
        return EXIT_DONE;
    return is_held_up(run->pg) ? give_up(run)
                               : complain_of_database(run->pg, "the database refused");
}

/* The lock is the session's: it goes with the connection, however that ends. */
static int lock(struct run *run)
{
    cleanup(buf_deinit) struct buf who = {0};
    const struct pg_rows *rows;
    int pid, code = ask(run, "select pg_try_advisory_lock(" LOCK_KEY ")", &rows);

    if (code != EXIT_DONE || pg_get_bool(rows, 0, 0))
        return code;
    code = describe_holder(run, &who, &pid);
    if (code != EXIT_DONE)
        return code;
    complain(EXIT_DONE, "waiting for another migration of this database to end, for up to %d s%s",
             run->wait_s, who.size > 0 ? who.data : "");
    return wait_for_lock(run);
}

static int make_table(struct run *run)
{
    int r = pg_script(run->pg,
                      "create schema if not exists platform;"
                      "create table if not exists platform.migrations ("
                      "    module     text not null,"
                      "    number     int4 not null check (number > 0),"
                      "    name       text not null,"
                      "    checksum   text not null,"
                      "    applied_at timestamptz not null default now(),"
                      "    primary key (module, number)"
                      ");",
                      STATEMENT_TIMEOUT_MS);

    return r < 0 ? complain_of_database(run->pg, "cannot make platform.migrations") : EXIT_DONE;
}

/* One row of platform.migrations against the files. */
static int check_applied(struct run *run, const char *module, int number, struct span checksum)
{
    const struct migration *file = migrations_find(&run->migrations, module, number);

    if (!file && !migrations_find(&run->migrations, module, 1))
        return complain(EXIT_FAULT,
                        "the database has module \"%s\", of which there are no files here; name "
                        "their folder with --migrations",
                        module);
    if (!file)
        return complain(EXIT_FAULT,
                        "the database is newer than these files: it has %s/%04d; use the version "
                        "of fleetctl that knows it",
                        module, number);
    if (!span_is(checksum, file->checksum))
        return complain(EXIT_FAULT,
                        "%s: was changed after it was applied; restore it, and put the change into "
                        "a new file",
                        file->path);
    if (number > 1 && !run->applied[file - run->migrations.items - 1])
        return complain(EXIT_FAULT, "the database has %s/%04d without the one before it", module,
                        number);
    run->applied[file - run->migrations.items] = true;
    return EXIT_DONE;
}

static int check_database(struct run *run)
{
    const struct pg_rows *rows;
    int code = ask(run, "select to_regclass('platform.migrations') is not null", &rows);

    if (code != EXIT_DONE || !pg_get_bool(rows, 0, 0))
        return code;
    code =
        ask(run, "select module, number, checksum from platform.migrations order by module, number",
            &rows);
    for (size_t i = 0; code == EXIT_DONE && i < pg_row_count(rows); i++) {
        struct span module = pg_value(rows, i, 0);
        const char *name = arena_copy(run->arena, module.data, module.size);
        if (!name)
            return complain(EXIT_FAULT, "out of memory");
        code = check_applied(run, name, pg_get_int4(rows, i, 1), pg_value(rows, i, 2));
    }
    return code;
}

/* Where in the file the server's last failure lies: where it says, or else where the failed
 * statement begins. */
static unsigned line_of_failure(const struct pg_failure *failure, const char *sql)
{
    const char *at = sql, *end = sql;

    if (failure->position > 0)
        return sql_line(sql, sql_character(sql, failure->position));
    for (int i = 0; i <= failure->answer; i++) {
        const char *next = sql_next(end, &end);
        if (!next)
            break;
        at = next;
    }
    return sql_line(sql, at);
}

static int record(struct run *run, const struct migration *migration)
{
    const struct pg_param params[] = {
        pg_text(run->arena, span_text(migration->module)),
        pg_int4(run->arena, migration->number),
        pg_text(run->arena, span_text(migration->name)),
        pg_text(run->arena, span_text(migration->checksum)),
    };

    if (pg_add(run->pg,
               "insert into platform.migrations (module, number, name, checksum)"
               " values ($1, $2, $3, $4)",
               params, COUNT_OF(params)) < 0 ||
        pg_add(run->pg, "commit", NULL, 0) < 0)
        return complain(EXIT_FAULT, "out of memory");
    if (pg_wait(run->pg, STATEMENT_TIMEOUT_MS) < 0)
        return complain_of_database(run->pg, migration->path);
    return EXIT_DONE;
}

static int complain_of_file(struct run *run, const struct migration *migration)
{
    cleanup(buf_deinit) struct buf about = {0};

    buf_printf(&about, "%s:%u", migration->path,
               line_of_failure(pg_failure(run->pg), migration->sql));
    return complain_of_database(run->pg, buf_failed(&about) ? migration->path : about.data);
}

/* Names in migrations say their schema; none is searched. What fails otherwise than by others'
 * locks is rolled back with the session, which ends here. */
static int apply_once(struct run *run, const struct migration *migration, bool *ret_held_up)
{
    *ret_held_up = false;
    if (pg_script(run->pg, begin_sql, STATEMENT_TIMEOUT_MS) < 0)
        return complain_of_database(run->pg, migration->path);
    if (pg_script(run->pg, migration->sql, STATEMENT_TIMEOUT_MS) < 0) {
        *ret_held_up = is_held_up(run->pg);
        return *ret_held_up ? EXIT_UNAVAILABLE : complain_of_file(run, migration);
    }
    crash_point("in-migration");
    return record(run, migration);
}

/* The transaction that probably held it up, in words; empty where none is that old any more. */
static int describe_oldest(struct run *run, struct buf *who)
{
    const struct pg_rows *rows;
    int code = ask(run, oldest_sql, &rows);

    if (code != EXIT_DONE || pg_row_count(rows) == 0)
        return code;
    buf_printf(who, "; in a transaction for %" PRId64 " s", pg_get_int8(rows, 0, 3));
    add_backend(who, rows);
    return buf_failed(who) ? complain(EXIT_FAULT, "out of memory") : EXIT_DONE;
}

/* Rolls back, and says that the file comes again; or, after the last try, that it does not. */
static int make_way(struct run *run, const struct migration *migration, int tried)
{
    cleanup(buf_deinit) struct buf who = {0};
    const bool last = tried == run->tries;
    int code;

    if (pg_script(run->pg, "rollback", STATEMENT_TIMEOUT_MS) < 0)
        return complain_of_database(run->pg, migration->path);
    code = describe_oldest(run, &who);
    if (code != EXIT_DONE)
        return code;
    complain(EXIT_UNAVAILABLE, "%s: others hold a lock that it needs: try %d of %d%s%s",
             migration->path, tried, run->tries, who.size > 0 ? who.data : "",
             last ? "; nothing of it was applied" : "");
    return last ? EXIT_UNAVAILABLE : EXIT_DONE;
}

static int apply(struct run *run, const struct migration *migration)
{
    for (int tried = 1;; tried++) {
        bool held_up;
        int code = apply_once(run, migration, &held_up);

        if (held_up)
            code = make_way(run, migration, tried);
        if (!held_up || code != EXIT_DONE)
            return code;
        nanosleep(&(struct timespec){.tv_sec = BETWEEN_TRIES_S}, NULL);
    }
}

static int apply_all(struct run *run, bool plan)
{
    size_t count = 0;

    for (size_t i = 0; i < run->migrations.count; i++) {
        const struct migration *migration = &run->migrations.items[i];
        if (run->applied[i])
            continue;
        if (!plan) {
            int code;
            crash_point("before-migration");
            code = apply(run, migration);
            if (code != EXIT_DONE)
                return code;
            crash_point("after-migration");
        }
        printf("%s %s/%s\n", plan ? "would apply" : "applied", migration->module, migration->name);
        count++;
    }
    if (count == 0)
        puts("nothing to apply");
    return EXIT_DONE;
}

static int migrate(struct run *run, bool plan)
{
    const struct pg_rows *rows;
    int code = ask(run, watch_sql, &rows);

    if (code == EXIT_DONE && !plan)
        code = lock(run);
    if (code == EXIT_DONE && !plan)
        code = make_table(run);
    if (code == EXIT_DONE)
        code = check_database(run);
    if (code == EXIT_DONE)
        code = apply_all(run, plan);
    crash_point("before-passwords");
    if (code == EXIT_DONE && !plan)
        code = role_passwords_set(run->pg, &run->migrations);
    return code;
}

int cmd_migrate(int argc, char **argv)
{
    struct options options;
    struct run run = {.arena = arena_new(ARENA_BYTES)};
    int code =
        run.arena ? read_options(argc, argv, &options) : complain(EXIT_FAULT, "out of memory");

    if (code == EXIT_DONE)
        code = migrations_read(run.arena, options.folders, options.folder_count, &run.migrations);
    if (code == EXIT_DONE)
        code = operator_connect(&run.pg);
    if (code == EXIT_DONE) {
        run.tries = options.tries;
        run.wait_s = options.wait_s;
        run.applied = arena_array(run.arena, run.migrations.count, sizeof *run.applied);
        code = run.applied ? migrate(&run, options.plan) : complain(EXIT_FAULT, "out of memory");
    }
    pg_close(run.pg);
    arena_free(run.arena);
    return code;
}
